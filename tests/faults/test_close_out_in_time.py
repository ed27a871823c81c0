"""T19: from the venue's bytes of a mark that confirms a close-out to the journaled row of it.

The real engine and market; between them a way on which the test sees every message pass.
"""

import asyncio
import contextlib
import json

import msgspec
import pytest
from helpers.glass import Glass
from helpers.processes import Market
from helpers.proxy import proxied
from helpers.real_engine import RealEngine

from desk.io.addresses import market_urls
from desk.io.journal_reader import JournalReader
from desk.model.commands import TypedLine
from desk.model.events import Acknowledged, Alerted

BTC = "BTCUSDT-PERP.BINANCE"
IN_TIME_MS = 250
SLACK = 3
"""A machine that does other work may take so much longer."""
PATIENCE_S = 120
FALL = "move@BTC:by=-0.25:at=25s:for=3s,move@BTC:by=-0.03:at=29s:for=60s"
"""Near the maintenance margin at once, and then so slowly that three marks lie within it."""
LINES = ("deposit 15000 USDT", f"buy 0.5 {BTC} market", f"buy 0.45 {BTC} market")


class Marks:
    """When each mark price passed on its way to the desk."""

    def __init__(self, now_ms):
        self._now_ms = now_ms
        self.passed_ms = {}

    def hear(self, frame):
        start = frame.find(b"{")
        if b"markPriceUpdate" in frame and b"BTCUSDT" in frame:
            data = json.loads(frame[start:])
            mark = data.get("data", data)
            self.passed_ms[float(mark["p"])] = self._now_ms()


async def invested(glass):
    """Be long on a quarter of what it is worth."""
    await glass.until(lambda frame: _is_ready(glass.market(frame)))
    for number, line in enumerate(LINES):
        asked = glass.give(TypedLine(id=f"line-{number}", text=line, armed=True))
        assert isinstance(await glass.answer(asked), Acknowledged)


def _is_ready(market):
    """Whether an order can be taken: a live mark may come before the book."""
    return (market.quality, market.book_state) == ("LIVE", "SYNCED")


async def begun(glass):
    """When the close-out was told to the window."""
    while not any(told(event) for event in glass.events):
        await glass.until(lambda _: True)
    return glass.now_ms()


def told(event):
    return isinstance(event, Alerted) and event.code == "CLOSE_OUT"


def journaled(folder):
    """The marks on which the first close-out stands, what it held then, and its rows."""
    with JournalReader(folder) as reader:
        rows = [row.entry.data for row in reader.rows() if row.entry.type == "close_out"]
    return {name: float(mark) for name, mark in rows[0]["what"]["marks"].items()}, rows


async def fallen(folder):
    """When the close-out was told, and when each mark had passed."""
    with Market(folder, "--dialect", "binance", "--faults", FALL) as market:
        urls = market_urls(json.loads(market.ready.read_text()))["binance-usdm"]
        async with proxied(urls) as way:
            ready = {"binance": {"usdm": msgspec.to_builtins(way.urls)}}
            market.ready.write_text(json.dumps(ready))
            with (
                RealEngine(folder / "desk", "--market", str(market.ready)) as engine,
                contextlib.closing(Glass(engine.theirs, BTC)) as glass,
            ):
                marks = Marks(glass.now_ms)
                way.listen(marks.hear)
                await invested(glass)
                return await begun(glass), marks.passed_ms


@pytest.mark.fault("T19")
@pytest.mark.slow
def test_a_close_out_begins_in_time_after_the_mark_that_confirms_it(tmp_path, figure):
    told_ms, passed_ms = asyncio.run(asyncio.wait_for(fallen(tmp_path), PATIENCE_S))
    confirmed_by, rows = journaled(tmp_path / "desk")
    took_ms = told_ms - passed_ms[confirmed_by[BTC]]
    figure(
        f"told {took_ms:.0f} ms after the bytes of the mark that confirms it (in time: "
        f"{IN_TIME_MS}), on sockets, journaled with its marks; {len(rows)} rows"
    )
    assert 0 < took_ms <= IN_TIME_MS * SLACK
