"""``manage.py check``: all that is wrong with the setting ``RECOMMENDER``, at once."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from recommender.plugins.django.options import read_options


def check_settings(app_configs: Any = None, **others: Any) -> list[CheckMessage]:
    """Return a message for each problem of the setting."""
    kinds = {"E": Error, "W": Warning}
    return [
        kinds[problem.code[0]](
            problem.message, hint=problem.hint or None, id=f"recommender.{problem.code}"
        )
        for problem in read_options()[1]
    ]
