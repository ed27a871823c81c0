"""Maintenance margin as a function of notional: the upper envelope of a venue's tier lines.

With the deduction ("maintenance amount") a venue's table is continuous with rising rates, so
maintenance is max over tiers of notional × rate − amount: convex, and a wrong tier could only
understate it. The envelope keeps the lines that are ever the highest, with the notional from
which each one is: finding the tier is then a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

ZERO = Decimal(0)


class Segment(NamedTuple):
    """Maintenance is notional × rate − amount from a notional on, up to the next segment."""

    start: Decimal
    rate: Decimal
    amount: Decimal


Envelope: TypeAlias = tuple[Segment, ...]
"""Segments by rising start; the first starts at 0, the last has no end."""


def upper_envelope(lines: Iterable[tuple[Decimal, Decimal]]) -> Envelope:
    """Return the envelope of (rate, amount) lines and of 0, which maintenance is never below."""
    hull: list[Segment] = []
    for rate, amount in sorted({(ZERO, ZERO), *lines}, key=lambda line: (line[0], -line[1])):
        start = ZERO
        while hull:
            last = hull[-1]
            if rate == last.rate or amount <= last.amount:
                hull.pop()
                continue
            start = (amount - last.amount) / (rate - last.rate)
            if start > last.start:
                break
            hull.pop()
            start = ZERO
        hull.append(Segment(start, rate, amount))
    return tuple(hull)


def segment_at(envelope: Envelope, notional: Decimal) -> Segment:
    """Return the segment that holds a notional at or above 0."""
    chosen = envelope[0]
    for segment in envelope:
        if notional < segment.start:
            break
        chosen = segment
    return chosen


def maintenance_at(envelope: Envelope, notional: Decimal) -> Decimal:
    """Return the maintenance margin of a notional."""
    segment = segment_at(envelope, notional)
    return notional * segment.rate - segment.amount
