"""Two orders of which one cancels the other, on the real engine."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, SPOT, Trader, full, order
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine import oco
from desk.model.command import Quantity
from desk.model.commands import AmendOrder, CancelOrder, Deposit, Kill, PreviewOrder
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.order_commands import SubmitOco
from desk.model.orders import OrderStatus, OrderType, Side, TimeInForce

S = OrderStatus


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


@pytest.fixture
def holder(trader):
    """Long 1 at 60,000."""
    trader.buy("1", "60000", id="e")
    trader.run(60)
    return trader


def legs(side=Side.SELL, quantity="1", limit="61500", stop="58000", **fields):
    like = {"id": "", **fields}
    first = order(side, quantity, limit, **like)
    second = order(side, quantity, None, **like | {"type": OrderType.STOP, "trigger": D(stop)})
    return first, second


def give(trader, *pair, command_id="x", **fields):
    first, second = pair or legs(**fields)
    return trader.give(SubmitOco(id=command_id, first=first, second=second))


def denials(events):
    return [(d.code, d.message) for e in events if isinstance(e, Denied) for d in e.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def states(trader):
    return [trader.state.orders[name].status for name in ("x-1", "x-2")]


def test_a_pair_is_one_row_and_two_orders_named_for_it(trader):
    events = give(trader, side=Side.SELL, stop="58000")
    assert events[-1].data["orders"] == ["x-1", "x-2"]
    assert [row.entry.type for row in trader.rows].count("oco") == 1
    terms = [trader.state.orders[name].terms for name in ("x-1", "x-2")]
    assert [t.oco for t in terms] == ["x", "x"]
    assert [(t.type, t.price, t.trigger) for t in terms] == [
        (OrderType.LIMIT, D(61500), None),
        (OrderType.STOP, None, D(58000)),
    ]
    trader.run(60)
    assert states(trader) == [S.WORKING, S.WAITING]


def test_a_name_that_is_taken_is_passed_over(trader):
    trader.buy("1", "59000", id="x-1")
    assert give(trader)[-1].data["orders"] == ["x-2", "x-3"]


def test_margin_is_held_for_the_worse_of_the_two_and_not_for_both(trader):
    give(trader, quantity="1")
    # The limit: 61,500 / 5 = 12,300. The stop: 58,000 × 0.97 / 5 = 11,252, and 3,740 lost at once.
    assert trader.desk.figures("perp-1").order_margin == D(11252) + D(3740)
    trader.sell("1", "61000", id="z")
    # A third adds its own 61,000 / 5; and the stop's loss.
    assert trader.desk.figures("perp-1").order_margin == D(11252) + D(12200) + D(3740)


def test_what_fits_once_fits_as_a_pair_and_what_does_not_is_denied_once(trader):
    assert "MARGIN_AFTER_FILL" in [code for code, _ in denials(give(trader, quantity="9"))]
    assert acked(give(trader, quantity="5"))
    trader.run(60)
    found = [code for code, _ in denials(give(trader, quantity="5", command_id="y"))]
    assert found.count("MARGIN_AFTER_FILL") == 1 or "REPEATED" in found


def test_a_limit_on_the_position_counts_the_pair_once():
    from helpers.engines import RULES

    limits = msgspec.structs.replace(RULES.limits, instrument_limit_usd=D(100_000))
    trader = Trader(rules=msgspec.structs.replace(RULES, limits=limits))
    trader.deposit()
    trader.market()
    assert acked(give(trader, quantity="1"))
    assert acked(trader.sell("0.6", "61000", id="z"))
    assert [c for c, _ in denials(trader.sell("0.1", "61500", id="w"))] == ["POSITION_LIMIT"]


def test_of_spot_the_larger_alone_is_spoken_for(trader):
    trader.give(Deposit(id="d", account="spot-1", asset="BTC", quantity=D(1)))
    trader.mark(price="60000")
    trader.book(SPOT, bids=(("59999", "5"),), asks=(("60000", "5"),))
    trader.run(60)
    assert acked(give(trader, instrument=SPOT, quantity="1"))
    assert trader.desk.free_balance("spot-1", "BTC") == 0
    trader.run(60)
    trader.book(SPOT, bids=(("61501", "5"),), asks=(("61502", "5"),))
    trader.run(60)
    assert trader.state.ledger.balance("spot-1", "BTC") == 0
    assert states(trader) == [S.FILLED, S.CANCELLED]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "own"}, "The orders of an OCO are named for it: they have no ids of their own."),
        ({"instrument": ETH, "trigger": D(2400)}, "The two orders of an OCO have one instrument."),
        ({"side": Side.BUY, "trigger": D(63000)}, "The two orders of an OCO have one side."),
    ],
)
def test_two_that_do_not_belong_together_are_denied(trader, change, message):
    first, second = legs()
    events = give(trader, first, msgspec.structs.replace(second, **change))
    assert denials(events) == [("OCO", message)]


def test_two_market_orders_and_a_pair_without_a_name_are_denied(trader):
    market = order(Side.BUY, "1", None, id="")
    said = [("OCO", "Two market orders would both fill at once.")]
    assert denials(give(trader, market, market)) == said
    assert denials(give(trader, command_id=""))[0][0] == "ID"


def test_each_passes_the_pipeline_and_both_or_none_leave(trader):
    found = denials(give(trader, limit="61500.05", stop="61000"))
    assert [code for code, _ in found] == ["TICK_SIZE", "WOULD_TRIGGER"]
    assert not trader.state.orders
    assert trader.rows[-1].entry.type == "denial"


def test_around_a_position_it_is_the_protective_pair(holder):
    holder.give(Kill(id="k", reason="so that only what reduces passes"))
    holder.give(CancelOrder(id="c", order_id="none"))
    from desk.model.commands import Rearm

    holder.give(Rearm(id="r", name="Ada", reason="all is well again"))
    assert acked(give(holder, reduce_only=True))
    holder.run(60)
    assert holder.desk.figures("perp-1").order_margin == 0
    holder.book(bids=(("57990", "9"),), asks=(("57991", "9"),))
    holder.mark(price="57999")
    assert held(holder) == 0
    assert states(holder) == [S.CANCELLED, S.FILLED]
    assert not [e for e in holder.events if isinstance(e, Alerted) and e.code == "UNPROTECTED"]
    kinds = [row.entry.type for row in holder.rows]
    assert kinds[-3:] == ["triggered", "fill", "cancelled"]


def test_its_stop_lies_before_liquidation(trader):
    trader.buy("7", "60000", id="e")
    trader.run(60)
    found = denials(give(trader, quantity="7", stop="47000", reduce_only=True))
    assert [code for code, _ in found] == ["STOP_BEYOND_LIQUIDATION"]


def test_a_fill_in_part_ends_the_stop_and_says_what_is_unprotected(holder):
    give(holder, reduce_only=True)
    holder.run(60)
    holder.trade("61500.1", "0.4", Side.BUY)
    assert states(holder) == [S.PARTIALLY_FILLED, S.CANCELLED]
    said = [e.message for e in holder.events if isinstance(e, Alerted) and e.code == "UNPROTECTED"]
    assert said == [
        f"0.6 of {BTC} is NOT protected: x-1 has filled in part, which ended x-2."
    ]  # fmt: skip
    again = holder.restarted()
    again.run(60)
    assert [e.code for e in again.events if isinstance(e, Alerted)] == ["STILL_UNPROTECTED"]


def test_both_reduce_a_position_once(holder):
    """Each alone would close it: that they are two does not make the second one add risk."""
    holder.run(2100)  # no fresh mark: only what reduces passes
    assert acked(give(holder, stop="58000"))
    assert all(holder.state.orders[name].terms.reduce_only for name in ("x-1", "x-2"))


def test_a_third_order_beside_a_pair_that_could_close_the_position_adds_risk(holder):
    assert acked(give(holder, stop="58000"))
    holder.run(2100)
    later = denials(holder.sell("1", "61000", id="w"))
    assert "STALE_MARK" in [code for code, _ in later]


def test_one_id_cancels_both_and_each_of_its_own_one(holder):
    give(holder, reduce_only=True)
    holder.run(60)
    assert acked(holder.give(CancelOrder(id="c", order_id="x")))
    holder.run(60)
    assert states(holder) == [S.CANCELLED, S.CANCELLED]
    assert denials(holder.give(CancelOrder(id="c2", order_id="x"))) == [
        ("ORDER_ENDED", "Nothing of the OCO x is left to cancel.")
    ]
    give(holder, command_id="y", reduce_only=True, limit="61600")
    holder.run(60)
    holder.give(CancelOrder(id="c3", order_id="y-1"))
    holder.run(60)
    assert [holder.state.orders[name].status for name in ("y-1", "y-2")] == [
        S.CANCELLED,
        S.WAITING,
    ]


def test_one_of_the_two_is_amended_with_the_other_out_of_its_way(trader):
    give(trader, quantity="5")
    trader.run(60)
    asked = AmendOrder(id="a", order_id="x-1", quantity=Quantity(D(6)))
    assert acked(trader.give(asked))
    trader.run(60)
    assert trader.state.orders["x-1"].terms.quantity == 6


def test_the_same_command_again_says_how_both_stand_and_other_content_is_denied(trader):
    give(trader)
    rows = len(trader.rows)
    data = give(trader)[-1].data
    assert (data["repeated"], data["orders"]) == (True, {"x-1": "PENDING", "x-2": "PENDING"})
    first, second = legs(confirmed=True)
    assert give(trader, first, second)[-1].data["repeated"] is True
    again = trader.restarted()
    assert give(again)[-1].data["repeated"] is True
    assert len(again.rows) == len(trader.rows) == rows
    assert [code for code, _ in denials(give(trader, limit="61501"))] == ["ID_REUSED"]


def test_the_same_pair_under_another_id_asks_first(trader):
    give(trader)
    assert {code for code, _ in denials(give(trader, command_id="y"))} == {"REPEATED"}


def test_a_pair_may_be_good_till_a_moment(trader):
    assert acked(give(trader, tif=TimeInForce.GTD, good_for_s=60))
    trader.run(60)
    trader.tick(60_000)
    assert states(trader) == [S.CANCELLED, S.CANCELLED]


def test_a_full_disk_takes_a_pair_that_reduces_and_none_that_adds(holder):
    holder.refuse = full()
    assert denials(give(holder, quantity="2"))[0][0] == "DISK_FULL"
    assert acked(give(holder, reduce_only=True))


def test_restart_after_every_row_never_fills_both(holder):
    give(holder, reduce_only=True)
    holder.run(60)
    holder.trade("61500.1", "0.4", Side.BUY)
    holder.run(60)
    assert holder.restarted().state.hash() == holder.state.hash()
    sent = [row.entry.type for row in holder.rows].index("oco") + 1
    for cut in range(sent, len(holder.rows) + 1):
        again = Trader(holder.rows[:cut])
        before = {o.id: o.filled for o in again.state.pair("x")}
        again.market()
        again.run(120)  # one whose rival had filled is asked to end, and ends
        assert sum(1 for o in again.state.pair("x") if o.is_live) == (
            1 if any(before.values()) else 2
        )
        again.trade("61500.1", "9", Side.BUY)
        again.book(bids=(("57990", "9"),), asks=(("57991", "9"),))
        again.mark(price="57999")
        again.run(120)
        assert [o.id for o in again.state.pair("x") if o.filled] == ["x-1"]
        assert oco.tend(again.desk) is None
        assert not again.state.live_orders()


HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(-40, 40)),
        st.tuples(st.just("trade"), st.integers(-40, 40)),
        st.tuples(st.just("time"), st.integers(20, 120)),
        st.tuples(st.just("cancel"), st.sampled_from(["x", "x-1", "x-2"])),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=20,
)


@pytest.mark.thorough
@settings(max_examples=40)
@given(HAPPENINGS)
def test_the_desk_that_comes_back_is_the_desk_that_was_and_one_alone_fills(happened):
    trader = Trader()
    trader.deposit()
    trader.market()
    give(trader, limit="60200", stop="59800", quantity="0.5")
    for number, (what, how) in enumerate(happened):
        match what:
            case "mark":
                trader.mark(price=str(60000 + how * 10))
            case "trade":
                trader.trade(str(60000 + how * 10), "0.3", Side.BUY)
            case "time":
                trader.run(how)
            case "cancel":
                trader.give(CancelOrder(id=f"c{number}", order_id=how))
            case _:
                before = trader.state.hash()
                trader = trader.restarted(wall_ms=trader.wall_ms)
                assert trader.state.hash() == before
                trader.market()
        assert len([o for o in trader.state.pair("x") if o.filled]) <= 1
        assert abs(held(trader)) <= D("0.5")


def foreseen(trader, *pair, command_id="x", **fields):
    first, second = pair or legs(**fields)
    asked = PreviewOrder(order=SubmitOco(id=command_id, first=first, second=second))
    return trader.give(asked)[-1]


def test_a_preview_names_both_orders_and_shows_the_account_after_the_worse_one(trader):
    """A buy at 61,000 binds more than one at 59,000, whichever stands first."""
    first, second = legs(Side.BUY, limit="59000", stop="61000")
    seen, turned = foreseen(trader, first, second), foreseen(trader, second, first)
    assert seen.accepted
    assert seen.cost["parts"] == [
        {"quantity": "1", "price": "59000"},
        {"quantity": "1", "price": "61000"},
    ]
    assert seen.after == turned.after
    alone = trader.give(PreviewOrder(order=msgspec.structs.replace(first, id="a")))[-1]
    assert D(seen.after["margin_utilization"]) > D(alone.after["margin_utilization"])


def test_a_preview_denies_what_sending_the_pair_would(trader):
    trader.buy("7", "60000", id="e")
    trader.run(60)
    given = {"quantity": "7", "stop": "47000", "reduce_only": True}
    said = [d.code for d in foreseen(trader, **given).denials]
    assert said == [code for code, _ in denials(give(trader, **given))]
    assert said == ["STOP_BEYOND_LIQUIDATION"]
    (limit, _), (_, stop) = legs(Side.BUY), legs()
    assert [d.code for d in foreseen(trader, limit, stop).denials] == ["OCO"]


def test_a_preview_needs_no_id_and_changes_nothing(holder):
    rows, state = len(holder.rows), holder.state.hash()
    assert foreseen(holder, command_id="", reduce_only=True).accepted
    assert (len(holder.rows), holder.state.hash()) == (rows, state)
