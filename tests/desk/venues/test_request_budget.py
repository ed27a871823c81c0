"""A bucket of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from desk.venues.request_budget import RequestBudget

S = 1_000_000_000


def test_all_may_go_at_once_and_then_one_each_refill():
    budget = RequestBudget(3, 2 * S)
    budget.restart(0)
    assert [budget.take(1, 1) for _ in range(4)] == [True, True, True, False]
    assert not budget.take(1, 2 * S - 1)
    assert budget.take(1, 2 * S)
    assert not budget.take(1, 2 * S)


def test_too_few_tokens_are_not_taken_in_part():
    budget = RequestBudget(3, 2 * S)
    budget.restart(0)
    assert not budget.take(4, 0)
    assert budget.take(3, 0)


def test_a_new_socket_has_a_full_bucket():
    budget = RequestBudget(2, 2 * S)
    budget.restart(0)
    assert budget.take(2, 0)
    budget.restart(1)
    assert budget.take(2, 1)


@given(st.lists(st.tuples(st.integers(0, 5 * S), st.integers(1, 3)), max_size=60))
def test_no_stretch_of_time_sees_more_than_the_bucket_and_its_refills(steps):
    budget = RequestBudget(5, 2 * S)
    budget.restart(0)
    now, taken = 0, []
    for wait, tokens in steps:
        now += wait
        if budget.take(tokens, now):
            taken += [now] * tokens
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= 5 + (taken[last] - taken[first]) // (2 * S) + 1
