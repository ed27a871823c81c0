from decimal import Decimal as D
from itertools import permutations

import msgspec
import pytest
from paper_stage import BUY, INVERSE, PERP, terms

from desk.execution.order import (
    ForbiddenMove,
    Order,
    OrderContradiction,
    apply,
    asked,
    average_price,
    check_move,
)
from desk.execution.outcome import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    Filled,
    Rejected,
    Triggered,
)
from desk.model.orders import Amendment, Fill, Liquidity, OrderStatus, OrderType

S = OrderStatus

NEW = Order(terms=terms("a", BUY, "1", "100"), created_ms=1)
ACK = Accepted(order_id="a", time_ms=5)
LATER_ACK = Accepted(order_id="a", time_ms=9)
REJECT = Rejected(order_id="a", reason="no", time_ms=6)


def fill(number, quantity, price="100", fee="0.01", order_id="a", time_ms=10):
    return Filled(
        fill=Fill(
            id=f"{order_id}-{number}",
            order_id=order_id,
            account="perp-1",
            instrument=PERP.id,
            side=BUY,
            quantity=D(quantity),
            price=D(price),
            fee=D(fee),
            fee_asset="USDT",
            liquidity=Liquidity.TAKER,
            time_ms=time_ms + number,
        )
    )


def cancel(filled, reason="asked"):
    return Cancelled(order_id="a", filled=D(filled), reason=reason, time_ms=20)


def folded(outcomes, order=NEW):
    for outcome in outcomes:
        order = apply(order, outcome)
    return order


F1, F2, F3 = fill(1, "0.2"), fill(2, "0.3"), fill(3, "0.5")


@pytest.mark.parametrize(
    ("outcomes", "status", "filled"),
    [
        pytest.param([ACK, F1, F2, F3, F1, ACK, F3], OrderStatus.FILLED, "1", id="filled"),
        pytest.param([ACK, F1, F2, cancel("0.5"), F1, F2], OrderStatus.CANCELLED, "0.5", id="cut"),
        pytest.param(
            [ACK, LATER_ACK, cancel("0"), cancel("0"), ACK], OrderStatus.CANCELLED, "0", id="none"
        ),
        pytest.param(
            [ACK, F1, F2, F3, cancel("1"), F3, ACK], OrderStatus.FILLED, "1", id="lost-the-race"
        ),
        pytest.param([ACK, F1, F2, ACK, F2], OrderStatus.PARTIALLY_FILLED, "0.5", id="working"),
        pytest.param([ACK, REJECT, ACK, REJECT], OrderStatus.REJECTED, "0", id="rejected"),
        pytest.param([F1, cancel("0.5")], OrderStatus.PARTIALLY_FILLED, "0.2", id="fill-missing"),
    ],
)
def test_every_arrival_order_of_the_same_outcomes_ends_in_the_same_order(outcomes, status, filled):
    ends = {folded(arrival) for arrival in permutations(outcomes)}
    assert len(ends) == 1
    end = ends.pop()
    assert (end.status, end.filled) == (status, D(filled))


@pytest.mark.parametrize(
    "outcomes",
    [
        pytest.param([ACK, F1, F2, F3, fill(4, "0.001")], id="more-than-ordered"),
        pytest.param([ACK, F1, fill(1, "0.3")], id="one-id-two-fills"),
        pytest.param([ACK, F1, REJECT], id="rejected-yet-filled"),
        pytest.param([ACK, cancel("0"), REJECT], id="rejected-yet-cancelled"),
        pytest.param([ACK, F1, F2, cancel("0.2")], id="filled-more-than-the-cancel-says"),
        pytest.param([ACK, cancel("1.1")], id="cancel-says-more-than-ordered"),
        pytest.param([cancel("0"), cancel("0.2", "other")], id="cancelled-in-two-ways"),
        pytest.param([ACK, fill(1, "0")], id="a-fill-of-nothing"),
        pytest.param([ACK, fill(1, "0.1", order_id="b")], id="another-order"),
    ],
)
def test_outcomes_that_cannot_all_be_true_are_refused_in_every_arrival_order(outcomes):
    for arrival in permutations(outcomes):
        with pytest.raises(OrderContradiction, match="order a"):
            folded(arrival)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([ACK, cancel("0"), cancel("0", "another")], "another"),
        ([REJECT, Rejected(order_id="a", reason="elsewise", time_ms=5)], "elsewise"),
        ([REJECT, Rejected(order_id="a", reason="a reason", time_ms=6)], "a reason"),
    ],
    ids=["cancel", "refusal", "refusal-of-the-same-moment"],
)
def test_of_one_end_told_in_several_ways_the_earliest_counts(told, reason):
    ends = {folded(arrival) for arrival in permutations(told)}
    assert {end.reason for end in ends} == {reason}
    assert len(ends) == 1


