"""Ladders: shared out exactly, judged together, all or none."""

import itertools
from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, CATALOGUE, RULES, SPOT, Trader
from helpers.programs import accepted, codes, ladder, live_ids
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine.frame import build_frame
from desk.engine.plan import Refusal
from desk.engine.sharing import even_prices, shared, weights_of
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import Ask, CancelOrder, Kill, NextFrame, PreviewOrder
from desk.model.events import Answered, Previewed
from desk.model.order_commands import LadderWeight
from desk.model.orders import OrderStatus, Side


@pytest.fixture
def trader():
    one = Trader()
    one.deposit()
    one.market()
    return one


def parts(trader):
    orders = [trader.state.orders[f"L-{n}"].terms for n in range(1, 6)]
    return [(str(o.quantity), str(o.price)) for o in orders]


def test_equal_parts_stand_at_even_distances_and_the_rest_goes_to_the_last(trader):
    """1 BTC over five: 0.2 each; from 59,900 to 59,500 in four steps of 100."""
    assert accepted(trader.give(ladder("1.002")))
    assert [p for _, p in parts(trader)] == ["59900.0", "59800.0", "59700.0", "59600.0", "59500.0"]
    assert [q for q, _ in parts(trader)] == ["0.200", "0.200", "0.200", "0.200", "0.202"]
    assert all(trader.state.orders[f"L-{n}"].terms.program == "L" for n in range(1, 6))


@pytest.mark.parametrize(
    ("weight", "quantities"),
    [
        (LadderWeight.RISING, ["0.100", "0.200", "0.300", "0.400", "0.500"]),
        (LadderWeight.FALLING, ["0.500", "0.400", "0.300", "0.200", "0.100"]),
    ],
)
def test_weights_are_one_two_three_of_fifteen(trader, weight, quantities):
    assert accepted(trader.give(ladder("1.5", weight=weight)))
    assert [q for q, _ in parts(trader)] == quantities


def test_a_price_between_two_ticks_goes_to_the_nearest_half_up():
    """From 100.0 to 100.5 in three steps of a tick of 0.1: 100, 100.17, 100.33, 100.5."""
    terms = CATALOGUE.get(BTC)
    found = even_prices(terms, D("100.0"), D("100.5"), 4)
    assert [str(p) for p in found] == ["100.0", "100.2", "100.3", "100.5"]
    assert even_prices(terms, D("100.5"), D("100.0"), 4) == found[::-1]


@given(
    lots=st.integers(50, 10_000_000),
    count=st.integers(2, 50),
    weight=st.sampled_from(LadderWeight),
    start=st.integers(1, 900_000),
    gap=st.integers(-5_000, 5_000),
)
@settings(max_examples=150, deadline=None)
def test_parts_sum_to_the_whole_and_prices_stay_within_their_bounds(
    lots, count, weight, start, gap
):
    terms = CATALOGUE.get(BTC)
    quantity = lots * terms.lot_size
    try:
        given_out = shared(terms, quantity, weights_of(weight, count))
    except Refusal:
        weights = weights_of(weight, count)
        assert min(lots * w // sum(weights) for w in weights) * terms.lot_size < terms.min_quantity
    else:
        assert sum(given_out) == quantity
        assert all(part >= terms.min_quantity for part in given_out)
        assert all(part % terms.lot_size == 0 for part in given_out)
    first, last = start * terms.tick_size, (start + gap) * terms.tick_size
    try:
        prices = even_prices(terms, first, last, count)
    except Refusal:
        assert abs(gap) < count - 1 or last <= 0
    else:
        assert (prices[0], prices[-1]) == (first, last)
        assert all(price % terms.tick_size == 0 for price in prices)
        steps = {round((b - a) / terms.tick_size) for a, b in itertools.pairwise(prices)}
        assert len(set(prices)) == count
        assert max(steps) - min(steps) <= 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"count": 1}, "LADDER_COUNT"),
        ({"count": 51}, "LADDER_COUNT"),
        ({"count": 10**12}, "LADDER_COUNT"),
        ({"first": "59500"}, "LADDER_STEP"),
        ({"first": "59500.3"}, "LADDER_STEP"),
        ({"first": "59900.05"}, "TICK_SIZE"),
        ({"last": "-1"}, "NOT_POSITIVE"),
        ({"quantity": "0.0045"}, "LOT_SIZE"),
        ({"quantity": "0.004"}, "MIN_QUANTITY"),
        ({"quantity": "0.006"}, "MIN_NOTIONAL"),
        ({"last": "57900"}, "PRICE_COLLAR"),
        ({"instrument": "NO.SUCH"}, "UNKNOWN_INSTRUMENT"),
        ({"id": ""}, "ID"),
    ],
)
def test_what_is_no_ladder_is_refused_whole(trader, fields, code):
    assert code in codes(trader.give(ladder(**fields)))
    assert not trader.state.orders


