"""Functions with the same bits everywhere: accurate, fixed, and used wherever lists are decided."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from test_architecture import CORE, PACKAGE, name

from recommender.vectors import portable

SOURCES = Path(__file__).parents[2] / "recommender"

LIBRARY = {
    "log", "log1p", "log2", "log10", "exp", "exp2", "expm1", "pow", "power", "float_power", "cbrt",
    "linalg", "average", "std", "var", "sin", "cos", "tan", "tanh", "logaddexp",
}  # fmt: skip
"""What NumPy and C libraries calculate with other last bits on other machines."""


def exponential(x: float) -> Decimal:
    return Decimal(x).exp()


def power_of_two(x: float) -> Decimal:
    return (Decimal(x) * Decimal(2).ln()).exp()


def five_quarters(x: float) -> Decimal:
    return (Decimal(x).ln() * Decimal("1.25")).exp()


def logarithm(x: float) -> Decimal:
    return Decimal(x).ln()


def numbers(low: float, high: float) -> list[float]:
    """Return a thousand numbers between two, from a seed."""
    draw = random.Random(3)
    return [draw.uniform(low, high) for _ in range(1000)]


@pytest.mark.parametrize(
    ("function", "exact", "given", "places"),
    [
        (portable.log, logarithm, numbers(1e-9, 3) + numbers(1, 1e9), 2),
        (portable.exp, exponential, numbers(-40, 40), 2),
        (portable.exp2, power_of_two, numbers(-40, 40), 2),
        (lambda x: portable.power(x, 1.25), five_quarters, numbers(1, 20), 6),
    ],
    ids=["log", "exp", "exp2", "power"],
)
def test_functions_are_right_to_a_few_units_in_the_last_place(
    function: Callable[[list[float]], np.ndarray],
    exact: Callable[[float], Decimal],
    given: list[float],
    places: int,
) -> None:
    """Each value is compared with 40 digits."""
    with localcontext() as context:
        context.prec = 40
        right = [exact(x) for x in given]
    for got, value in zip(function(given).tolist(), right, strict=True):
        assert abs(Decimal(got) - value) <= places * Decimal(math.ulp(float(value)))


def test_bits_are_those_of_every_other_machine() -> None:
    """Written down once: a machine that differs in one bit fails here, not in the lists."""
    bits = [
        *portable.log([3.0, 0.7, 1234.5]),
        *portable.exp([1.0, -2.5]),
        *portable.exp2([0.3, -7.7]),
        *portable.power([3.3, 8.0], 1.25),
    ]
    assert [float(x).hex() for x in bits] == [
        "0x1.193ea7aad030bp+0", "-0x1.6d3c324e13f50p-2", "0x1.c79436f818745p+2",
        "0x1.5bf0a8b14576ap+1", "0x1.50385c094f425p-4", "0x1.3b2c47bff8329p+0",
        "0x1.3b2c47bff8328p-8", "0x1.1ca847f4163cep+2", "0x1.ae89f995ad3adp+3",
    ]  # fmt: skip


def test_values_that_need_no_rounding_are_exact() -> None:
    """Roots of squares, whole powers of two, and the logarithm of 1."""
    assert portable.power(np.arange(100) ** 2, 0.5).tolist() == list(range(100))
    assert portable.power([0.0, 7.0], 0).tolist() == [1.0, 1.0]
    assert portable.power([0.0, 7.0], 1).tolist() == [0.0, 7.0]
    assert portable.exp2([-1074.0, -2000.0, 10.0]).tolist() == [5e-324, 0.0, 1024.0]
    assert portable.log([1.0]).tolist() == [0.0]


def test_sums_do_not_depend_on_the_order() -> None:
    """Unlike those of NumPy, which adds in as many lanes as a processor has."""
    draw = random.Random(5)
    some = [draw.uniform(-1, 1) * 10.0 ** draw.randrange(17) for _ in range(500)]
    sums = set()
    for _ in range(20):
        draw.shuffle(some)
        sums.add(portable.total(some))
    assert len(sums) == 1


@pytest.mark.parametrize("path", [*CORE, *sorted(PACKAGE.glob("cluster/*.py"))], ids=name)
def test_lists_are_decided_by_portable_functions(path: Path) -> None:
    """No module between texts and lists calls a logarithm, a power or a norm of NumPy or C."""
    used = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("np", "math") and node.attr in LIBRARY:
                used.append(f"{node.lineno}: {node.value.id}.{node.attr}")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            used += [] if isinstance(node.left, ast.Constant) else [f"{node.lineno}: **"]
    assert used == []


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.pyx")), ids=str)
def test_compiled_code_calls_only_exact_functions_of_c(path: Path) -> None:
    """IEEE 754 fixes square roots and roundings; other functions depend on the C library."""
    text = path.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("from libc.math")]
    names = {word for line in lines for word in line.partition("cimport")[2].split(", ")}
    assert {word.strip() for word in names} <= {"sqrt", "rint", "fabs", "floor"}
