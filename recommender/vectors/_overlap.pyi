"""Types of the compiled code; its documentation is in `_overlap.pyx`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

def strongest(
    *arguments: Any,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]: ...
