"""`desk bench book`: from a change of the book in bytes to the book that stands changed.

Beside it `json.loads` of the same bytes, and a plain loop to the same book.
"""

from __future__ import annotations

import json

from desk.bench.frames import Market
from desk.bench.pairs import PAIRS, cpu_us, interleaved, reference
from desk.bench.row import Given, Row, row
from desk.bench.way import Heard, Runs
from desk.model.instrument import InstrumentId
from desk.venues.protocol import RestRequest

CONNECTION, INSTRUMENT = "binance-usdm", InstrumentId("BTCUSDT-PERP.BINANCE")
SYMBOL, MIDDLE, DIGITS = "BTCUSDT", 610_000, 1
TICK, LOT = 0.1, 0.001
LEVELS = 25
"""Changed on each side."""
CHANGES = 2_000
BEGAN_MS, EVERY_MS = 1_800_000_000_000, 100
MOST_TIMES = 2.5


def measure(given: Given) -> list[Row]:
    """Measure our way in turn with each reference."""
    market = Market(SYMBOL, MIDDLE, DIGITS, given.seed)
    snapshot = RestRequest(CONNECTION, "", SYMBOL)
    opening = [_heard(market, 0), Heard(market.snapshot(market.last_id), _ns(0), snapshot)]
    changes = [_heard(market, number) for number in range(1, CHANGES + 1)]
    runs, pairs = Runs(CONNECTION, INSTRUMENT, opening, changes), max(PAIRS, given.repeats)

    def parse() -> None:
        for frame, _, _ in changes:
            json.loads(frame)

    name = f"bytes to book, {LEVELS}+{LEVELS} levels"
    size = f"{sum(len(heard.payload) for heard in changes) // CHANGES} bytes a change"
    found = interleaved(runs.ours, cpu_us(parse, CHANGES), pairs)
    note = f"reference: json.loads of the same bytes; {size}; {found.note}"
    rows = [row(name, found.value, "us", reference=found.beside, most_times=MOST_TIMES, note=note)]
    if (plain := reference("plain_book")) is not None:
        found = interleaved(runs.ours, runs.plain(plain, TICK, LOT), pairs)
        note = f"reference: a plain typed loop to the same book; {found.note}"
        rows.append(
            row(f"{name}, beside a loop", found.value, "us", reference=found.beside, note=note)
        )
    return rows


def _heard(market: Market, number: int) -> Heard:
    return Heard(market.depth(LEVELS, BEGAN_MS + number * EVERY_MS), _ns(number))


def _ns(number: int) -> int:
    return (1 + number) * EVERY_MS * 1_000_000