UP = Amendment(order_id="a", number=1, quantity=D(2), price=D(101), trigger=None)
DOWN = Amendment(order_id="a", number=1, quantity=D("0.5"), price=D(100), trigger=None)
AMENDED_UP, AMENDED_DOWN = Amended(amendment=UP, time_ms=7), Amended(amendment=DOWN, time_ms=7)
REFUSED = AmendRefused(order_id="a", number=1, reason="too late", time_ms=7)
STOP = Order(terms=terms("a", BUY, "1", None, type=OrderType.STOP, trigger=D(100)), created_ms=1)
TRIGGER = Triggered(order_id="a", mark=D(100), collar_price=D(103), time_ms=8)
LATER_TRIGGER = Triggered(order_id="a", mark=D(101), collar_price=D(104), time_ms=9)


@pytest.mark.parametrize(
    ("amendment", "outcomes", "status", "filled", "quantity"),
    [
        pytest.param(UP, [ACK, AMENDED_UP, F1], S.PARTIALLY_FILLED, "0.2", "2", id="grows"),
        pytest.param(
            UP, [ACK, AMENDED_UP, fill(1, "1"), fill(2, "1")], S.FILLED, "2", "2", id="filled"
        ),
        pytest.param(
            UP, [AMENDED_UP, fill(1, "1"), cancel("1")], S.CANCELLED, "1", "2", id="grown-and-cut"
        ),
        pytest.param(UP, [ACK, REFUSED, F1, F2, F3], S.FILLED, "1", "1", id="refused"),
        pytest.param(
            UP, [REFUSED, fill(1, "1"), cancel("1")], S.FILLED, "1", "1", id="refused-lost-race"
        ),
        pytest.param(
            DOWN, [ACK, AMENDED_DOWN, F1, fill(2, "0.3")], S.FILLED, "0.5", "0.5", id="shrinks"
        ),
        pytest.param(
            DOWN, [ACK, AMENDED_DOWN, F1, cancel("0.2")], S.CANCELLED, "0.2", "0.5", id="shrunk-cut"
        ),
        pytest.param(UP, [ACK, REFUSED, cancel("0")], S.CANCELLED, "0", "1", id="refused-and-cut"),
    ],
)
def test_amendments_fold_the_same_in_every_arrival_order(
    amendment, outcomes, status, filled, quantity
):
    start = asked(NEW, amendment)
    ends = {folded(arrival, start) for arrival in permutations([*outcomes, outcomes[0]])}
    assert len(ends) == 1
    end = ends.pop()
    assert (end.status, end.filled, end.terms.quantity) == (status, D(filled), D(quantity))
    assert end.amending is None


def test_while_an_amendment_is_on_its_way_an_order_ends_only_where_it_ends_either_way():
    order = folded([ACK, fill(1, "1")], asked(NEW, UP))
    assert (order.status, order.largest) == (S.PARTIALLY_FILLED, D(2))
    assert apply(order, REFUSED).status is S.FILLED
    assert apply(order, AMENDED_UP).status is S.PARTIALLY_FILLED
    cut = folded([ACK, cancel("0")], asked(NEW, UP))
    assert cut.status is S.CANCELLED


def test_an_answer_to_an_earlier_amendment_says_nothing_new():
    second = msgspec.structs.replace(DOWN, number=2)
    order = asked(folded([ACK, AMENDED_UP], asked(NEW, UP)), second)
    assert apply(order, AMENDED_UP) is order
    order = apply(order, Amended(amendment=second, time_ms=9))
    assert apply(order, AMENDED_UP) is order
    assert (order.terms.quantity, order.amendments) == (D("0.5"), 2)


