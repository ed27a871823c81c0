"""Frames against the venue's documented formats and rules, from market to bytes."""

import itertools
import json

import pytest
from simulated_day import START_MS, new_market

from desk.sim.binance.feed import InstrumentFeed
from desk.sim.candles import History

PERPETUAL = "BTCUSDT-PERP.BINANCE"
SPOT = "ETHUSDT.BINANCE"
MINUTE_MS = 60_000
KINDS = {
    "depth@100ms", "depth", "depth20@100ms", "trade", "aggTrade", "bookTicker", "markPrice@1s",
    "markPrice", "miniTicker", "ticker", "kline_1m", "forceOrder",
}  # fmt: skip


class Recording:
    """A minute and a half of one instrument's frames by kind, each with its place in the order."""

    def __init__(self, name, *, speed=1, ms=90_000, step_ms=250):
        market = new_market(seed=4, start_ms=START_MS * speed)
        self.listing = market.listings[name]
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


def test_every_kind_but_the_silent_one_is_sent(perpetual, spot):
    assert {kind for kind, _ in perpetual.frames} == KINDS - {"forceOrder"}
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


@pytest.mark.parametrize(
    ("which", "price_decimals", "quantity_decimals"),
    [("perpetual", 2, 3), ("spot", 8, 8)],
)
def test_numbers_are_written_as_the_venue_writes_them(
    which, price_decimals, quantity_decimals, request
):
    recording = request.getfixturevalue(which)
    for body in recording.of("trade") + recording.of("aggTrade"):
        assert len(body["p"].partition(".")[2]) == price_decimals
        assert len(body["q"].partition(".")[2]) == quantity_decimals
        assert float(body["q"]) > 0


def test_futures_diffs_chain_by_pu(perpetual):
    for kind in ("depth", "depth@100ms"):
        diffs = perpetual.of(kind)
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


@pytest.mark.parametrize("which", ["perpetual", "spot"])
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


@pytest.mark.parametrize("which", ["perpetual", "spot"])
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


@pytest.mark.parametrize("which", ["perpetual", "spot"])
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
    assert float(closed["q"]) == pytest.approx(
        sum(float(t["p"]) * float(t["q"]) for t in trades), rel=1e-9
    )


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
