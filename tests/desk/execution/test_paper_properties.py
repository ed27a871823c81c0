"""What must hold whatever a market and a desk do: random scripts against the paper venue."""

from collections import Counter
from decimal import Decimal as D

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper_stage import BUY, OTHER, PERP, SELL, Stage, terms

from desk.execution.outcome import Accepted, Cancelled, Filled, Rejected
from desk.model.orders import Liquidity, OrderStatus, OrderType, TimeInForce

COLLARS = {BUY: "100.5", SELL: "99.5"}
SIDES = st.sampled_from([BUY, SELL])
PRICES = st.integers(990, 1010).map(lambda ticks: f"{D(ticks) / 10}")
BID_PRICES = st.integers(985, 1002).map(lambda ticks: f"{D(ticks) / 10}")
ASK_PRICES = st.integers(999, 1015).map(lambda ticks: f"{D(ticks) / 10}")
QUANTITIES = st.integers(0, 4).map(str)
BOOK_SIDE = st.integers(1, 5).map(str)

orders = st.fixed_dictionaries(
    {
        "side": SIDES,
        "quantity": st.integers(1, 6).map(str),
        "price": st.one_of(st.none(), PRICES),
        "tif": st.sampled_from(TimeInForce),
        "post_only": st.booleans(),
        "reduce_only": st.booleans(),
    }
)
stops = st.fixed_dictionaries(
    {
        "side": SIDES,
        "quantity": st.integers(1, 6).map(str),
        "price": st.one_of(st.none(), PRICES),
        "trigger": PRICES,
        "reduce_only": st.booleans(),
    }
)
steps = st.one_of(
    st.tuples(st.just("place"), stops),
    st.tuples(st.just("submit"), orders),
    st.tuples(st.just("place"), orders),
    st.tuples(st.just("place"), orders),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 50, 100])),
    st.tuples(st.just("bid"), st.tuples(BID_PRICES, QUANTITIES)),
    st.tuples(st.just("ask"), st.tuples(ASK_PRICES, QUANTITIES)),
    st.tuples(st.just("trade"), st.tuples(PRICES, BOOK_SIDE, SIDES)),
    st.tuples(st.just("mark"), PRICES),
    st.tuples(st.just("mark"), PRICES),
    st.tuples(
        st.just("amend"),
        st.tuples(st.integers(0, 20), st.integers(1, 6).map(str), st.one_of(st.none(), PRICES)),
    ),
    st.tuples(st.just("lose"), st.none()),
    st.tuples(
        st.just("snapshot"),
        st.tuples(
            st.dictionaries(st.sampled_from(["99.8", "99.9", "100.0"]), BOOK_SIDE),
            st.dictionaries(st.sampled_from(["100.1", "100.2", "100.3"]), BOOK_SIDE),
        ),
    ),
)
START = ("snapshot", ({"99.9": "2", "100.0": "3"}, {"100.1": "2", "100.2": "3"}))
scripts = st.lists(steps, min_size=10, max_size=50).map(lambda script: [START, *script])
often = settings(max_examples=60)
"""A script takes a millisecond or two: many are cheap."""


def play(stage, step, number):
    """Carry out one step of a script; return its outcomes."""
    word, what = step
    match word:
        case "submit" | "place":
            order, collar = ordered(number, what), COLLARS[what["side"]]
            stage.submit(order, collar)
            return stage.at(stage.now_ms + 50) if word == "place" else []
        case "cancel":
            stage.cancel(f"o{what}")
            return []
        case "wait":
            return stage.at(stage.now_ms + what)
        case "bid":
            return stage.delta(bids=[what])
        case "ask":
            return stage.delta(asks=[what])
        case "trade":
            return stage.trade(*what)
        case "mark":
            return stage.mark(what)
        case "amend":
            return amend(stage, *what)
        case "lose":
            return stage.lose()
        case _:
            bids, asks = what
            return stage.snapshot(list(bids.items()), list(asks.items()))


def ordered(number, what):
    """Return the order of a step: one with a trigger is a stop, or with a price a stop-limit."""
    if "trigger" not in what:
        return terms(f"o{number}", **what)
    kind = OrderType.STOP if what["price"] is None else OrderType.STOP_LIMIT
    return terms(f"o{number}", **what | {"type": kind, "trigger": D(what["trigger"])})


def amend(stage, number, quantity, price):
    """Amend as the desk would: a live order that nothing else is asked of."""
    order = stage.orders.get(f"o{number}")
    if order is None or order.amending is not None or order.terms.tif is not TimeInForce.GTC:
        return []
    has_price = order.terms.type.has_price
    stage.amend(order.id, quantity, price if has_price else None)
    return []


