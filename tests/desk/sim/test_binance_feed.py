"""Frames against the venue's documented formats and rules, from market to bytes."""

import itertools
import json
from decimal import Decimal

import pytest
from simulated_day import START_MS, new_market

from desk.sim.binance.coin_margined import coin_margined
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.candles import History
from desk.sim.events import Forced, Print

PERPETUAL = "BTCUSDT-PERP.BINANCE"
SPOT = "ETHUSDT.BINANCE"
MINUTE_MS = 60_000
KINDS = {
    "depth@100ms", "depth", "depth20@100ms", "trade", "aggTrade", "bookTicker", "markPrice@1s",
    "markPrice", "miniTicker", "ticker", "kline_1m", "forceOrder",
}  # fmt: skip


class Recording:
    """A minute and a half of one instrument's frames by kind, each with its place in the order."""

    def __init__(self, name, *, speed=1, ms=90_000, step_ms=250, in_contracts=False):
        market = new_market(seed=4, start_ms=START_MS * speed)
        self.listing = market.listings[name]
        if in_contracts:
            self.listing = coin_margined(self.listing)
        self.feed = InstrumentFeed(
            self.listing, speed=speed, now_us=market.time_ms * 1000, history=History()
        )
        self.snapshot = {
            side: {float(price): float(quantity) for price, quantity in levels}
            for side, levels in (
                ("b", map(self.level, *zip(*self.listing.book.bids.levels(9999), strict=True))),
                ("a", map(self.level, *zip(*self.listing.book.asks.levels(9999), strict=True))),
            )
        }
        self.frames = []
        end = market.time_ms + ms * speed
        while market.time_ms < end:
            events = market.advance(market.time_ms + step_ms * speed)[name]
            if in_contracts:
                events = self.listing.events(events, with_book=True)
            sent = self.feed.frames(events, market.time_ms * 1000, KINDS)
            self.frames += [(kind, json.loads(payload)) for kind, payload in sent]

    def level(self, ticks, lots):
        return self.feed.spelling.numbers.level(ticks, lots)

    def of(self, kind):
        return [body for k, body in self.frames if k == kind]


@pytest.fixture(scope="module")
def perpetual():
    return Recording(PERPETUAL)


@pytest.fixture(scope="module")
def spot():
    return Recording(SPOT)


@pytest.fixture(scope="module")
def coinm():
    return Recording(PERPETUAL, in_contracts=True)


@pytest.mark.thorough
def test_every_kind_but_the_silent_one_is_sent(perpetual, coinm, spot):
    for futures in (perpetual, coinm):
        assert {kind for kind, _ in futures.frames} | {"forceOrder"} == KINDS
    assert {kind for kind, _ in spot.frames} == KINDS - {"forceOrder", "markPrice", "markPrice@1s"}


def test_spot_frames_have_the_documented_fields(spot):
    fields = {kind: list(body) for kind, body in spot.frames}
    assert fields["trade"] == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]
    assert fields["aggTrade"] == ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]
    assert fields["bookTicker"] == ["u", "s", "b", "B", "a", "A"]
    assert fields["depth@100ms"] == ["e", "E", "s", "U", "u", "b", "a"]
    assert fields["depth20@100ms"] == ["lastUpdateId", "bids", "asks"]
    assert fields["miniTicker"] == ["e", "E", "s", "c", "o", "h", "l", "v", "q"]
    assert fields["kline_1m"] == ["e", "E", "s", "k"]


def test_futures_frames_have_the_documented_fields(perpetual):
    fields = {kind: list(body) for kind, body in perpetual.frames}
    assert fields["trade"] == ["e", "E", "T", "s", "t", "p", "q", "X", "m"]
    assert fields["bookTicker"] == ["e", "u", "s", "ps", "b", "B", "a", "A", "T", "E", "st"]
    assert fields["depth@100ms"][:9] == ["e", "E", "T", "s", "ps", "U", "u", "pu", "b"]
    assert fields["markPrice@1s"] == ["e", "E", "s", "p", "ap", "P", "i", "r", "T", "st"]


def test_coin_margined_frames_have_the_documented_fields(coinm):
    fields = {kind: list(body) for kind, body in coinm.frames}
    assert fields["trade"] == ["e", "E", "T", "s", "t", "p", "q", "X", "m"]
    assert fields["bookTicker"] == ["e", "u", "s", "ps", "b", "B", "a", "A", "T", "E"]
    assert fields["depth@100ms"] == ["e", "E", "T", "s", "ps", "U", "u", "pu", "b", "a"]
    assert fields["markPrice@1s"] == ["e", "E", "s", "p", "P", "i", "r", "T"]
    assert fields["miniTicker"] == ["e", "E", "s", "ps", "c", "o", "h", "l", "v", "q"]
    names = {(body["s"], body["ps"]) for body in coinm.of("bookTicker")}
    assert names == {("BTCUSD_PERP", "BTCUSD")}


