"""The counters of a connection over all the protocols that it has had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from desk.model.instrument import InstrumentId
from desk.venues.protocol import BookSync, FeedCounters


def total(parts: Sequence[FeedCounters]) -> FeedCounters:
    """Add counters up; the parts stay as they are."""
    reasons: Counter[str] = Counter()
    books: dict[InstrumentId, list[BookSync]] = {}
    for part in parts:
        reasons.update(part.reasons)
        for instrument, sync in part.books.items():
            books.setdefault(instrument, []).append(sync)
    return FeedCounters(
        messages=sum(part.messages for part in parts),
        rejected=sum(part.rejected for part in parts),
        reasons=dict(reasons),
        unknown_events=sum(part.unknown_events for part in parts),
        ignored_trades=sum(part.ignored_trades for part in parts),
        books={instrument: _added(syncs) for instrument, syncs in books.items()},
    )


def _added(syncs: list[BookSync]) -> BookSync:
    rows = [msgspec.structs.astuple(sync) for sync in syncs]
    return BookSync(*(sum(column) for column in zip(*rows, strict=True)))
