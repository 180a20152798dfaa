"""What happens when an editor publishes a page: it gets its list at once.

A page that is unpublished, or made private, is left out at once too, since lists show only pages
that are live and public when they are shown.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction

from recommender.errors import RecommenderError
from recommender.plugins.django.writing import write_list

logger = logging.getLogger(__name__)


def list_published(sender: Any, instance: Any, **others: Any) -> None:
    """Write the list of a page once it is saved; a problem with it does not stop the editor."""
    transaction.on_commit(partial(_write, instance), robust=True)


def _write(page: Any) -> None:
    try:
        write_list(page)
    except RecommenderError as error:
        logger.warning("recommender: %s has no list yet: %s", page, error)
