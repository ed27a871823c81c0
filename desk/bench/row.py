"""A line of what `desk bench` answers: a figure, what it stands beside, whether it will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

Row: TypeAlias = dict[str, Any]
"""`name, value, unit, reference, ratio, target, ok, note`, as interfaces say."""

DIGITS = 4


class Given(NamedTuple):
    """How long and how often is measured, where a benchmark leaves that open."""

    seconds: float = 4.0
    repeats: int = 2
    seed: int = 1


def row(
    name: str,
    value: float | None,
    unit: str,
    *,
    reference: float | None = None,
    most: float | None = None,
    most_times: float | None = None,
    least_times: float | None = None,
    most_beyond: float | None = None,
    note: str = "",
) -> Row:
    """Return a row; the figure is good if it is there and every bound that is given holds.

    `most` bounds the value, `most_times` and `least_times` its ratio to the reference,
    `most_beyond` what it has more than that. A bound on what cannot be had is not kept.
    """
    ratio = value / reference if value is not None and reference else None
    beyond = None if value is None or reference is None else value - reference
    bounds = [
        (most, "<=", value, ""),
        (most_times, "<=", ratio, "ratio "),
        (least_times, ">=", ratio, "ratio "),
        (most_beyond, "<=", beyond, "beyond the reference "),
    ]
    set_ones = [bound for bound in bounds if bound[0] is not None]
    return {
        "name": name,
        "value": rounded(value),
        "unit": unit,
        "reference": rounded(reference),
        "ratio": rounded(ratio),
        "target": ", ".join(f"{of}{sign} {bound:g}" for bound, sign, _, of in set_ones) or None,
        "ok": value is not None and all(_holds(*bound[:3]) for bound in set_ones),
        "note": note,
    }


def _holds(bound: float | None, sign: str, found: float | None) -> bool:
    if bound is None or found is None:
        return False
    return found <= bound if sign == "<=" else found >= bound


def rounded(value: float | None) -> float | None:
    """Return it with the digits that a measurement has; None of nothing."""
    if value is None:
        return None
    return round(value, DIGITS - 1) if abs(value) >= 1 else float(f"{value:.{DIGITS}g}")


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which this share of the values lies; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
