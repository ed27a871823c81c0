"""`desk bench replay`: a recorded venue through the real path, beside a plain loop.

The capture is one of the project's own and is not part of it: where it is not there, a row says
so. Its lines are read before anything is measured.
"""

from __future__ import annotations

from pathlib import Path

from desk.bench.pairs import PAIRS, interleaved, reference
from desk.bench.row import Given, Row, row
from desk.bench.way import Heard, Runs
from desk.io.capture_files import CaptureLine
from desk.io.captures import read_capture
from desk.io.hftbacktest import with_answers
from desk.model.instrument import InstrumentId

CAPTURE = "raw_coinm_ethusd_perp_20240808.jsonl.gz"
CONNECTION, INSTRUMENT = "binance-coinm", InstrumentId("ETHUSD-PERP.BINANCE")
TICK, LOT = 0.01, 1.0
NAME = "replay: coin-margined ETH, 2024-08-08, µs a message"
MOST_TIMES = 1.5
OTHERS = (
    "others on real traffic, times such a loop (market-facts): python-binance 2.1, "
    "cryptofeed 4.4, ccxt 14-16, nautilus 15-18"
)


def measure(given: Given) -> list[Row]:
    """Measure the capture, if it is there."""
    path = (
        Path(__file__).resolve().parents[3] / "shared" / "data" / "captures" / "binance" / CAPTURE
    )
    plain = reference("plain_book")
    if plain is None or not path.is_file():
        return [{**row(NAME, None, "us", note="the capture is not here"), "ok": True}]
    heard = [
        _heard(line) for line in with_answers(read_capture([str(path)], "hftbacktest"), CONNECTION)
    ]
    runs = Runs(CONNECTION, INSTRUMENT, [], heard)
    found = interleaved(runs.ours, runs.plain(plain, TICK, LOT), max(PAIRS, given.repeats))
    note = f"{len(heard):,} messages; reference: a plain typed loop to the same book; {OTHERS}; "
    return [
        row(
            NAME,
            found.value,
            "us",
            reference=found.beside,
            most_times=MOST_TIMES,
            note=note + found.note,
        )
    ]


def _heard(line: CaptureLine) -> Heard:
    return Heard(line.payload, line.ts_recv_ns, line.request)
