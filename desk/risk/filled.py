"""Formulas with their numbers put in: plain arithmetic that anybody can work out again."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from desk.model.numbers import ONE
from desk.risk.report_rows import text

UNKNOWN = "?"
"""Stands in a filled formula where a number is unknown."""

Inputs = dict[str, str | None]


class Explained(NamedTuple):
    """How one figure came about."""

    figure: str
    formula: str
    filled: str
    """The formula with its numbers: only + − × / ( ), min and max, and numbers."""
    inputs: Inputs


def num(value: Decimal | None) -> str:
    """Write a number into a formula; one below 0 in brackets."""
    written = text(value)
    if written is None:
        return UNKNOWN
    return f"({written})" if written.startswith("-") else written


def times(first: str, factor: Decimal | None) -> str:
    """Multiply what is written by a factor; by 1 it stays."""
    return first if factor == ONE else f"({first}) × {num(factor)}"


def added(terms: Iterable[str]) -> str:
    """Write a sum; that of nothing is 0."""
    return " + ".join(terms) or "0"