def test_margin_is_judged_of_all_together_where_each_part_alone_would_pass(trader):
    """100,000 USDT at 5x carry 500,000; 10 BTC at 59,700 are 597,000, a fifth of it 119,400."""
    single = msgspec.structs.replace(ladder("2"), id="S")
    assert accepted(trader.give(single))
    trader.give(CancelOrder(id="c", order_id="S"))
    trader.run(100)
    assert not live_ids(trader)
    said = codes(trader.give(ladder("10")))
    assert "MARGIN_AFTER_FILL" in said
    assert "LEVERAGE_OVER_CAP" in said
    assert said.count("MARGIN_AFTER_FILL") == 1
    assert not live_ids(trader)


def test_value_and_size_limits_hold_for_the_sum(trader):
    trader.deposit("9900000", command_id="more")
    said = codes(trader.give(ladder("101", count=50)))
    assert {"MAX_VALUE", "MAX_QUANTITY"} <= set(said)


def test_the_limit_of_open_orders_counts_every_order_of_the_ladder():
    """Of 100 that may work, 97 do: a fourth and fifth of five are too many."""
    limits = msgspec.structs.replace(RULES.limits, max_open_orders=7)
    trader = Trader(rules=msgspec.structs.replace(RULES, limits=limits))
    trader.deposit()
    trader.market()
    assert accepted(trader.give(ladder("0.5")))
    assert codes(trader.give(ladder("0.6", id="M", count=3))) == ["OPEN_ORDERS"]
    assert accepted(trader.give(ladder("0.4", id="N", count=2)))


def test_a_ladder_counts_as_so_many_messages(trader):
    assert accepted(trader.give(ladder("0.5", count=30, last="59000")))
    assert codes(trader.give(ladder("0.6", id="M", count=30, last="59000"))) == ["RATE"]


def test_a_reason_that_many_orders_share_is_said_once(trader):
    """The collar of 3 % from 60,000 is at 58,200: three of five lie beyond."""
    events = trader.give(ladder("1", first="58400", last="57600"))
    (collar,) = [one for e in events for one in getattr(e, "denials", []) if "COLLAR" in one.code]
    assert "So with" in collar.message
    assert collar.message.startswith("Price 58,000")


def test_in_a_desk_that_may_only_reduce_a_ladder_passes_that_reduces_as_a_whole(trader):
    trader.buy("1")
    trader.run(100)
    assert trader.state.position("perp-1", BTC).quantity == 1
    trader.give(Kill(id="k", reason="drill"))
    assert "STATE_HALTED" in codes(
        trader.give(ladder("0.5", first="60100", last="60500", side=Side.SELL))
    )


def test_ladders_that_only_reduce_are_held_to_the_position_together(trader):
    """Long 1: five sells of 0.2 reduce; the first four of five of 0.3 would, the last would not."""
    trader.buy("1")
    trader.run(100)
    trader.run(2500)  # the mark is stale: nothing that adds risk passes
    high = {"first": "60100", "last": "60500", "side": Side.SELL}
    assert accepted(trader.give(ladder("1", **high)))
    trader.give(CancelOrder(id="c", order_id="L"))
    trader.run(100)
    assert "STALE_MARK" in codes(trader.give(ladder("1.5", id="M", **high)))
    assert accepted(trader.give(ladder("1", id="R", reduce_only=True, **high)))