def test_coin_margined_quantities_are_contracts_of_a_hundred_dollars(perpetual, coinm):
    linear, inverse = perpetual.of("trade"), coinm.of("trade")
    assert len(linear) == len(inverse) > 50
    for one, other in zip(linear, inverse, strict=True):
        assert (one["t"], one["m"], float(one["p"])) == (other["t"], other["m"], float(other["p"]))
        usd = Decimal(one["q"]) * Decimal(one["p"])
        assert int(other["q"]) == max(1, int(usd / 100))


@pytest.mark.parametrize(
    ("which", "price_decimals", "quantity_decimals"),
    [("perpetual", 2, 3), ("coinm", 1, 0), ("spot", 8, 8)],
)
def test_numbers_are_written_as_the_venue_writes_them(
    which, price_decimals, quantity_decimals, request
):
    recording = request.getfixturevalue(which)
    for body in recording.of("trade") + recording.of("aggTrade"):
        assert len(body["p"].partition(".")[2]) == price_decimals
        assert len(body["q"].partition(".")[2]) == quantity_decimals
        assert float(body["q"]) > 0


@pytest.mark.parametrize("which", ["perpetual", "coinm"])
def test_futures_diffs_chain_by_pu(which, request):
    recording = request.getfixturevalue(which)
    for kind in ("depth", "depth@100ms"):
        diffs = recording.of(kind)
        for before, diff in itertools.pairwise(diffs):
            assert diff["pu"] == before["u"]
            assert before["u"] < diff["U"] <= diff["u"]


def test_spot_diffs_chain_by_consecutive_ids(spot):
    for kind in ("depth", "depth@100ms"):
        diffs = spot.of(kind)
        for before, diff in itertools.pairwise(diffs):
            assert diff["U"] == before["u"] + 1
            assert diff["U"] <= diff["u"]


@pytest.mark.parametrize(("which", "slow_ms"), [("perpetual", 250), ("spot", 1000)])
def test_diffs_come_at_their_interval(which, slow_ms, request):
    recording = request.getfixturevalue(which)
    for kind, interval_ms in (("depth@100ms", 100), ("depth", slow_ms)):
        times = [diff["E"] for diff in recording.of(kind)]
        assert all(after - before >= interval_ms for before, after in itertools.pairwise(times))
        assert len(times) > 0.9 * 90_000 / interval_ms


@pytest.mark.parametrize("which", ["perpetual", "coinm", "spot"])
def test_best_levels_after_each_diff_equal_the_ticker_of_that_id(which, request):
    recording = request.getfixturevalue(which)
    tickers = iter(recording.of("bookTicker"))
    book = {side: dict(levels) for side, levels in recording.snapshot.items()}
    ticker, following = None, next(tickers)
    checked = 0
    for diff in recording.of("depth@100ms"):
        for side in ("b", "a"):
            for price, quantity in diff[side]:
                book[side][float(price)] = float(quantity)
        while following and following["u"] <= diff["u"]:
            ticker, following = following, next(tickers, None)
        bids = {p: q for p, q in book["b"].items() if q}
        asks = {p: q for p, q in book["a"].items() if q}
        if ticker is None:
            continue
        assert (max(bids), bids[max(bids)]) == (float(ticker["b"]), float(ticker["B"]))
        assert (min(asks), asks[min(asks)]) == (float(ticker["a"]), float(ticker["A"]))
        checked += 1
    assert checked > 800


@pytest.mark.parametrize("which", ["perpetual", "coinm", "spot"])
def test_aggregates_hold_every_trade_once(which, request):
    recording = request.getfixturevalue(which)
    trades, aggregates = recording.of("trade"), recording.of("aggTrade")
    ids = [i for body in aggregates for i in range(body["f"], body["l"] + 1)]
    assert ids == [body["t"] for body in trades]
    by_id = {body["t"]: body for body in trades}
    for body in aggregates:
        fills = [by_id[i] for i in range(body["f"], body["l"] + 1)]
        assert {(fill["p"], fill["m"], fill["T"]) for fill in fills} == {
            (body["p"], body["m"], body["T"])
        }
        assert sum(float(fill["q"]) for fill in fills) == pytest.approx(float(body["q"]))


def test_marks_come_on_whole_seconds_and_every_third(perpetual):
    seconds = [body["E"] for body in perpetual.of("markPrice@1s")]
    assert all(after - before == 1000 for before, after in itertools.pairwise(seconds))
    assert all(at % 1000 == 0 for at in seconds)
    assert [body["E"] for body in perpetual.of("markPrice")] == [
        at for at in seconds if at % 3000 == 0
    ]
    mark = perpetual.of("markPrice@1s")[-1]
    assert mark["T"] % 28_800_000 == 0
    assert 0 < mark["T"] - mark["E"] <= 28_800_000
    assert float(mark["p"]) == pytest.approx(float(mark["i"]), rel=0.01)


