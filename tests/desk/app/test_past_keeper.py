"""What charts need of the time before: fetched once, again after an absence, never in a hurry."""

import asyncio
import json
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from helpers.engines import BTC, SPOT, START_MS, Trader

from desk.app import past_keeper
from desk.app.past_keeper import RETRY_NS, PastKeeper
from desk.engine.chart_views import chart_views
from desk.io import pasts
from desk.model.commands import ChartWanted
from desk.model.market_data import FeedStatus
from desk.venues.protocol import SocketUrls

URLS = SocketUrls("http://127.0.0.1:1", "ws://127.0.0.1:1")
SPANS_MS = {"1m": 60_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}
ETH = "ETHUSDT-PERP.BINANCE"


class Rig:
    """A keeper of Binance's futures, a desk that it tells, and a venue that answers at once."""

    def __init__(self, runner, spoil=lambda path, body: body):
        self.runner = runner
        self.trader = Trader()
        self.now_ns = 10**12
        self.asked = []
        self.spoil = spoil
        clock = SimpleNamespace(boot_ns=lambda: self.now_ns, wall_ms=lambda: START_MS)
        runtime = SimpleNamespace(clock=clock, engine=self.trader.engine, learn=self.trader.process)
        self.keeper = PastKeeper("binance-usdm", self.ask, runtime)

    async def ask(self, request, urls):
        assert urls == URLS, "nobody else is asked"
        url = urlsplit(request.path)
        query = dict(parse_qsl(url.query))
        what = "funding" if url.path.endswith("fundingRate") else query["interval"]
        self.asked.append((query["symbol"], what))
        if what == "funding":
            rows = [
                {"symbol": query["symbol"], "fundingRate": "0.0001", "fundingTime": START_MS - 9}
            ]
        else:
            span_ms, count = SPANS_MS[what], int(query["limit"])
            newest = int(query["endTime"]) // span_ms * span_ms
            rows = [
                [newest - n * span_ms, "100", "110", "90", "105", "7", 0, "700"]
                for n in range(count - 1, -1, -1)
            ]
        return self.spoil(request.path, json.dumps(rows).encode())

    def work(self, *wanted):
        """Let the keeper work off what is wanted."""

        async def run():
            for instrument, bar_s in wanted:
                self.keeper.want(instrument, bar_s)
            task = asyncio.create_task(self.keeper.run(URLS))
            before = -1
            while before < len(self.asked) or self.keeper._wanted:
                before = len(self.asked)
                for _ in range(40):
                    await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            return task

        self.asked.clear()
        assert self.runner.run(run()).cancelled()
        return list(self.asked)

    def chart(self, bar_s, instrument=BTC):
        (view,) = chart_views(self.trader.desk, [ChartWanted(instrument=instrument, bar_s=bar_s)])
        return view


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    for module, name in (
        (past_keeper, "PAUSE_S"),
        (past_keeper, "FIRST_WAIT_S"),
        (pasts, "PAUSE_S"),
    ):
        monkeypatch.setattr(module, name, 0)


@pytest.fixture
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def rig(runner):
    rig = Rig(runner)
    rig.work()  # what the change of the day needs
    return rig


def test_a_start_asks_of_each_instrument_what_a_day_ago_was_and_no_more(runner):
    rig = Rig(runner)
    asked = rig.work()
    assert sorted(set(asked)) == [("BTCUSDT", "15m"), ("ETHUSDT", "15m")]
    assert len(asked) == 2
    market = rig.trader.desk.market.get(BTC)
    assert market.candles.told_last == 105
    assert market.candles.day_change(market.candles.told_last, START_MS) == Decimal("0.05")


def test_a_chart_gets_its_own_length_first_and_what_its_newest_candle_is_folded_from(rig):
    asked = rig.work((BTC, 14_400))
    assert [what for _, what in asked if what != "funding"] == ["4h", "1m", "1h"]
    view = rig.chart(14_400)
    assert len(view.start_ms) == 600
    assert view.close == [105.0] * 600
    assert "Binance" in view.source
    assert view.funding == [((START_MS - 9) // 1000 * 1000, 0.0001)]


def test_seconds_are_nobodys_past(rig):
    assert rig.work((BTC, 1), (BTC, 15), (BTC, -5), (BTC, 61)) == []


def test_what_is_there_is_not_asked_for_again_until_the_feed_was_away(rig):
    assert rig.work((BTC, 60))
    rig.now_ns += 2 * RETRY_NS
    assert rig.work((BTC, 60)) == []
    rig.now_ns += 2 * RETRY_NS
    rig.trader.desk.market.apply(FeedStatus("binance-usdm", True, "open", rig.now_ns - 1))
    assert ("BTCUSDT", "1m") in rig.work((BTC, 60))
    assert rig.work((BTC, 60)) == [], "not at once again"


@pytest.mark.parametrize("bad", [None, b"<html>", b"[[1,2]]", b'[["NaN"]]'])
def test_a_chart_says_why_it_has_no_past_and_it_is_tried_again_later(runner, bad):
    rig = Rig(runner, lambda path, body: bad)
    rig.work((BTC, 60))
    assert "Binance gave no candles" in rig.chart(60).source
    assert ("BTCUSDT", "1m") not in rig.work((BTC, 60))
    rig.now_ns += RETRY_NS + 1
    rig.spoil = lambda path, body: body
    assert ("BTCUSDT", "1m") in rig.work((BTC, 60))
    assert len(rig.chart(60).start_ms) == 600


def test_a_fault_of_ours_ends_one_chart_and_no_desk(rig, expected_logs):
    expected_logs("the candles of a venue")

    def fault(path, body):
        raise ZeroDivisionError

    rig.spoil = fault
    rig.work((BTC, 60))
    assert "fault" in rig.chart(60).source
    rig.spoil = lambda path, body: body
    assert rig.work((ETH, 60))


def test_another_connections_instruments_are_not_its_own(rig):
    assert rig.chart(60, SPOT).start_ms == []
