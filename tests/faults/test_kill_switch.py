"""T05: the kill switch, thrown into any history: it acts at once, and nothing but a person ends it.

Real keys on the real program, with a hanging window and a dead feed, are in test_panic_path.
"""

from collections import Counter

import pytest
from helpers.engines import MS, full, order, unwritable
from helpers.wild_desk import WildDesk

from desk.model.command import Quantity
from desk.model.commands import Kill, Rearm
from desk.model.events import Acknowledged
from desk.model.orders import Side

IN_TIME_MS = 1_000
AFTER = (
    *(WildDesk.an_order,) * 3,
    WildDesk.a_bracket,
    WildDesk.a_stop,
    WildDesk.a_twap,
    WildDesk.a_ladder,
    WildDesk.a_close,
    WildDesk.a_reversal,
    WildDesk.marks_move,
    WildDesk.somebody_trades,
)
DISKS = {"disk good": None, "disk full": full(), "disk broken": unwritable()}


def lifted(trader, name, reason):
    """Whether a person with this name and reason gets the desk going."""
    answer = trader.give(Rearm(id=f"re {name} {reason}", name=name, reason=reason))[-1]
    return isinstance(answer, Acknowledged)


def adds_risk(wild, terms, held):
    """Whether an order may do more than take a position of before down to nothing."""
    there = held[terms.instrument]
    return there * terms.side.sign >= 0 or terms.quantity > abs(there)


def halted_is_more_than_reducing(wild, seen):
    """An order is refused though it strictly reduces; `close` passes."""
    for name in wild.prices:
        there = wild.held(name)
        if not there:
            continue
        side = Side.SELL if there > 0 else Side.BUY
        asked = {"id": wild.new_id(), "instrument": name, "reduce_only": True, "confirmed": True}
        (answer,) = wild.trader.give(order(side, Quantity(abs(there)), None, **asked))[-1:]
        assert "STATE_HALTED" in [denial.code for denial in answer.denials]
        seen["reducing orders refused"] += 1


def history(seed, seen):
    """A desk with a past of its own is killed, and goes on being asked for everything."""
    wild = WildDesk(seed)
    for _ in range(wild.dice.randint(3, 30)):
        wild.step()
    how = wild.dice.choice(list(DISKS))
    wild.trader.refuse = DISKS[how]
    if wild.dice.random() < 0.3:
        wild.marks_fall_silent()
        seen["feed dead"] += 1
    trader, everything = wild.trader, wild.dice.random() < 0.5
    seen[how] += 1
    seen[f"in {trader.state.state}"] += 1
    seen["orders working"] += len(trader.state.live_orders())

    began_ns = trader.now_ns
    trader.give(Kill(id="the kill", reason="fat finger", everything=everything))
    assert trader.state.state == "HALTED"

    known = set(trader.state.orders)
    left = working(trader, everything)
    while left:
        assert trader.now_ns - began_ns <= IN_TIME_MS * MS, (seed, left)
        trader.tick(20)
        left = working(trader, everything) & known
    ended_ms = (trader.now_ns - began_ns) // MS
    held = {name: wild.held(name) for name in wild.prices}
    halted_is_more_than_reducing(wild, seen)
    for _ in range(12):
        happening = wild.dice.choice(AFTER)
        before = set(trader.state.orders)
        happening(wild)
        for name in set(trader.state.orders) - before:
            terms = trader.state.orders[name].terms
            by_hand = name.startswith("w-") and not terms.parent
            assert not by_hand or happening is WildDesk.a_close, (seed, terms)
            assert terms.parent or terms.reduce_only or not adds_risk(wild, terms, held), terms
        for name, before in held.items():
            now = wild.held(name)
            assert now * before >= 0, (seed, name)
            assert abs(now) <= abs(before), (seed, name)
    if how != "disk broken":  # what a broken disk keeps is a matter of its note, in desk.io
        again = trader.restarted(wall_ms=trader.wall_ms, now_ns=trader.now_ns)
        assert again.state.state == "HALTED"
        assert not lifted(again, "", "a reason that is long")
        assert not lifted(again, "Ada", "short")
        assert again.state.state == "HALTED"
        assert lifted(again, "Ada", "all was looked at")
    return ended_ms


def working(trader, everything):
    """Orders that a kill has to end: all, or all but those that only reduce."""
    return {o.id for o in trader.state.live_orders() if everything or not o.terms.reduce_only}


def killed(histories, figure):
    seen = Counter()
    slowest_ms = max(history(seed, seen) for seed in range(histories))
    told = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
    figure(
        f"{histories} histories ({told}): HALTED with the command each time, the last cancel"
        f" after at most {slowest_ms} ms, 0 new risk, 0 lifted but by name and reason"
    )
    assert seen["orders working"] > histories / 2
    assert seen["reducing orders refused"] > histories / 4
    assert min(seen[how] for how in DISKS) > 0


@pytest.mark.fault("T05")
def test_a_kill_in_any_of_some_histories_halts_and_stays(figure):
    killed(25, figure)


@pytest.mark.fault("T05")
@pytest.mark.slow
def test_a_kill_in_any_of_a_thousand_histories_halts_and_stays(figure):
    killed(1_000, figure)
