"""TWAPs: parts when they are due, none twice, none in a burst; and all that ends one."""

import itertools
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, CATALOGUE, ETH, MS, Trader, full
from helpers.programs import accepted, alerts, codes, twap
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine.frame import build_frame
from desk.engine.message import Clock, WindowChanged
from desk.engine.pace import Pace
from desk.engine.state import DeskState
from desk.model.commands import (
    CancelAll,
    CancelOrder,
    Flatten,
    Kill,
    NextFrame,
    PreviewOrder,
    Rearm,
    WindowClosing,
)
from desk.model.events import ClosingAsked
from desk.model.order_commands import CancelScope
from desk.model.orders import OrderStatus, OrderType, Side, TimeInForce


@pytest.fixture
def trader():
    one = Trader()
    one.deposit()
    one.market()
    return one


def pass_s(trader, seconds, step_ms=500):
    """Let time pass in a market that stays fresh."""
    for _ in range(round(seconds * 1000 / step_ms)):
        trader.tick(step_ms)
        trader.market()


def sent(trader, name="T"):
    return sorted(
        (o.id for o in trader.state.orders.values() if o.terms.program == name),
        key=lambda order_id: int(order_id.rpartition("-")[2]),
    )


def view(trader, name="T"):
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0, notes={})
    return next(one for one in frame.programs if one.id == name)


def test_the_first_part_goes_at_once_and_the_others_as_their_time_comes(trader):
    """1.001 BTC over 40 s every 10 s: five parts of 0.2, the rest to the last."""
    assert accepted(trader.give(twap("1.001")))
    assert sent(trader) == ["T-1"]
    first = trader.state.orders["T-1"].terms
    assert (first.type, first.tif) == (OrderType.MARKET, TimeInForce.IOC)
    pass_s(trader, 9.5)
    assert sent(trader) == ["T-1"]
    pass_s(trader, 1)
    assert sent(trader) == ["T-1", "T-2"]
    assert (view(trader).state, view(trader).next_ms - trader.wall_ms) == ("RUNNING", 9_500)
    pass_s(trader, 30)
    assert sent(trader) == ["T-1", "T-2", "T-3", "T-4", "T-5"]
    quantities = [str(trader.state.orders[i].terms.quantity) for i in sent(trader)]
    assert quantities == ["0.200", "0.200", "0.200", "0.200", "0.201"]
    assert trader.state.position("perp-1", BTC).quantity == D("1.001")
    assert (view(trader).state, view(trader).note) == ("DONE", "1.001 of 1.001 filled")
    assert len(alerts(trader.events, "TWAP_DONE")) == 1


@pytest.mark.thorough
def test_parts_do_not_drift(trader):
    trader.give(twap(over_s=60, every_s=5))
    start_ms = trader.state.orders["T-1"].created_ms
    for _ in range(900):
        trader.tick(73)
        trader.market()
    late = [trader.state.orders[f"T-{n + 1}"].created_ms - start_ms - n * 5_000 for n in range(13)]
    assert all(0 <= ms <= 73 for ms in late), late


def test_with_a_limit_parts_are_immediate_limit_orders(trader):
    trader.give(twap(limit=D(59990)))
    first = trader.state.orders["T-1"].terms
    assert (first.type, first.tif, first.price) == (OrderType.LIMIT, TimeInForce.IOC, D(59990))
    trader.run(200)
    assert trader.state.orders["T-1"].status is OrderStatus.CANCELLED
    assert not trader.state.position("perp-1", BTC).quantity


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"every_s": 4, "over_s": 40}, "TWAP_SCHEDULE"),
        ({"every_s": 30, "over_s": 100}, "TWAP_SCHEDULE"),
        ({"every_s": 10, "over_s": 0}, "TWAP_SCHEDULE"),
        ({"every_s": 10, "over_s": -20}, "TWAP_SCHEDULE"),
        ({"every_s": 5, "over_s": 2500}, "TWAP_SCHEDULE"),
        ({"every_s": 3600, "over_s": 90_000}, "TWAP_SCHEDULE"),
        ({"quantity": "0.004"}, "MIN_QUANTITY"),
        ({"quantity": "0.0101"}, "LOT_SIZE"),
        ({"limit": D("59990.05")}, "TICK_SIZE"),
        ({"reduce_only": True}, "REDUCE_ONLY"),
        ({"id": ""}, "ID"),
    ],
)
def test_what_is_no_twap_is_refused_whole(trader, fields, code):
    assert code in codes(trader.give(twap(**fields)))
    assert not trader.state.orders