def test_the_same_id_again_is_the_same_ladder_and_another_content_is_refused(trader):
    assert accepted(trader.give(ladder()))
    (again,) = trader.give(ladder())
    assert again.data["repeated"]
    assert again.data["parts_sent"] == 5
    assert codes(trader.give(ladder("1.2"))) == ["ID_REUSED"]
    assert len(live_ids(trader)) == 5


def test_a_like_ladder_at_once_asks_first(trader):
    assert accepted(trader.give(ladder("0.5")))
    assert codes(trader.give(ladder("0.5", id="M"))) == ["REPEATED"]
    assert accepted(trader.give(ladder("0.5", id="M", confirmed=True)))


def test_an_order_that_has_a_parts_name_already_refuses_the_ladder(trader):
    trader.buy("0.1", "59000", id="L-3")
    assert codes(trader.give(ladder())) == ["ID_REUSED"]


def test_cancel_of_the_ladder_cancels_what_is_left_of_it(trader):
    trader.give(ladder("1", first="60000", last="59600"))
    trader.buy("0.1", "59000", id="other")
    trader.run(100)
    assert trader.state.orders["L-1"].status is OrderStatus.FILLED
    assert accepted(trader.give(CancelOrder(id="c", order_id="L")))
    trader.run(100)
    assert live_ids(trader) == ["other"]
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0, notes={})
    (view,) = frame.programs
    assert (view.state, str(view.filled), str(view.average_price)) == ("ENDED", "0.200", "60000.0")
    assert "cancelled on request" in view.note
    assert codes(trader.give(CancelOrder(id="d", order_id="L"))) == ["ORDER_ENDED"]


def test_a_bracket_stands_behind_each_order_of_a_ladder(trader):
    trader.give(ladder("1", first="60000", last="59600", stop_loss=D(57500)))
    trader.run(200)
    legs = [o.terms for o in trader.state.live_orders() if o.terms.parent]
    assert [(leg.id, str(leg.quantity)) for leg in legs] == [("L-1-sl", "0.200")]


def test_a_ladder_is_one_row_of_the_journal_and_comes_back_from_it(trader):
    before = len(trader.rows)
    trader.give(ladder())
    assert len(trader.rows) == before + 1
    again = trader.restarted()
    assert again.state.hash() == trader.state.hash()
    assert again.state.document()["programs"]["L"]["program"]["kind"] == "ladder"


def test_a_preview_says_every_order_and_journals_nothing(trader):
    rows = len(trader.rows)
    (said,) = trader.give(PreviewOrder(id="", order=ladder("1.5", weight=LadderWeight.RISING)))
    assert isinstance(said, Previewed)
    assert said.accepted
    assert [p["price"] for p in said.cost["parts"]] == ["59900", "59800", "59700", "59600", "59500"]
    assert said.cost["quantity"] == "1.5"
    assert len(trader.rows) == rows


def test_orders_of_spot_are_paid_for_together(trader):
    trader.book(SPOT, bids=(("59999", "9"),), asks=(("60000", "9"),))
    trader.deposit("60000", account="spot-1", command_id="s")
    spot = {"instrument": SPOT, "first": "59900", "last": "59500"}
    assert "INSUFFICIENT_BALANCE" in codes(trader.give(ladder("1.1", **spot)))


def test_a_share_of_what_is_free_is_worked_out_at_the_average_price(trader):
    ten = Quantity(D(10), QuantityUnit.PERCENT)
    assert accepted(trader.give(msgspec.structs.replace(ladder(), quantity=ten)))
    whole = trader.state.programs.get("L").program.quantity
    # 10,000 USDT at 5x less the fee to take 59,700: 10,000 / (59,700 / 5 + 59,700 × 0.0005)
    assert str(whole) == "0.835"


def test_the_console_lists_programs_beside_orders(trader):
    trader.give(ladder())
    (said,) = trader.give(Ask(about="orders"))
    assert isinstance(said, Answered)
    assert said.data["programs"][0]["state"] == "RUNNING"
    assert {o["program"] for o in said.data["orders"]} == {"L"}
