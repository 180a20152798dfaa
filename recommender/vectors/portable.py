"""Logarithms, powers and sums with the same bits on every machine.

C libraries, versions of NumPy and even the vector units of a processor differ in the last bit of
``log``, ``exp`` and ``pow``, and in the order in which they add. IEEE 754 fixes every bit of an
addition, a multiplication, a division and a square root; the functions here consist of these
alone, or of sums that are exact. Whatever decides about lists uses them. Knows no articles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_LN2, _ROOT_HALF = 0.6931471805599453, 0.7071067811865476
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
"""ln 2 in two parts: a whole number below 2^20 times the first is exact."""
_SERIES = 14
"""Number of terms of each series; those left out are below 2^-53 of the sum."""
_LARGEST = 1100.0
"""Beyond this power of two, every float64 is 0 or infinite."""


def log(x: ArrayLike) -> Floats:
    """Return the natural logarithm of numbers > 0, to 2 units in the last place.

    Parameters
    ----------
    x : array_like of float64, > 0, finite

    Returns
    -------
    ndarray of the same shape, float64

    Notes
    -----
    With x = m 2^e, m in [√½, √2) and s = (m - 1) / (m + 1)::

        ln x = e ln 2 + 2 (s + s^3 / 3 + s^5 / 5 + ...)

    Examples
    --------
    >>> log([1.0, 2.0, 10.0]).round(12).tolist()
    [0.0, 0.69314718056, 2.302585092994]
    """
    mantissa, exponent = np.frexp(np.asarray(x, np.float64))
    low = mantissa < _ROOT_HALF
    mantissa, power = np.where(low, 2 * mantissa, mantissa), exponent - low
    part = (mantissa - 1) / (mantissa + 1)
    square = part * part
    series = np.zeros_like(part)
    for term in range(_SERIES, 0, -1):
        series = (series + 1 / (2 * term + 1)) * square
    result: Floats = power * _LN2_HIGH + (power * _LN2_LOW + 2 * (part + part * series))
    return result


def exp(x: ArrayLike) -> Floats:
    """Return e to the power of finite numbers, to 2 units in the last place.

    Examples
    --------
    >>> exp([0.0, 1.0, -800.0]).round(12).tolist()
    [1.0, 2.718281828459, 0.0]
    """
    x = np.clip(np.asarray(x, np.float64), -_LARGEST, _LARGEST)
    whole = np.rint(x / _LN2)
    return _scaled(x - whole * _LN2_HIGH - whole * _LN2_LOW, whole)


def exp2(x: ArrayLike) -> Floats:
    """Return 2 to the power of finite numbers; exact for whole ones.

    Examples
    --------
    >>> exp2([3.0, -1.0, 0.5]).round(12).tolist()
    [8.0, 0.5, 1.414213562373]
    """
    x = np.clip(np.asarray(x, np.float64), -_LARGEST, _LARGEST)
    whole = np.rint(x)
    return _scaled((x - whole) * _LN2, whole)


def power(x: ArrayLike, exponent: float) -> Floats:
    """Return numbers >= 0 to the power of an exponent >= 0.

    Relative error up to ``2^-52 * (2 + |exponent * ln x|)``; for the exponents 0, 0.5 and 1, only
    that of the rounding.

    Examples
    --------
    >>> power([0.0, 9.0, 16.0], 0.5).tolist(), power([0.0, 2.0], 3).round(12).tolist()
    ([0.0, 3.0, 4.0], [0.0, 8.0])
    """
    x = np.asarray(x, np.float64)
    if exponent in (0, 1):
        return x.copy() if exponent else np.ones_like(x)
    if exponent == 0.5:
        root: Floats = np.sqrt(x)
        return root
    positive = x > 0
    return np.where(positive, exp(exponent * log(np.where(positive, x, 1.0))), 0.0)


def total(numbers: Iterable[float]) -> float:
    """Return the exact sum of numbers, rounded once; so their order does not matter.

    Examples
    --------
    >>> total([1e16, 1.0, -1e16])
    1.0
    """
    return math.fsum(numbers)


def _scaled(x: Floats, power: Floats) -> Floats:
    """Return e^x 2^power for |x| <= ln(2) / 2, by the Taylor series."""
    series = np.ones_like(x)
    for term in range(_SERIES, 0, -1):
        series = series * x / term + 1
    return np.ldexp(series, power.astype(np.int32))