def after(script):
    """Return the stage at the end of a script."""
    stage = Stage()
    for number, step in enumerate(script):
        play(stage, step, number)
    stage.at(stage.now_ms)
    return stage


def played(script, stage=None):
    """Yield (stage, step, outcomes) of a script, step by step."""
    stage = stage or Stage()
    for number, step in enumerate(script):
        yield stage, step, play(stage, step, number)


def filled(outcomes):
    return [o.fill for o in outcomes if isinstance(o, Filled)]


@given(scripts)
@often
def test_every_order_is_filled_within_its_quantity_and_its_limit(script):
    for stage, _, outcomes in played(script):
        for fill in filled(outcomes):
            known = stage.orders[fill.order_id]
            order, triggered = known.terms, known.triggered
            worst = order.price or D(COLLARS[order.side])
            if order.price is None and triggered is not None:
                worst = triggered.collar_price
            assert fill.quantity > 0
            assert (worst - fill.price) * order.side.sign >= 0
            assert order.type.has_price or fill.liquidity is Liquidity.TAKER
    for order in stage.orders.values():
        assert order.filled == sum((f.quantity for f in order.fills), D(0)) <= order.terms.quantity


@given(scripts)
@often
def test_immediate_orders_end_at_once_and_fill_or_kill_is_all_or_nothing(script):
    for stage, _, _ in played(script):
        for order in stage.orders.values():
            if order.accepted is None:
                continue
            if order.terms.type is OrderType.MARKET or order.terms.tif is not TimeInForce.GTC:
                assert not order.is_live
            if order.terms.tif is TimeInForce.FOK and not order.terms.reduce_only:
                assert order.filled in {0, order.terms.quantity}
            if order.terms.post_only:
                assert all(f.liquidity is Liquidity.MAKER for f in order.fills)


@given(scripts)
@often
def test_takers_never_take_more_of_a_level_than_it_shows_until_it_changes(script):
    stage, taken, shown = Stage(), Counter(), {}

    def count(outcomes):
        for fill in filled(outcomes):
            if fill.liquidity is Liquidity.TAKER:
                level = fill.side.opposite, PERP.ticks(fill.price)
                taken[level] += PERP.lots(fill.quantity)
                assert taken[level] <= shown[level]

    for number, step in enumerate(script):
        count(stage.at(stage.now_ms))  # what was due acts on the book as it was
        outcomes = play(stage, step, number)
        book = stage.books[PERP.id]
        if book.synced:
            now = {(side, t): lots for side in (BUY, SELL) for t, lots in book.levels(side)}
            for level in taken:
                if now.get(level) != shown.get(level):
                    taken[level] = 0
            shown.clear()
            shown.update(now)
        count(outcomes)


@given(scripts)
@often
def test_one_market_event_gives_no_more_than_it_brought(script):
    for stage, (word, what), outcomes in played(script):
        makers = [f for f in filled(outcomes) if f.liquidity is Liquidity.MAKER]
        got = sum((f.quantity for f in makers), D(0))
        if word == "trade":
            assert got <= D(what[1])
        elif word in {"bid", "ask", "snapshot"}:
            offered = {
                side: sum(lots for _, lots in stage.books[PERP.id].levels(side))
                for side in (BUY, SELL)
            }
            assert got <= PERP.quantity(offered[BUY] + offered[SELL])
        else:
            assert not makers


@given(scripts)
@often
def test_nothing_fills_while_the_book_is_not_synced(script):
    synced = False
    for stage, _, outcomes in played(script):
        before, synced = synced, stage.books[PERP.id].synced
        assert before or synced or not filled(outcomes)


@pytest.mark.fault("T19")
@given(scripts, st.integers(-6, 6))
@often
def test_a_reduce_only_fill_never_turns_a_position(script, held):
    stage = Stage()
    position = stage.positions["perp-1", PERP.id] = D(held)
    for _, _, outcomes in played(script, stage):
        for fill in filled(outcomes):
            after = position + fill.side.sign * fill.quantity
            if stage.orders[fill.order_id].terms.reduce_only:
                assert abs(after) < abs(position)
                assert after * position >= 0
            position = after
    assert position == stage.position("perp-1", PERP.id)


@given(scripts)
@often
def test_nothing_happens_to_an_order_before_its_latency_has_passed(script):
    for stage, _, outcomes in played(script):
        for outcome in outcomes:
            sent_ms = stage.orders[outcome.order_id].created_ms
            when = outcome.fill.time_ms if isinstance(outcome, Filled) else outcome.time_ms
            assert when >= sent_ms + 50


