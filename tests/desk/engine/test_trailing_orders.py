"""Trailing stops on the real engine: what is denied, margin, protection, amending, the restart."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader

from desk.engine.frame import build_frame
from desk.model.command import Quantity
from desk.model.commands import AmendOrder, Deposit, Kill, NextFrame
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import OrderStatus, OrderType, Side, TimeInForce

S = OrderStatus
TRAIL = OrderType.TRAILING_STOP


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


@pytest.fixture
def holder(trader):
    """Long 7 at 60,000."""
    trader.buy("7", "60000", id="e")
    trader.run(60)
    return trader


def trail(trader, side=Side.SELL, quantity="1", distance=None, rate=None, **fields):
    give = trader.buy if side is Side.BUY else trader.sell
    far = {"trail": None if distance is None else D(distance)}
    far |= {"trail_rate": None if rate is None else D(rate)}
    return give(quantity, None, **{"type": TRAIL, "id": "t"} | far | fields)


def amend(trader, command_id="a", **fields):
    return trader.give(AmendOrder(id=command_id, order_id="t", **fields))


def denials(events):
    return [(d.code, d.message) for e in events if isinstance(e, Denied) for d in e.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def types(trader):
    return [row.entry.type for row in trader.rows]


ONE_OF_THE_TWO = (
    "A trailing stop trails at a distance or at a fraction of the mark, one of the two."
)
OFF_TICK = "BTCUSDT-PERP.BINANCE: price 100.05 is off the 0.1 tick."
BRACKET = "No tp or sl stands behind a trailing stop: where it will fill is not known."


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({}, "TRAIL", ONE_OF_THE_TWO),
        ({"distance": "100", "rate": "0.01"}, "TRAIL", ONE_OF_THE_TWO),
        ({"distance": "100", "trigger": D(59000)}, "TRIGGER", "A TRAILING-STOP has no trigger."),
        ({"distance": "100.05"}, "TICK_SIZE", OFF_TICK),
        ({"distance": "60000"}, "TRAIL", "Nothing is left of the mark below a trail of 60000."),
        ({"rate": "1"}, "TRAIL", "The fraction at which a stop trails lies between 0 and 1."),
        ({"rate": "0.000001"}, "TRAIL", "0.0001% of the mark is less than the tick 0.1."),
        ({"distance": "100", "stop_loss": D(62000)}, "TRAIL", BRACKET),
        (
            {"distance": "100", "tif": TimeInForce.IOC},
            "TIF",
            "An order that waits for its trigger is GTC or GTD.",
        ),
    ],
)
def test_what_makes_no_trailing_stop_is_denied_in_a_sentence(trader, fields, code, message):
    assert (code, message) in denials(trail(trader, **fields))
    assert not trader.state.orders


@pytest.mark.parametrize("distance", ["0", "-5"])
def test_a_distance_is_positive(trader, distance):
    assert "NOT_POSITIVE" in [code for code, _ in denials(trail(trader, distance=distance))]


def test_only_a_trailing_stop_trails(trader):
    said = denials(trader.buy("1", "59000", trail=D(5)))
    assert said == [("TRAIL", "Only a trailing stop trails.")]


def test_a_trailing_entry_is_margined_at_its_trigger_and_its_collar(trader):
    assert acked(trail(trader, Side.BUY, distance="2000"))
    # (60,000 + 2,000) × 1.03 / 5, and against the mark of 60,000 a loss of 3,860 at once.
    assert trader.desk.figures("perp-1").order_margin == D(12772) + D(3860)
    trader.run(60)
    assert trader.desk.figures("perp-1").order_margin == D(12772) + D(3860)
    trader.mark(price="59000")
    # 61,000 × 1.03 / 5, and 62,830 against 59,000.
    assert trader.desk.figures("perp-1").order_margin == D(12566) + D(3830)
    trader.book(bids=(("58999", "9"),), asks=(("59000", "9"),))
    assert acked(amend(trader, trail=D(2500)))
    # Either may come of it: 61,500 × 1.03 / 5, and 63,345 against 59,000.
    assert trader.desk.figures("perp-1").order_margin == D(12669) + D(4345)


def test_it_is_journaled_seldom_and_acts_at_its_mark(holder):
    trail(holder, quantity="7", distance="1000", reduce_only=True)
    holder.run(60)
    for step in range(100):
        holder.mark(price=str(60000 + step))
    assert types(holder).count("trailed") == 2  # 59,000 and, 50 above it, 59,050
    assert holder.state.orders["t"].terms.trigger == D(59050)
    holder.book(bids=(("59090", "9"),), asks=(("59091", "9"),))
    holder.mark(price="59099.1")
    assert held(holder) == 7
    holder.mark(price="59099")
    assert held(holder) == 0
    assert types(holder)[-3:] == ["trailed", "triggered", "fill"]
    assert holder.state.orders["t"].terms.trigger == D(59099)
    said = [e.message for e in holder.events if isinstance(e, Alerted) and e.code == "TRIGGERED"]
    assert said == ["t is triggered by the mark 59,099."]


def test_the_frame_shows_where_its_trigger_is_now(holder):
    trail(holder, rate="0.02", reduce_only=True)
    holder.run(60)
    holder.mark(price="60010")
    frame = build_frame(holder.desk, NextFrame(), number=1, engine_ms=0, notes={})
    (view,) = [view for view in frame.orders if view.id == "t"]
    assert (view.trigger, view.trail, view.trail_rate) == (D("58809.8"), None, D("0.02"))
    assert view.waiting


def test_it_protects_in_a_halted_desk_as_a_stop_does(holder):
    trail(holder, quantity="7", distance="1000", reduce_only=True)
    holder.run(60)
    holder.give(Kill(id="k", reason="test"))
    holder.run(60)
    assert holder.state.orders["t"].status is S.WAITING


def test_stale_marks_do_not_move_it_and_that_is_said(holder):
    trail(holder, distance="1000", reduce_only=True)
    holder.run(60)
    holder.run(2100)
    holder.trade("65000", "1", Side.BUY)
    assert holder.desk.venue.trigger("t") == D(59000)
    said = [e.code for e in holder.events if isinstance(e, Alerted)]
    assert said[-1] == "STOPS_BLIND"


def test_a_protective_one_is_taken_without_a_fresh_mark_and_begins_with_the_next(holder):
    holder.run(2100)
    assert acked(trail(holder, distance="1000", reduce_only=True))
    holder.run(60)
    assert holder.desk.venue.trigger("t") is None
    assert holder.state.orders["t"].status is S.WAITING
    holder.mark(price="61000")
    assert holder.state.orders["t"].terms.trigger == D(60000)


def test_its_first_trigger_lies_before_liquidation_and_the_widest_that_does_is_named(holder):
    events = trail(holder, quantity="7", distance="13000", reduce_only=True)
    ((code, message),) = denials(events)
    (denial,) = events[-1].denials
    assert code == "STOP_BEYOND_LIQUIDATION"
    widest = D(60000) - D(denial.limit)
    assert message.endswith(f"The lowest safe stop is {D(denial.limit):,f}: trail by {widest:,f} "
                            "at most.")  # fmt: skip
    wider = trail(holder, quantity="7", distance=str(widest + D("0.1")), reduce_only=True)
    assert [code for code, _ in denials(wider)] == ["STOP_BEYOND_LIQUIDATION"]
    assert acked(trail(holder, quantity="7", distance=str(widest), reduce_only=True))
    holder.run(60)
    (position,) = holder.desk.figures("perp-1").positions
    assert holder.desk.venue.trigger("t") * D("0.97") > position.liquidation_price


def test_a_fraction_is_held_against_liquidation_too(holder):
    said = denials(trail(holder, quantity="7", rate="0.22", reduce_only=True))
    assert [code for code, _ in said] == ["STOP_BEYOND_LIQUIDATION"]
    assert acked(trail(holder, quantity="7", rate="0.1", reduce_only=True))


def test_its_distance_and_quantity_are_amended_and_nothing_else(holder):
    trail(holder, quantity="7", distance="1000", reduce_only=True)
    holder.run(60)
    holder.mark(price="61000")
    assert denials(amend(holder, price=D(58000))) == [
        ("TRIGGER", "The trigger of t follows the mark: amend its trail.")
    ]
    assert denials(amend(holder, trigger=D(58000)))[0][0] == "TRIGGER"
    assert denials(amend(holder, trail=D(1000))) == [("AMEND_NOTHING", "Order t is that already.")]
    both = denials(amend(holder, trail=D(900), trail_rate=D("0.01")))
    assert [code for code, _ in both] == ["TRAIL"]
    assert acked(amend(holder, trail=D(1500), quantity=Quantity(D(5))))
    holder.run(60)
    terms = holder.state.orders["t"].terms
    assert (terms.trail, terms.quantity, terms.trigger) == (D(1500), D(5), D(59500))
    assert acked(amend(holder, "b", trail_rate=D("0.01")))
    holder.run(60)
    terms = holder.state.orders["t"].terms
    assert (terms.trail, terms.trail_rate, terms.trigger) == (None, D("0.01"), D(60390))


def test_an_amendment_that_would_act_at_once_or_protect_nothing_is_denied(holder):
    trail(holder, quantity="7", distance="3000", reduce_only=True)
    holder.run(60)
    holder.mark(price="62000")
    holder.mark(price="60500")
    # 62,000 − 1,500 is where the mark is.
    assert denials(amend(holder, trail=D(1500))) == [
        ("WOULD_TRIGGER",
         "The trigger 60,500 lies at or above the mark 60,500: it would act at once.")
    ]  # fmt: skip
    assert denials(amend(holder, trail=D(15500)))[0][0] == "STOP_BEYOND_LIQUIDATION"
    assert acked(amend(holder, trail=D("1500.1")))


def test_what_does_not_trail_is_not_amended_to_and_what_acts_is_not_any_more(trader):
    trader.buy("1", "59000", id="t")
    trader.run(60)
    assert denials(amend(trader, trail=D(5))) == [("TRAIL", "Order t does not trail.")]


def test_restart_after_every_row_never_loosens_it(holder):
    trail(holder, quantity="7", distance="1000", reduce_only=True)
    holder.run(60)
    for price in ("60100", "60500", "60520", "60000"):
        holder.mark(price=price)
    amend(holder, trail=D(800))
    holder.run(60)
    assert holder.state.orders["t"].terms.trigger == D(59720)
    assert holder.restarted().state.hash() == holder.state.hash()
    begins = types(holder).index("trailed") + 1
    for cut in range(begins, len(holder.rows) + 1):
        again = Trader(holder.rows[:cut])
        journaled = again.state.orders["t"].terms.trigger
        assert again.desk.venue.trigger("t") == journaled
        again.market()
        again.run(60)
        again.mark(price="59900")
        assert again.desk.venue.trigger("t") >= journaled
        again.book(bids=(("58900", "9"),), asks=(("58901", "9"),))
        again.mark(price="58990")
        again.run(60)
        assert held(again) == 0
        assert not again.state.live_orders()


def test_the_same_command_twice_is_one_order(holder):
    trail(holder, distance="1000", reduce_only=True)
    rows = len(holder.rows)
    assert trail(holder, distance="1000", reduce_only=True)[-1].data["repeated"] is True
    assert len(holder.rows) == rows
    assert denials(trail(holder, distance="900", reduce_only=True))[0][0] == "ID_REUSED"


def test_a_spot_holding_is_trailed_too(trader):
    trader.give(Deposit(id="d", account="spot-1", asset="BTC", quantity=D(1)))
    trader.book(SPOT, bids=(("59999", "5"),), asks=(("60000", "5"),))
    trader.run(60)
    assert acked(trail(trader, quantity="1", distance="1000", instrument=SPOT))
    trader.run(60)
    assert trader.state.orders["t"].status is S.WAITING
