"""The stages for the settings; build, tune, Dask and plug-ins all get them from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy import sparse

from recommender.ranking.base import Stage
from recommender.ranking.filters import Filters
from recommender.ranking.hubness import Hubness
from recommender.ranking.language import NoTranslations, SameLanguage
from recommender.ranking.min_score import MinScore
from recommender.ranking.twins import NoTwins
from recommender.rules import texts_of

LOCAL = ("never_target", "never_source", "never_pair")
"""Settings whose stages need data of all articles that no worker of a cluster has."""


def default_stages(
    parameters: Mapping[str, Any], vectors: sparse.csr_array | None = None
) -> list[Stage]:
    """Return the ranking stages for these parameters, in order.

    Parameters
    ----------
    parameters : mapping of str to value
        The settings of the ranking, as for `ArticleRecommender`; others are ignored.
    vectors : csr_array of shape (articles, terms), optional
        The articles' rows, to calibrate ``min_score="auto"`` once. Without them, the stage
        calibrates itself at every call.

    Returns
    -------
    list of callables
        Filters, language, minimum score, order, titles.

    Examples
    --------
    >>> default_stages({"across_languages": False, "min_score": 0.1, "hubness_exponent": 0.4,
    ...                 "length_pivot": 15.0, "repeated_titles": True})[1:3]
    [SameLanguage(), MinScore(value=0.1, exceed=0.05)]
    """
    language: Stage = NoTranslations() if parameters["across_languages"] else SameLanguage()
    least = MinScore(parameters["min_score"])
    if vectors is not None:
        least = least.calibrated(vectors)
    order = Hubness(parameters["hubness_exponent"], parameters["length_pivot"])
    titles: list[Stage] = [] if parameters["repeated_titles"] else [NoTwins()]
    given = {name: texts_of(parameters.get(name)) for name in vars(Filters())}
    return [Filters(**given), language, least, order, *titles]