@pytest.mark.parametrize(
    ("start", "outcomes"),
    [
        (NEW, [AMENDED_UP]),
        (NEW, [REFUSED]),
        (NEW, [TRIGGER]),
        (asked(NEW, UP), [AMENDED_DOWN]),
        (asked(NEW, UP), [fill(1, "1"), fill(2, "1"), REFUSED]),
        (asked(NEW, UP), [AMENDED_UP, REFUSED]),
        (asked(NEW, DOWN), [fill(1, "1"), AMENDED_DOWN]),
    ],
    ids=range(7),
)
def test_answers_that_cannot_be_true_are_refused(start, outcomes):
    with pytest.raises(OrderContradiction, match="order a"):
        folded(outcomes, start)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        pytest.param([ACK, LATER_ACK], S.WAITING, id="waits"),
        pytest.param([ACK, TRIGGER, LATER_TRIGGER], S.WORKING, id="triggered"),
        pytest.param([ACK, TRIGGER, F1], S.PARTIALLY_FILLED, id="filling"),
        pytest.param([ACK, TRIGGER, F1, F2, F3], S.FILLED, id="filled"),
        pytest.param([ACK, TRIGGER, F1, cancel("0.2")], S.CANCELLED, id="cut"),
        pytest.param([ACK, cancel("0")], S.CANCELLED, id="never-triggered"),
        pytest.param([ACK, TRIGGER, REJECT], S.REJECTED, id="refused-when-triggered"),
        pytest.param([TRIGGER], S.WORKING, id="ack-missing"),
    ],
)
def test_triggers_fold_the_same_in_every_arrival_order(outcomes, status):
    ends = {folded(arrival, STOP) for arrival in permutations(outcomes)}
    assert len(ends) == 1
    assert ends.pop().status is status


def test_a_refused_outcome_leaves_the_order_as_it_was():
    order = folded([ACK, F1])
    with pytest.raises(OrderContradiction):
        apply(order, fill(2, "0.9"))
    assert order == folded([ACK, F1])


def test_a_cancelled_order_waits_for_the_fills_its_cancel_speaks_of():
    order = folded([ACK, F1, cancel("0.5")])
    assert order.is_live
    assert order.reason == ""
    assert order.closed_ms is None
    order = apply(order, F2)
    assert (order.status, order.filled, order.is_live) == (OrderStatus.CANCELLED, D("0.5"), False)
    assert (order.reason, order.closed_ms) == ("asked", 20)


def test_a_repeat_returns_the_same_object():
    order = folded([ACK, F1])
    assert apply(order, F1) is order
    assert apply(order, ACK) is order


def test_a_filled_order_sums_quantity_cost_and_fees():
    order = folded(
        [
            fill(2, "0.3", "101", "0.02"),
            fill(1, "0.2", "100", "0.01"),
            fill(3, "0.5", "102.6", "-0.005"),
        ]
    )
    assert [f.id for f in order.fills] == ["a-1", "a-2", "a-3"]
    assert order.fees == {"USDT": D("0.025")}
    # 0.2 × 100 + 0.3 × 101 + 0.5 × 102.6 = 20 + 30.3 + 51.3
    assert average_price(order, PERP) == D("101.6")
    assert (order.remaining, order.closed_ms) == (D(0), 13)


def test_the_average_of_an_inverse_contract_is_harmonic():
    order = Order(terms=terms("a", BUY, "300", "60000", INVERSE), created_ms=1)
    order = folded([fill(1, "100", "50000"), fill(2, "200", "40000")], order)
    # 300 / (100/50000 + 200/40000) = 300 / 0.007
    assert average_price(order, INVERSE).quantize(D("0.0001")) == D("42857.1429")
    assert average_price(NEW, PERP) is None


ALLOWED = {
    (S.PENDING, S.WORKING),
    (S.PENDING, S.PARTIALLY_FILLED),
    (S.PENDING, S.FILLED),
    (S.PENDING, S.CANCELLED),
    (S.PENDING, S.REJECTED),
    (S.PENDING, S.WAITING),
    (S.PENDING, S.UNKNOWN),
    (S.UNKNOWN, S.WAITING),
    (S.UNKNOWN, S.WORKING),
    (S.UNKNOWN, S.PARTIALLY_FILLED),
    (S.UNKNOWN, S.FILLED),
    (S.UNKNOWN, S.CANCELLED),
    (S.UNKNOWN, S.REJECTED),
    (S.WAITING, S.WORKING),
    (S.WAITING, S.PARTIALLY_FILLED),
    (S.WAITING, S.FILLED),
    (S.WAITING, S.CANCELLED),
    (S.WAITING, S.REJECTED),
    (S.WORKING, S.PARTIALLY_FILLED),
    (S.WORKING, S.FILLED),
    (S.WORKING, S.CANCELLED),
    (S.WORKING, S.REJECTED),
    (S.PARTIALLY_FILLED, S.FILLED),
    (S.PARTIALLY_FILLED, S.CANCELLED),
}


@pytest.mark.parametrize("before", list(S), ids=lambda s: s.value)
@pytest.mark.parametrize("after", list(S), ids=lambda s: s.value)
def test_only_the_moves_of_the_table_are_allowed(before, after):
    if (before, after) in ALLOWED:
        check_move("a", before, after)
        return
    with pytest.raises(ForbiddenMove) as caught:
        check_move("a", before, after)
    assert str(caught.value) == f"order a cannot go from {before.value} to {after.value}"
