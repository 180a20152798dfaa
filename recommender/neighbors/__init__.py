"""Exact k-nearest-neighbor search over unit rows; `search` picks the engine.

`base` contains the contract and the reference engine, `pruned` the compiled one. All engines give
the same lists, bit for bit; they differ only in time and memory.
"""

from __future__ import annotations

from numpy import int32
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import one_of, whole_number
from recommender.errors import ConfigError
from recommender.neighbors import pruned
from recommender.neighbors.base import Neighbors, search_reference
from recommender.resources import Progress

ENGINES = ("auto", "pruned", "reference")
"""Names of the engines."""

CROSSOVER = 300
"""From this number of candidates on, the compiled engine is faster."""


def search(
    seeds: sparse.csr_array,
    candidates: sparse.csr_array,
    k: int,
    *,
    own_rows: NDArray[int32] | None = None,
    engine: str = "auto",
    threads: int | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Return the k nearest candidates of every seed, with the named engine.

    Parameters
    ----------
    seeds, candidates, k, own_rows, progress
        As for `search_reference`.
    engine : {"auto", "pruned", "reference"}
        ``"auto"`` is ``"pruned"`` from `CROSSOVER` candidates on, if it is installed.
    threads : int, >= 1, optional
        Number of threads of ``"pruned"``; None means one per processor.
    memory_limit : int, optional
        Bytes that ``"pruned"`` may add; None is a quarter of what this process may use. The
        reference takes at most a few hundred MB besides the lists.

    Returns
    -------
    Neighbors
        Arrays of shape (n, k), the same from every engine.

    Raises
    ------
    ConfigError
        If an argument breaks the contract, ``"pruned"`` is named and the compiled extension is
        not installed, or the limit is too small.
    """
    one_of("engine", engine, ENGINES)
    for name, value in (("threads", threads), ("memory_limit", memory_limit)):
        if value is not None:
            whole_number(name, value, most=1 << 62)
    if engine == "pruned" and not pruned.AVAILABLE:
        raise ConfigError(
            "engine: 'pruned' needs the compiled extension, which is not installed",
            "install a C compiler, reinstall this package, or use engine auto",
        )
    if engine == "auto":
        many = sparse.issparse(candidates) and candidates.shape[0] >= CROSSOVER
        engine = "pruned" if pruned.AVAILABLE and many else "reference"
    if engine == "reference":
        return search_reference(seeds, candidates, k, own_rows=own_rows, progress=progress)
    return pruned.search_pruned(
        seeds,
        candidates,
        k,
        own_rows=own_rows,
        threads=threads,
        memory_limit=memory_limit,
        progress=progress,
    )
