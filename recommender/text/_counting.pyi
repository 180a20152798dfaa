"""Types of the compiled code; its documentation is in `_counting.pyx`."""

import numpy as np
from numpy.typing import NDArray

_Sequences = list[tuple[NDArray[np.int32], NDArray[np.int64]]]

def count_rows(
    sequences: _Sequences, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]: ...
def sum_rows(
    sequences: _Sequences,
    most: int,
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: NDArray[np.int32],
    width: int,
) -> NDArray[np.int64]: ...
def frequencies(sequences: _Sequences, width: int) -> NDArray[np.int64]: ...
def document_frequencies(blocks: list[_Sequences], width: int) -> NDArray[np.int64]: ...
def pair_places(sequences: _Sequences) -> NDArray[np.uint32]: ...
def find_pairs(
    sequences: _Sequences, width: int, most: int
) -> tuple[list[int], list[NDArray[np.uint32]]]: ...
def number_pairs(
    sequences: _Sequences,
    width: int,
    least: int,
    low: int,
    high: int,
    places: NDArray[np.uint32],
    numbers: NDArray[np.int32],
) -> NDArray[np.int64]: ...
def shift_numbers(
    sequences: _Sequences, shift: NDArray[np.int32], numbers: NDArray[np.int32]
) -> None: ...