def test_margin_for_all_of_it_must_be_there_at_the_start(trader):
    """Each part of 1 would pass; ten of them want 120,000 of 100,000 USDT."""
    said = codes(trader.give(twap("10", over_s=90)))
    assert "MARGIN_AFTER_FILL" in said
    assert not sent(trader)


def test_a_preview_shows_denials_and_parts_and_sends_nothing(trader):
    (said,) = trader.give(PreviewOrder(id="", order=twap()))
    assert said.accepted
    assert [p["quantity"] for p in said.cost["parts"]] == ["0.2"] * 5
    assert not trader.state.orders


def test_a_part_that_is_denied_ends_it_with_the_reasons(trader):
    trader.give(twap())
    trader.run(200)
    trader.tick(10_000 - 200)  # nobody has heard a mark for ten seconds
    assert sent(trader) == ["T-1"]
    assert view(trader).state == "ENDED"
    assert "no fresh mark" in view(trader).note or "STALE" in view(trader).note.upper()
    trader.tick(20)
    (said,) = alerts(trader.events, "TWAP_ENDED")
    assert "part 2 was denied" in said
    pass_s(trader, 40)
    assert sent(trader) == ["T-1"]


@pytest.mark.fault("T32")
@pytest.mark.parametrize("jump_ms", [3_600_000, -3_600_000, 4_000, -4_000])
def test_a_wall_clock_that_is_set_moves_no_part(trader, jump_ms):
    trader.give(twap())
    for _ in range(21):
        trader.now_ns += 500 * MS
        trader.wall_ms += 500
        trader.process(Clock(trader.now_ns, trader.wall_ms + jump_ms))
        trader.market()
    assert sent(trader) == ["T-1", "T-2"]
    pass_s(trader, 9)
    assert sent(trader) == ["T-1", "T-2"]
    pass_s(trader, 1)
    assert sent(trader) == ["T-1", "T-2", "T-3"]


@pytest.mark.fault("T20")
def test_what_was_due_while_the_machine_slept_stays_unsent(trader):
    """Boot time goes on while a machine sleeps: 25 s on, parts 2 and 3 were due."""
    trader.give(twap())
    trader.run(200)
    trader.tick(25_000)
    trader.market()
    assert sent(trader) == ["T-1"]
    assert alerts(trader.events, "TWAP_MISSED") == [
        "TWAP T: parts 2 to 3 (0.4) could not be sent when due, and will not be."
    ]
    pass_s(trader, 16)
    assert sent(trader) == ["T-1", "T-4", "T-5"]
    pass_s(trader, 1)
    done = view(trader)
    assert done.state == "DONE"
    assert done.note == "0.6 of 1 filled; 2 parts (0.4) could not be sent when due"


def test_a_restart_goes_on_where_the_schedule_is(trader):
    trader.give(twap())
    pass_s(trader, 10.5)
    assert sent(trader) == ["T-1", "T-2"]
    again = trader.restarted(wall_ms=trader.wall_ms + 3_000)
    again.market()
    pass_s(again, 6)
    assert sent(again) == ["T-1", "T-2"]
    pass_s(again, 1)
    assert sent(again) == ["T-1", "T-2", "T-3"]


def test_a_restart_after_long_sends_no_burst(trader):
    trader.give(twap())
    trader.run(200)
    again = trader.restarted(wall_ms=trader.wall_ms + 34_000)
    again.market()
    pass_s(again, 1)
    assert sent(again) == ["T-1"]
    assert len(alerts(again.events, "TWAP_MISSED")) == 1
    pass_s(again, 6)
    assert sent(again) == ["T-1", "T-5"]


def test_a_wall_clock_that_was_set_back_before_a_restart_waits_no_longer_than_an_interval(trader):
    trader.give(twap())
    trader.run(200)
    again = trader.restarted(wall_ms=trader.wall_ms - 3_600_000)
    again.market()
    pass_s(again, 10.5)
    assert sent(again) == ["T-1", "T-2"]


