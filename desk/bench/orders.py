"""`desk bench orders`: what ten thousand orders leave, in memory and in the time of the next.

Two desks trade in turn, each through a real runtime on a journal of its own: one that has sent ten
thousand orders, one that has sent a few hundred. Whatever looks through its history shows between
them. The journals lie in memory where the system has a folder there: no disk is measured.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from desk.bench.machine import core_of
from desk.bench.memory import resident_mb
from desk.bench.pairs import cpu_us, interleaved
from desk.bench.row import Given, Row, row
from desk.bench.trading import INSTRUMENT, Trading
from desk.engine.frame import build_frame
from desk.io.disk import memory_folder
from desk.model.commands import NextFrame

ORDERS, FIRST, BLOCK = 10_000, 1_000, 50
PAIRS = 15
MOST_MB, MOST_TIMES = 2.0, 1.1
KEPT_FROM = 2_000
"""What is there once (pools, caches) is there by then."""


def measure(given: Given, orders: int = ORDERS) -> list[Row]:
    """Let two desks trade, one long before the other; return the rows."""
    place = memory_folder()
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
        old, young = Trading(Path(folder) / "old"), Trading(Path(folder) / "young")
        grown_mb = _grown_mb(old, orders)
        _trade(young, FIRST // 2)
        pairs = max(PAIRS, given.repeats)
        orders_us = interleaved(
            cpu_us(lambda: _trade(old, BLOCK), BLOCK),
            cpu_us(lambda: _trade(young, BLOCK), BLOCK),
            pairs,
        )
        frames_us = interleaved(cpu_us(lambda: _frame(old)), cpu_us(lambda: _frame(young)), pairs)
        for one in (old, young):
            assert not one.denied, one.denied[0]
            one.close()
    beside = f"reference: a desk in its first thousand, in turn; core {core_of()}"
    what = "two of three filled, one cancelled, with every row and answer"
    return [
        row(
            f"orders: memory of 1,000 more, after {orders:,}",
            grown_mb,
            "MB",
            most=MOST_MB,
            note=f"resident, from {KEPT_FROM:,} orders on; {what}",
        ),
        row(
            f"orders: one more after {orders:,}",
            orders_us.value,
            "us CPU",
            reference=orders_us.beside,
            most_times=MOST_TIMES,
            note=f"{what}; {beside}; {orders_us.note}",
        ),
        row(
            f"orders: a frame after {orders:,}",
            frames_us.value,
            "us CPU",
            reference=frames_us.beside,
            most_times=MOST_TIMES,
            note=f"the whole picture for the window; {beside}; {frames_us.note}",
        ),
    ]


def _grown_mb(trading: Trading, orders: int) -> float:
    """Send orders; return what a thousand of them have added to memory."""
    _trade(trading, KEPT_FROM)
    gc.collect()
    before_mb = resident_mb()
    _trade(trading, orders - KEPT_FROM)
    gc.collect()
    return (resident_mb() - before_mb) * 1_000 / (orders - KEPT_FROM)


def _trade(trading: Trading, count: int) -> None:
    for number in range(count):
        trading.trade(rests=number % 3 == 0)


def _frame(trading: Trading) -> None:
    trading.hear_market()
    wanted = NextFrame(selected=INSTRUMENT)
    build_frame(trading.desk, wanted, number=1, engine_ms=0.0, notes={})
