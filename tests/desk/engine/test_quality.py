"""What the desk makes of many venues: who may be traded on, and what the screen is told."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, MS, Trader

from desk.cli.shipped import shipped
from desk.engine.frame import build_frame
from desk.engine.quality import FeedNote, StreamNote
from desk.model.catalogue import Catalogue
from desk.model.commands import ClosePosition, Flatten, NextFrame, SetLeverage, Withdraw
from desk.model.events import Acknowledged, Alerted
from desk.model.market_data import BookLost, FeedStatus, InstrumentListed, MarkPrice, OpenInterest
from desk.model.orders import OrderStatus

OKX, BYBIT = "BTC-USDT-SWAP.OKX", "BTCUSDT-PERP.BYBIT"
FEW_VENUES = ("binance-spot", "binance-usdm", "okx", "bybit-linear")


def trader(mode="SIMULATED"):
    catalogue = type(shipped().catalogue)(
        [i for i in shipped().catalogue.all() if i.connection in FEW_VENUES]
    )
    new = Trader(catalogue=catalogue, mode=mode)
    new.deposit()
    return new


def say_all(desk, price="60000"):
    desk.market()
    for name in (OKX, BYBIT):
        desk.mark(name, price)
    desk.hear(OpenInterest(instrument=BTC, quantity=D(80_000), ts_recv_ns=desk.now_ns))
    desk.tick(100)


def frame(desk, notes=None, **wanted):
    return build_frame(
        desk.desk,
        NextFrame(**wanted),
        number=1,
        engine_ms=0.0,
        notes={} if notes is None else notes,
    )


def quality_of(desk, name=BTC):
    return next(view for view in frame(desk).quality if view.instrument == name)


def denied(desk):
    answer = desk.buy("0.1", "60000", id=f"buy {desk.now_ns}")[-1]
    return [denial.code for denial in getattr(answer, "denials", [])]


def test_three_venues_are_a_consensus_and_the_frame_names_each():
    desk = trader()
    say_all(desk)
    (btc,) = [index for index in frame(desk).indices if index.base == "BTC"]
    assert (btc.state, btc.votes, btc.value) == ("CONSENSUS", 3, D(60000))
    assert {source.venue: source.standing for source in btc.sources} == dict.fromkeys(
        ("BINANCE", "BYBIT", "OKX"), "counted"
    )
    assert [source.assumed for source in btc.sources] == [True] * 3, "no book prices USDT here"
    assert denied(desk) == []


@pytest.mark.fault("T17")
def test_a_mark_that_runs_away_from_the_others_takes_no_new_risk_but_lets_out():
    desk = trader()
    say_all(desk)
    desk.buy("0.1", "60000", id="first")
    desk.run(100)
    desk.mark(BTC, "62000", index="60000")
    desk.tick(100)
    assert "DIVERGING" in denied(desk)
    assert quality_of(desk).diverging
    assert "3.33%" in quality_of(desk).blocked
    assert desk.state.position("perp-1", BTC).quantity == D("0.1")
    desk.sell("0.1", "61000", id="out", reduce_only=True)
    assert "out" in desk.state.orders


def test_a_mark_that_runs_away_frees_no_margin_anywhere():
    desk = trader()
    say_all(desk)
    desk.give(SetLeverage(id="low", instrument=BTC, leverage=D(2)))
    desk.buy("0.1", "60000", id="first")
    desk.run(100)
    desk.mark(BTC, "62000", index="60000")  # a gain of 200 USDT that nobody else sees
    desk.mark(ETH, "2500")
    desk.tick(100)
    for command in (
        SetLeverage(id="high", instrument=BTC, leverage=D(5)),
        Withdraw(id="out", account="perp-1", asset="USDT", quantity=D(1)),
    ):
        answer = desk.give(command)[-1]
        assert [denial.code for denial in answer.denials] == ["DIVERGING"]
    answer = desk.buy("1", "2500", instrument=ETH, id="other")[-1]
    assert "STALE_ACCOUNT" in [denial.code for denial in answer.denials]
    assert isinstance(
        desk.give(SetLeverage(id="lower", instrument=BTC, leverage=D(1)))[-1], Acknowledged
    )
    say_all(desk)
    assert isinstance(
        desk.give(SetLeverage(id="again", instrument=BTC, leverage=D(5)))[-1], Acknowledged
    )


def test_money_stays_while_the_mark_of_a_working_order_is_stale():
    desk = trader()
    say_all(desk)
    desk.buy("0.1", "59999.9", id="rests", post_only=True)
    desk.run(2_200)
    answer = desk.give(Withdraw(id="out", account="perp-1", asset="USDT", quantity=D(1)))[-1]
    assert [denial.code for denial in answer.denials] == ["STALE_MARK"]


def test_a_live_desk_of_three_venues_stops_when_two_are_left():
    desk = trader(mode="PAPER")
    say_all(desk)
    assert denied(desk) == []
    for _ in range(11):  # OKX and Bybit fall silent: 10 s old votes nothing
        desk.tick(1000)
        desk.market()
    desk.mark(OKX, "60000")
    desk.tick(100)
    assert "MARK_SOURCES" in denied(desk)


def test_a_simulated_desk_of_three_venues_goes_on_with_one():
    desk = trader()
    desk.market()
    desk.tick(100)
    assert denied(desk) == []


def test_gaps_jumps_and_crossings_are_counted_by_instrument():
    desk = trader()
    say_all(desk)
    desk.hear(BookLost(BTC, 1, 3, "gap", desk.now_ns))
    desk.hear(BookLost(BTC, None, None, "disconnected", desk.now_ns))
    desk.mark(BTC, "62000")
    desk.book(BTC, bids=(("60001", "1"),), asks=(("60000", "1"),))
    view = quality_of(desk)
    assert (view.gaps, view.jumps, view.crossed) == (1, 1, 1)
    assert quality_of(desk, OKX).gaps == 0


def test_new_increments_cancel_what_works_and_void_what_was_counted_in_the_old():
    desk = trader()
    say_all(desk)
    desk.buy("0.1", "59999.9", id="resting", post_only=True)
    desk.run(100)
    terms = msgspec.structs.replace(desk.desk.catalogue.get(BTC), tick_size=D("0.5"))
    desk.hear(InstrumentListed(BTC, terms, desk.now_ns))
    assert desk.state.orders["resting"].status is OrderStatus.CANCELLED
    assert "increments" in desk.state.orders["resting"].reason
    assert quality_of(desk).book_state == "UNSYNCED"
    assert desk.desk.catalogue.get(BTC).tick_size == D("0.5")
    desk.book(BTC, bids=(("59999.5", "1"),), asks=(("60000", "1"),))
    desk.buy("0.1", "59999.9", id="off")
    desk.buy("0.1", "59999.5", id="on")
    assert {"off", "on"} & set(desk.state.orders) == {"on"}
    again = desk.restarted(catalogue=desk.desk.catalogue)
    assert again.state.hash() == desk.state.hash()


def relist(desk, **changed):
    terms = msgspec.structs.replace(desk.desk.catalogue.get(BTC), **changed)
    desk.hear(InstrumentListed(BTC, terms, desk.now_ns))
    desk.book()


def test_a_position_smaller_than_new_minima_can_be_closed_and_what_cannot_is_named():
    desk = trader()
    say_all(desk)
    desk.buy("0.015", "60000", id="first")
    desk.run(100)
    relist(desk, min_quantity=D("0.02"))
    desk.give(ClosePosition(id="some", instrument=BTC, fraction=D("0.4")))
    desk.run(100)
    assert desk.state.position("perp-1", BTC).quantity == D("0.009")
    relist(desk, lot_size=D("0.01"))
    answer = desk.give(Flatten(id="out"))[-1]
    assert "0.009 of BTCUSDT-PERP.BINANCE is less than a lot" in answer.denials[0].message
    desk.buy("0.02", "59000", id="rests", post_only=True)
    said = desk.give(Flatten(id="all"))
    assert said[-1].data["cancels"] == ["rests"]
    (alert,) = [event for event in said if isinstance(event, Alerted)]
    assert "0.009 of BTCUSDT-PERP.BINANCE is less than a lot" in alert.message
    again = desk.restarted(catalogue=desk.desk.catalogue)
    assert again.state.hash() == desk.state.hash()


def test_other_fees_and_minima_leave_orders_and_books_as_they_are():
    desk = trader()
    say_all(desk)
    desk.buy("0.1", "59999.9", id="resting", post_only=True)
    desk.run(100)
    terms = desk.desk.catalogue.get(BTC)
    terms = msgspec.structs.replace(terms, min_notional=D(50), maker_fee_rate=D("0.0003"))
    assert desk.hear(InstrumentListed(BTC, terms, desk.now_ns)) == []
    assert desk.state.orders["resting"].status is OrderStatus.WORKING
    assert quality_of(desk).book_state == "SYNCED"
    desk.trade("59999.8", "1")
    (fill,) = desk.state.fills
    assert fill.fee == fill.quantity * fill.price * D("0.0003")


@pytest.mark.parametrize(
    ("last_ms", "limit_ms", "state"),
    [(None, 2000, "SILENT"), (2000, 2000, "LIVE"), (2001, 2000, "STALE"), (9000, None, "QUIET")],
)
def test_a_stream_is_as_old_as_its_last_message(last_ms, limit_ms, state):
    desk = trader()
    note = StreamNote(
        name="s", kind="mark", instrument=BTC, active=last_ms is not None, limit_ms=limit_ms,
        messages=3, last_ns=0 if last_ms is None else desk.now_ns - last_ms * MS,
    )  # fmt: skip
    notes = {"binance-usdm": FeedNote(gaps=1, rejected=2, note="", streams=(note,))}
    assert frame(desk, notes).streams == []
    (view,) = frame(desk, notes, streams=True).streams
    assert (view.age_ms, view.state) == (last_ms, state)
    (lamp,) = [feed for feed in frame(desk, notes).feeds if feed.venue == "BINANCE"]
    assert lamp.inactive == (last_ms is None)


def test_a_venue_that_went_down_grows_old_on_its_lamp_and_is_told_why():
    catalogue = type(shipped().catalogue)(shipped().catalogue.of_connection("kraken").values())
    desk = Trader(catalogue=catalogue)
    assert frame(desk).feeds[0].age_ms is None
    names = [instrument.id for instrument in catalogue.all()]
    for name in names:
        desk.book(name, bids=[("1.9", "1")], asks=[("2.0", "1")])
    for name in names:
        desk.hear(BookLost(name, None, None, "disconnected", desk.now_ns))
    desk.hear(FeedStatus("kraken", False, "/v2 cannot connect: refused", desk.now_ns))
    desk.tick(2_100)
    (lamp,) = frame(desk).feeds
    assert (lamp.age_ms, lamp.down) == (2_100, "/v2 cannot connect: refused")
    assert {view.quality for view in frame(desk).quality} == {"UNKNOWN"}
    desk.hear(FeedStatus("kraken", True, "/v2 connected", desk.now_ns))
    assert frame(desk).feeds[0].down == ""


def test_a_mark_that_was_never_seen_does_not_hide_another_that_is_stale():
    desk = trader()
    desk.mark(OKX)
    lamps = {feed.venue: feed.age_ms for feed in frame(desk).feeds}
    assert lamps["OKX"] is None
    desk.tick(2_001)
    lamps = {feed.venue: feed.age_ms for feed in frame(desk).feeds}
    assert lamps["OKX"] == 2_001
    assert lamps["BYBIT"] is None


def test_open_interest_of_every_venue_is_in_coins():
    inverse = "BTC-USD-SWAP.OKX"  # 100 dollars a contract; the linear one: 0.01 coins
    desk = Trader(catalogue=shipped().catalogue)
    for name, quantity in ((BTC, "84000"), (OKX, "8400000"), (inverse, "50400000")):
        desk.hear(OpenInterest(name, D(quantity), desk.now_ns))
    shown = {market.instrument: market.open_interest for market in frame(desk).markets}
    assert (shown[BTC], shown[OKX], shown[inverse]) == (D(84000), D(84000), None)
    desk.mark(inverse, "60000")
    shown = {market.instrument: market.open_interest for market in frame(desk).markets}
    assert shown[inverse] == D(84000)


@pytest.mark.fault("T32")
def test_a_venues_skew_is_shown_and_denies_nothing():
    desk = trader()
    desk.wall_ms -= 3_600_000  # this machine's clock is an hour behind
    say_all(desk)
    desk.wall_ms += 3_600_000
    desk.tick()
    (lamp,) = [feed for feed in frame(desk).feeds if feed.venue == "OKX"]
    assert lamp.skew_ms == -3_600_000
    assert denied(desk) == []


def test_hourly_funding_without_a_time_is_paid_on_the_hour():
    perp = "BTC-PERP.HYPERLIQUID"
    desk = Trader(catalogue=shipped().catalogue)
    told = MarkPrice(perp, D(60000), D(60000), D("0.0000125"), None, desk.now_ns, None, 1)
    desk.hear(told)
    (view,) = [market for market in frame(desk).markets if market.instrument == perp]
    hour_ms = 3_600_000
    assert view.next_funding_ms % hour_ms == 0
    assert 0 < view.next_funding_ms - desk.wall_ms <= hour_ms
    deribit = "BTC-PERPETUAL.DERIBIT"
    desk.hear(msgspec.structs.replace(told, instrument=deribit, funding_interval_h=8))
    (view,) = [market for market in frame(desk).markets if market.instrument == deribit]
    assert view.next_funding_ms is None, "it accrues at every moment"


def test_a_lamp_shows_the_mark_that_lies_ahead_of_now_and_not_the_fresh_one():
    desk = Trader(catalogue=Catalogue([shipped().catalogue.get(name) for name in (BTC, ETH)]))
    desk.market()
    desk.wall_ms += 3_600_000
    desk.mark(ETH, "2500")
    (lamp,) = frame(desk).feeds
    assert desk.desk.quality(ETH) == "STALE"
    assert lamp.age_ms == -3_600_000


def test_a_position_lives_by_the_mark_of_its_own_venue():
    desk = trader()

    def figures():
        (held,) = (view for view in frame(desk).positions if view.instrument == BTC)
        return held.mark_price, held.unrealized_pnl, held.liquidation_distance

    say_all(desk)
    desk.buy("0.1", "60000", id="first")
    desk.run(100)
    before = figures()
    for name in (OKX, BYBIT):
        desk.mark(name, "59000")
    desk.tick(100)
    assert figures() == before
    assert before[0] == D(60000)
    desk.mark(BTC, "59500")
    desk.tick(100)
    assert figures()[0] == D(59500)