def test_a_part_the_disk_has_no_room_for_is_asked_once_and_then_missed(trader):
    trader.give(twap())
    trader.run(200)
    trader.refuse = full()
    pass_s(trader, 13)
    trader.refuse = None
    assert len(alerts(trader.events, "DISK_FULL")) == 1
    pass_s(trader, 7.5)
    assert sent(trader) == ["T-1", "T-3"]


def give(command):
    return lambda trader: trader.give(command)


def margin_call(trader):
    trader.mark(BTC, "60000")
    trader.sell("4.5", None, id="big")
    trader.run(100)
    for _ in range(3):
        trader.mark(BTC, "72000")
        trader.run(100)
    assert trader.desk.levels["perp-1"] in {"MARGIN_CALL", "CLOSE_OUT"}


def silent_window(trader):
    trader.process(WindowChanged(attached=True))
    for _ in range(35):
        trader.tick(100)
        trader.mark()


ENDS = {
    "cancel of it": give(CancelOrder(id="e", order_id="T")),
    "cancel all": give(CancelAll(id="e")),
    "cancel all of its instrument": give(CancelAll(id="e", instrument=ETH)),
    "cancel all of its side": give(CancelAll(id="e", side=Side.BUY)),
    "cancel all of its account": give(CancelAll(id="e", account="perp-1")),
    "cancel of entries": give(CancelAll(id="e", scope=CancelScope.ENTRIES)),
    "flatten": give(Flatten(id="e")),
    "kill": give(Kill(id="e", reason="drill")),
    "leaving the desk": give(WindowClosing(id="e", choice="leave_positions")),
    "a window that does not answer": silent_window,
    "margin call": margin_call,
}
SPARES = {
    "cancel all elsewhere": give(CancelAll(id="e", instrument=BTC)),
    "cancel all of the other side": give(CancelAll(id="e", side=Side.SELL)),
    "cancel all of another account": give(CancelAll(id="e", account="spot-1")),
    "cancel of protective orders": give(CancelAll(id="e", scope=CancelScope.PROTECTIVE)),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_twap_that_adds_risk(trader, name):
    assert accepted(trader.give(twap(instrument=ETH, quantity="10")))
    trader.run(100)
    ENDS[name](trader)
    assert not trader.state.programs.running
    assert view(trader).state == "ENDED"
    trader.run(60)
    assert len(alerts(trader.events, "TWAP_ENDED")) == 1
    again = trader.restarted()
    assert again.state.hash() == trader.state.hash()
    assert not again.state.programs.running


@pytest.mark.parametrize("name", SPARES)
def test_what_does_not_cover_a_twap_leaves_it(trader, name):
    trader.give(twap(instrument=ETH, quantity="10"))
    trader.run(100)
    SPARES[name](trader)
    assert trader.state.programs.running


def test_one_killed_and_rearmed_at_once_has_ended_all_the_same(trader):
    trader.give(twap())
    trader.give(Kill(id="k", reason="drill"))
    trader.give(Rearm(id="r", name="Ada", reason="all is well again"))
    pass_s(trader, 41)
    assert sent(trader) == ["T-1"]


def test_one_that_only_reduces_goes_on_in_a_desk_that_is_halted(trader):
    trader.buy("1")
    trader.run(100)
    trader.give(twap(side=Side.SELL, reduce_only=True))
    trader.give(Kill(id="k", reason="drill"))
    pass_s(trader, 41)
    assert len(sent(trader)) == 5
    assert not trader.state.position("perp-1", BTC).quantity


def test_a_desk_that_has_just_started_waits_for_its_market_and_then_passes_the_part_over(trader):
    trader.give(twap())
    trader.run(200)
    again = trader.restarted(wall_ms=trader.wall_ms + 9_000)
    again.run(4_000, step=100)
    assert len(alerts(again.events, "TWAP_MISSED")) == 1
    again.market()
    pass_s(again, 10)
    assert sent(again) == ["T-1", "T-3"]


def test_in_a_desk_that_may_only_reduce_a_twap_says_that_it_does(trader):
    trader.buy("1")
    trader.run(100)
    trader.give(Kill(id="k", reason="drill"))
    assert codes(trader.give(twap(side=Side.SELL))) == ["STATE_HALTED"]


def test_kill_all_ends_one_that_only_reduces_too(trader):
    trader.buy("1")
    trader.run(100)
    trader.give(twap(side=Side.SELL, reduce_only=True))
    trader.give(Kill(id="k", reason="drill", everything=True))
    assert not trader.state.programs.running


def test_leaving_lists_what_runs(trader):
    trader.give(twap())
    trader.run(200)
    (said,) = trader.give(WindowClosing(id="q"))
    assert isinstance(said, ClosingAsked)
    assert (said.orders, said.programs) == (["T"], ["T"])


def test_the_id_of_a_part_to_come_is_spoken_for(trader):
    trader.give(twap())
    assert codes(trader.buy("0.1", "59000", id="T-4")) == ["ID_REUSED"]
    assert accepted(trader.buy("0.1", "59000", id="T-6"))


def test_the_same_id_again_is_the_same_twap(trader):
    trader.give(twap())
    (again,) = trader.give(twap())
    assert again.data["repeated"]
    assert (again.data["parts"], again.data["parts_sent"]) == (5, 1)
    assert codes(trader.give(twap("2"))) == ["ID_REUSED"]
    pass_s(trader, 41)
    assert len(sent(trader)) == 5


happenings = st.one_of(
    st.tuples(st.just("pass"), st.integers(100, 9_000)),
    st.tuples(st.just("sleep"), st.integers(1_000, 30_000)),
    st.tuples(st.just("restart"), st.integers(-20_000, 40_000)),
    st.tuples(st.just("set the clock"), st.integers(-40_000, 40_000)),
    st.tuples(st.just("again"), st.just(0)),
)


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(happenings=st.lists(happenings, max_size=14))
def test_no_more_than_the_whole_is_ever_sent_whatever_happens(happenings):
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.give(twap("1.003", over_s=60, every_s=5))
    sent_at = {"T-1": trader.now_ns}
    for what, ms in happenings:
        if what == "restart":
            now_ns = trader.now_ns
            trader = trader.restarted(wall_ms=trader.wall_ms + ms)
            sent_at = {name: at - now_ns + trader.now_ns for name, at in sent_at.items()}
        elif what == "set the clock":
            trader.wall_ms += ms
        elif what == "again":
            trader.give(twap("1.003", over_s=60, every_s=5))
        elif what == "sleep":
            trader.tick(ms)
        for _ in range(ms // 250 if what == "pass" else 1):
            trader.tick(250)
            trader.market()
            for name in sent(trader):
                sent_at.setdefault(name, trader.now_ns)
    state = trader.state
    assert sum(state.orders[name].terms.quantity for name in sent(trader)) <= D("1.003")
    assert state.position("perp-1", BTC).quantity <= D("1.003")
    progress = state.programs.get("T")
    if not progress.ended:
        assert len(sent(trader)) == progress.reached - progress.missed
    moments = sorted(sent_at.values())
    gaps = [(b - a) / MS for a, b in itertools.pairwise(moments)]
    folded = DeskState(CATALOGUE)
    for row in trader.rows:
        folded.apply(row)
    assert folded.hash() == state.hash()
    assert not [gap for gap in gaps if gap == 0], "two parts at one moment"


def test_parts_count_as_messages_and_one_that_comes_too_fast_waits_for_its_turn(trader):
    trader.give(twap("1", over_s=10, every_s=5))
    pass_s(trader, 4)
    trader.tick(990)
    while trader.desk.pace.take(trader.now_ns):
        pass
    trader.market()
    trader.tick(10)
    assert sent(trader) == ["T-1"]  # due, and 40 ms of the 50 ms that a message costs are to come
    trader.tick(40)
    assert sent(trader) == ["T-1", "T-2"]
    assert not trader.desk.pace.has(trader.now_ns, 1)


def test_a_part_whose_turn_does_not_come_is_missed_and_the_next_goes(trader):
    trader.give(twap("0.9", over_s=10, every_s=5))
    ours, trader.desk.pace = trader.desk.pace, Pace(messages_per_s=1, burst=0)
    pass_s(trader, 8)
    assert alerts(trader.events, "TWAP_MISSED")
    trader.desk.pace = ours
    pass_s(trader, 3)
    assert sent(trader) == ["T-1", "T-3"]


@pytest.mark.parametrize("number", ["9" * 5_000, "04", "\u0664"])
def test_an_id_that_only_looks_like_that_of_a_part_is_free(trader, number):
    trader.give(twap())
    assert accepted(trader.buy("0.1", "59000", id=f"T-{number}"))