@given(scripts)
@often
@pytest.mark.thorough
def test_each_order_has_one_beginning_and_one_end(script):
    stage = after(script)
    begun = Counter(o.order_id for o in stage.log if isinstance(o, Accepted | Rejected))
    ended = Counter(o.order_id for o in stage.log if isinstance(o, Cancelled | Rejected))
    fill_ids = Counter(f.id for f in filled(stage.log))
    assert max([*begun.values(), *ended.values(), *fill_ids.values()], default=0) <= 1
    for order in stage.orders.values():
        assert not (order.status is OrderStatus.FILLED and ended[order.id])
        assert order.is_live == (not ended[order.id] and order.filled < order.terms.quantity)
        numbers = sorted(int(f.id.rsplit("-", 1)[1]) for f in order.fills)
        assert numbers == list(range(1, len(numbers) + 1))


@given(scripts)
@often
def test_the_same_calls_give_the_same_outcomes(script):
    assert after(script).log == after(script).log


@given(scripts, st.integers(0, 40))
@often
def test_orders_and_cancels_sent_twice_change_nothing(script, repeats):
    stage = after(script)
    again = Stage()
    for number, step in enumerate(script):
        play(again, step, number)
        if step[0] in {"submit", "cancel"}:
            play(again, step, number)
        for earlier in range(min(number, repeats)):
            if script[earlier][0] in {"submit", "place"}:
                word, what = "submit", script[earlier][1]
                play(again, (word, what), earlier)
    again.at(again.now_ms)
    assert again.log == stage.log


FALLS = ("place", {"side": SELL, "quantity": "1", "price": "100.2", "trigger": "99"})
RISES = ("place", {"side": BUY, "quantity": "1", "price": None, "trigger": "99"})
LOSE = ("lose", None)
CROSSED = [
    *[START, LOSE, FALLS, ("mark", "99"), ("amend", (2, "1", "99"))],
    *[("snapshot", ({"99.8": "1"}, {})), RISES, RISES],
]
"""A triggered order is amended to a price that takes, and time passes with nothing but orders."""
ASKS = ("place", {"side": SELL, "quantity": "1", "price": "100.2"})
TAKES = [START, ASKS, ("amend", (1, "1", "100.0")), ("wait", 50), ("wait", 50)]


@given(scripts)
@example(CROSSED)
@example(TAKES)
@often
@pytest.mark.thorough
def test_another_instruments_orders_change_nothing(script):
    stage = after(script)
    beside = Stage()
    beside.snapshot([("100.0", "9")], [("100.1", "9")], OTHER)
    for number, step in enumerate(script):
        beside.submit(terms(f"x{number}", BUY, "1", "100.1", OTHER))
        play(beside, step, number)
        beside.trade("99.0", "3", SELL, OTHER)
    beside.at(beside.now_ms)
    ours = [o for o in beside.log if not o.order_id.startswith("x")]
    assert ours == stage.log


@pytest.mark.fault("T18")
@given(scripts, st.integers(0, 40))
@often
def test_a_restart_at_any_point_keeps_every_order_and_doubles_no_fill(script, cut):
    stage = Stage()
    for number, step in enumerate(script):
        play(stage, step, number)
        if number == cut:
            before = dict(stage.orders)
            stage.restart()
            assert stage.orders == before
            play(stage, START, number)
    stage.at(stage.now_ms + 1_000)
    for order_id in stage.orders:
        stage.cancel(order_id)
    stage.lose()
    stage.at(stage.now_ms + 1_000)
    assert [o.id for o in stage.orders.values() if o.is_live] == []
    fill_ids = [f.id for f in filled(stage.log)]
    assert len(fill_ids) == len(set(fill_ids))


@pytest.mark.thorough
def test_the_scripts_reach_every_kind_of_outcome():
    """The properties would hold in a venue that does nothing: the scripts must make it act."""
    seen = set()

    @given(scripts)
    @settings(max_examples=200, derandomize=True)
    def look(script):
        for outcome in after(script).log:
            kind = outcome.fill.liquidity if isinstance(outcome, Filled) else type(outcome)
            seen.add(kind)
            seen.add(getattr(outcome, "reason", "")[:11])

    look()
    assert {Accepted, Cancelled, Rejected, Liquidity.TAKER, Liquidity.MAKER} <= seen
    assert {"reduce-only", "fill-or-kil", "immediate-o", "market orde", "post-only: "} <= seen
