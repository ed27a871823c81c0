"""An answer to an order that was sent says nothing of what has been written since."""

from decimal import Decimal as D

import pytest
from helpers.fake_desk import DENIALS
from helpers.frames import ETH, eth_market, market

from desk.model.command import Quantity
from desk.model.events import Acknowledged, Denial, Denied, Previewed
from ui.viewmodels.ticket_state import TicketState

AGAIN = Denial(code="REPEATED", rule="ord.repeat_throttle", message="Again?")
LATE = Denial(code="MARK_STALE", rule="mkt.mark_age", message="The mark is 3 s old.")


@pytest.fixture
def state():
    numbers = iter(range(1, 1_000))
    made = TicketState(lambda: f"t-{next(numbers)}")
    made.see_market(market())
    made.edit(quantity="2", price="60980")
    return made


def accepted(state):
    state.take_event(Acknowledged(command=7, about="order", id="t"))


def denied(state, *denials):
    state.take_event(Denied(command=7, about="order", id="t", denials=list(denials)))


def test_a_late_acceptance_takes_no_quantity_that_was_written_since(state):
    state.sent(7)
    spent = state.draft.id
    state.edit(quantity="3")
    accepted(state)
    assert state.draft.quantity == "3"
    assert state.draft.id != spent


def test_a_late_acceptance_takes_no_quantity_of_another_instrument(state):
    state.sent(7)
    state.see_market(eth_market())
    state.edit(quantity="5")
    accepted(state)
    assert (state.draft.instrument, state.draft.quantity) == (ETH, "5")


def test_a_late_denial_is_not_one_of_what_was_written_since(state):
    state.sent(7)
    state.edit(quantity="3")
    denied(state, *DENIALS)
    assert state.denials() == ()
    assert state.submit_state(armed=True, connected=True).enabled


def test_a_late_question_about_repetition_confirms_no_other_order(state):
    state.sent(7)
    state.edit(quantity="20")
    denied(state, AGAIN)
    assert not state.asks_to_confirm()
    order = state.submission()
    assert (order.quantity, order.confirmed) == (Quantity(D(20)), False)


def test_what_was_changed_and_changed_back_is_what_was_sent(state):
    state.sent(7)
    state.edit(quantity="3")
    state.edit(quantity="2")
    accepted(state)
    assert state.draft.quantity == "", "left there, it would be sent a second time"


def test_an_order_that_was_asked_about_is_the_one_that_the_answer_is_of(state):
    """A strip asks, the draft is changed under it, and then the strip is answered."""
    pressed = state.draft
    state.see_market(eth_market())
    state.edit(quantity="5")
    state.sent(7, pressed)
    assert state.last_id == pressed.id
    accepted(state)
    assert state.draft.quantity == "5"


def test_an_order_asked_about_while_another_was_answered_leaves_the_ticket_when_it_is_taken(state):
    state.sent(7)
    state.edit(quantity="3")
    pressed = state.draft
    accepted(state)
    state.sent(7, pressed)
    accepted(state)
    assert state.draft.quantity == ""


def test_a_refusal_gives_way_to_what_speaks_against_the_order_by_now(state):
    """Its mark is back, but its account has been called: the late mark is no reason any more."""
    state.sent(7)
    denied(state, LATE)
    assert state.denials() == (LATE,)
    order = state.wants_preview()
    state.asked(8, order)
    told = {"before": {}, "after": {}, "cost": {"largest": "1.25"}}
    state.take_event(Previewed(command=8, id=order.id, accepted=False, denials=DENIALS[:1], **told))
    assert state.denials() == tuple(DENIALS[:1])
    assert state.would_pass()
