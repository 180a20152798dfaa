"""Types of the compiled kernels; their documentation is in `_pruned.pyx`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK: int
MAX_THREADS: int
FLOOR: float

_Csr = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], int]

class Index:
    n_rows: int
    n_blocks: int
    n_head: int
    n_middle: int
    largest_norm: float
    def __init__(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        data: NDArray[np.float64],
        slot: NDArray[np.int32],
        df: NDArray[np.int64],
        n_head: int,
        n_middle: int,
    ) -> None: ...

class Lists:
    width: int
    room: int
    def __init__(
        self, n_rows: int, width: int, room: int, floors: float | NDArray[np.float32] = ...
    ) -> None: ...
    def move_rows(self, by: int) -> None: ...

def search_rows(
    index: Index,
    seeds: _Csr,
    rows: NDArray[np.int32],
    places: NDArray[np.int32],
    own: NDArray[np.int32],
    mine: Lists,
    theirs: Lists | None = None,
) -> None: ...
def finish_rows(
    candidates: _Csr,
    seeds: _Csr,
    rows: NDArray[np.int32],
    places: NDArray[np.int32],
    lists: Sequence[Lists],
    largest: float,
    least: NDArray[np.int64],
    out_rows: NDArray[np.int32],
    out_scores: NDArray[np.float32],
    floors: NDArray[np.float32],
) -> None: ...
def score_rows(
    rows: _Csr,
    seeds: NDArray[np.int32],
    candidates: NDArray[np.int32],
    out_rows: NDArray[np.int32],
    out_scores: NDArray[np.float32],
) -> None: ...
def measure_growth(
    rows: _Csr,
    earlier: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], int],
    seeds: NDArray[np.int32],
    before: NDArray[np.int32],
    factors: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
