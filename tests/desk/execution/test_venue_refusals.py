"""Orders that the venue refuses on arrival, by its own codes and words.

Codes and words: the error table of Binance USDⓈ-M; PERCENT_PRICE 0.95 to 1.05 and MIN_NOTIONAL 100
of BTCUSDT from its exchange information.
"""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC as BTC_ID
from helpers.engines import CATALOGUE, Trader
from paper_stage import BUY, SELL, Stage, terms, words

from desk.execution.outcome import Cancelled, Rejected
from desk.model.orders import OrderStatus, OrderType, TimeInForce

BTC = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
SPOT = CATALOGUE.get("BTCUSDT.BINANCE")


@pytest.fixture
def stage():
    stage = Stage(instruments=(BTC, SPOT))
    for instrument in (BTC, SPOT):
        stage.snapshot([("60000", "1")], [("60010", "1")], instrument)
    stage.mark("60000", BTC)
    return stage


def order(side, quantity, price=None, **changes):
    return terms("a", side, quantity, price, **{"instrument": BTC} | changes)


def refused(outcomes):
    (outcome,) = outcomes
    assert isinstance(outcome, Rejected)
    return outcome.reason


GTX = "Due to the order could not be executed as maker, the Post Only order will be rejected."
FOK = "Due to the order could not be filled immediately, the FOK order has been rejected."
GONE = "ReduceOnly Order is rejected. (reduce-only: there is no position left for it to reduce)"
SMALL = "Order's notional must be no smaller than 100 (unless you choose reduce only)"
TAKES = "(post-only: it would take liquidity at 60010)"
HIGH = "Price is higher than mark price multiplier cap."
LOW = "Price is lower than mark price multiplier floor."
STOP = OrderType.STOP


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (order(BUY, "1", "60010", post_only=True), f"-5022: {GTX} {TAKES}"),
        (
            order(BUY, "1", "60010", post_only=True, instrument=SPOT),
            f"-2010: Order would immediately match and take. {TAKES}",
        ),
        (
            order(BUY, "2", "60010", tif=TimeInForce.FOK),
            f"-5021: {FOK} (fill-or-kill: 1 of 2 available at 60010 or better)",
        ),
        (order(SELL, "1", "60000", reduce_only=True), f"-2022: {GONE}"),
        (order(SELL, "1", type=STOP, trigger=D(59000), reduce_only=True), f"-2022: {GONE}"),
        (
            order(BUY, "1", type=STOP, trigger=D(60000)),
            "-2021: Order would immediately trigger. (the mark is 60000 already)",
        ),
        (
            order(BUY, "1", "63000.1"),
            f"-4016: {HIGH} (63000.1, with the mark at 60000)",
        ),
        (
            order(SELL, "1", "56999.9"),
            f"-4024: {LOW} (56999.9, with the mark at 60000)",
        ),
        (order(BUY, "0.001", "60000"), f"-4164: {SMALL} (it is worth 60 USDT)"),
    ],
    ids=lambda value: value[:5] if isinstance(value, str) else "",
)
def test_an_order_that_the_venue_refuses_carries_its_code_and_words(stage, sent, reason):
    assert refused(stage.place(sent)) == f"BINANCE {reason}"
    assert stage.orders["a"].status is OrderStatus.REJECTED


def test_a_market_order_whose_counterpart_lies_too_far_from_the_mark(stage):
    stage.mark("57140", BTC)  # × 1.05 = 59,997
    assert refused(stage.place(order(BUY, "1"), "70000")) == (
        "BINANCE -4131: The counterparty's best price does not meet the PERCENT_PRICE filter limit "
        "(60010, with the mark at 57140)"
    )


def test_prices_at_the_edge_are_taken(stage):
    for number, (side, price) in enumerate([(SELL, "57000"), (BUY, "63000")]):
        outcomes = stage.place(msgspec.structs.replace(order(side, "0.5", price), id=str(number)))
        assert words(outcomes) == ["Accepted", "Filled"]


def test_an_order_that_the_margin_no_longer_carries(stage):
    stage.short_of_margin.add("perp-1")
    assert refused(stage.place(order(BUY, "1", "60000"))) == (
        "BINANCE -2019: Margin is insufficient. (the account's margin does not cover it any more)"
    )


def test_without_a_fresh_mark_the_filters_that_go_by_it_are_silent(stage):
    stage.marks.clear()
    assert words(stage.place(order(BUY, "0.5", "63000.1"))) == ["Accepted", "Filled"]


def test_what_the_venue_has_taken_it_ends_instead(stage):
    stage.positions["perp-1", BTC.id] = D(1)
    stop = order(SELL, "1", type=OrderType.STOP, trigger=D(59000), reduce_only=True)
    assert words(stage.place(stop)) == ["Accepted"]
    stage.positions["perp-1", BTC.id] = D(0)
    (end,) = stage.mark("58000", BTC)
    assert isinstance(end, Cancelled)


def test_a_protective_leg_whose_trigger_is_passed_acts_at_once(stage):
    stage.positions["perp-1", BTC.id] = D(1)
    leg = order(SELL, "1", type=OrderType.STOP, trigger=D(60500), reduce_only=True, parent="entry")
    assert words(stage.place(leg)) == ["Accepted", "Triggered", "Filled"]


def test_the_desk_hands_on_what_the_venue_said_when_the_market_moved_on_the_way():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "59999.9", id="late", post_only=True)
    trader.book(BTC_ID, bids=(("59990.0", "1"),), asks=(("59995.0", "1"),))
    trader.run(60)
    late = trader.state.orders["late"]
    assert late.status is OrderStatus.REJECTED
    assert late.reason.startswith("BINANCE -5022: ")


def test_the_desk_hands_on_that_margin_went_while_an_order_was_on_its_way():
    trader = Trader()
    trader.deposit("26000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.buy("1", "59999", id="late")
    trader.mark(BTC_ID, "58500")  # 26,000 − 30 − 1,500 carry 2 × 58,500 / 5 no more, with 1,499
    trader.run(60)
    late = trader.state.orders["late"]
    assert late.reason.startswith("BINANCE -2019: Margin is insufficient.")