@pytest.mark.parametrize("which", ["perpetual", "coinm", "spot"])
def test_the_closed_candle_is_the_minute_of_its_trades(which, request):
    recording = request.getfixturevalue(which)
    (closed,) = [body["k"] for body in recording.of("kline_1m") if body["k"]["x"]]
    assert closed["T"] - closed["t"] == MINUTE_MS - 1
    trades = [t for t in recording.of("trade") if closed["t"] <= t["T"] <= closed["T"]]
    prices = [float(trade["p"]) for trade in trades]
    assert [float(closed[x]) for x in "ohlc"] == [prices[0], max(prices), min(prices), prices[-1]]
    assert closed["n"] == len(trades)
    assert float(closed["v"]) == pytest.approx(sum(float(t["q"]) for t in trades))
    assert float(closed["V"]) == pytest.approx(sum(float(t["q"]) for t in trades if not t["m"]))
    if which == "coinm":
        turnover, exactness = sum(100 * float(t["q"]) / float(t["p"]) for t in trades), 1e-6
    else:
        turnover, exactness = sum(float(t["p"]) * float(t["q"]) for t in trades), 1e-9
    assert float(closed["q"]) == pytest.approx(turnover, rel=exactness)


def test_partial_depth_shows_twenty_sorted_levels(spot):
    body = spot.of("depth20@100ms")[-1]
    bids, asks = ([float(price) for price, _ in body[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 20
    assert sorted(bids, reverse=True) + sorted(asks) == bids + asks
    assert bids[0] < asks[0]


def test_a_faster_market_keeps_wall_time_stamps():
    fast = Recording(PERPETUAL, speed=20, ms=5_000)
    times = [body["T"] for body in fast.of("trade")]
    assert START_MS <= times[0] <= times[-1] < START_MS + 5_000
    normal = Recording(PERPETUAL, ms=5_000)
    assert len(times) > 5 * len(normal.of("trade"))
    diffs, marks = fast.of("depth@100ms"), fast.of("markPrice@1s")
    assert 45 <= len(diffs) <= 51
    assert [body["E"] - START_MS for body in marks] == [1000, 2000, 3000, 4000, 5000]
    interval_ms = 28_800_000 // 20
    assert marks[0]["T"] % interval_ms == 0
    assert 0 < marks[0]["T"] - marks[0]["E"] <= interval_ms


class Forcing:
    """A feed to which a test tells its own prints and forced orders."""

    def __init__(self, *, in_contracts=False):
        market = new_market(seed=4)
        listing = market.listings[PERPETUAL]
        self.contracts = coin_margined(listing) if in_contracts else None
        self.now_us = market.time_ms * 1000
        self.feed = InstrumentFeed(
            self.contracts or listing, speed=1, now_us=self.now_us, history=History()
        )
        self.trade_id = 100

    def order(self, at_ms, *fills, buys=False, forced=True):
        """An order that met (ticks, lots) one after the other."""
        at_us = self.now_us + at_ms * 1000
        first = self.trade_id
        events = []
        for ticks, lots in fills:
            events.append(Print(at_us, self.trade_id, ticks, lots, buys))
            self.trade_id += 1
        lots, last = sum(lots for _, lots in fills), fills[-1][0]
        if forced:
            events.append(Forced(at_us, buys, last, lots, last - 100, first, self.trade_id - 1))
        return events

    def told(self, events, until_ms, wanted=("forceOrder",)):
        if self.contracts is not None:
            events = self.contracts.events(events, with_book=False)
        frames = self.feed.frames(events, self.now_us + until_ms * 1000, set(wanted))
        return [json.loads(payload) for kind, payload in frames if kind == "forceOrder"]


def test_a_forced_order_is_told_with_its_average_and_its_bankruptcy_price():
    forcing = Forcing()
    events = forcing.order(100, (610_000, 9), forced=False)
    events += forcing.order(200, (610_000, 30), (609_990, 10))
    (body,) = forcing.told(events, 1_000)
    assert body["E"] == START_MS + 1_000
    assert body["o"] == {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.040",
        "p": "60989.00",
        "ap": "60999.80",
        "X": "FILLED",
        "l": "0.010",
        "z": "0.040",
        "T": START_MS + 200,
    }


def test_a_forced_coin_margined_order_is_as_many_contracts_as_its_trades():
    forcing = Forcing(in_contracts=True)
    (body,) = forcing.told(forcing.order(200, (610_000, 30), (609_990, 1), buys=True), 1_000)
    order = body["o"]
    assert (order["s"], order["ps"], order["S"]) == ("BTCUSD_PERP", "BTCUSD", "BUY")
    assert (order["q"], order["z"], order["l"]) == ("19", "19", "1")
    assert order["ap"] == "60999.9"


def test_only_the_last_forced_order_of_a_second_is_told_and_no_second_twice():
    forcing = Forcing()
    events = forcing.order(100, (610_000, 1)) + forcing.order(900, (610_001, 2))
    assert [body["o"]["z"] for body in forcing.told(events, 1_000)] == ["0.002"]
    assert forcing.told([], 3_000) == []
    late = forcing.order(3_100, (610_001, 3))
    assert forcing.told(late, 3_500, wanted=("trade",)) == []
    assert forcing.told([], 5_000) == []
