"""Types of the compiled code; its documentation is in `_weighing.pyx`."""

import numpy as np
from numpy.typing import NDArray

def weigh_rows(
    fields: list[tuple[float, NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]],
    place: NDArray[np.int32],
    idf: NDArray[np.float64],
    powers: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]: ...
