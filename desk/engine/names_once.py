"""Names held once: every row that is read brings strings of its own.

An order is named by its command, by its terms and by each word of its venue, and with it the
account, the instrument and the fee's asset: copies, a quarter of what an order leaves in memory.
They are put right in values that were just read. A copy gives way to its equal, so that nobody who
holds the value sees a change.
"""

from __future__ import annotations

from sys import intern

from msgspec.structs import force_setattr

from desk.execution.order import Order
from desk.execution.outcome import Amended, AmendRefused, Cancelled, Filled, Outcome, Rejected
from desk.model.orders import Fill, OrderTerms


def of_terms(terms: OrderTerms, known_id: str | None) -> None:
    """Hold the names in an order's terms once; its id as who sent it holds it, where they equal."""
    if known_id == terms.id:
        force_setattr(terms, "id", known_id)
    force_setattr(terms, "account", intern(terms.account))
    force_setattr(terms, "instrument", intern(terms.instrument))


def of_order(order: Order) -> None:
    """Hold the names in an order and in all that its venue has said of it once."""
    of_terms(order.terms, None)
    for word in order.words:
        of_outcome(word, order.id)


def of_outcome(outcome: Outcome, order_id: str) -> None:
    """Hold the names in a word about this order once."""
    match outcome:
        case Filled(fill=fill):
            of_fill(fill, order_id)
        case Amended(amendment=amendment):
            force_setattr(amendment, "order_id", order_id)
        case Cancelled() | Rejected() | AmendRefused():
            force_setattr(outcome, "order_id", order_id)
            force_setattr(outcome, "reason", intern(outcome.reason))
        case _:
            force_setattr(outcome, "order_id", order_id)


def of_fill(fill: Fill, order_id: str) -> None:
    """Hold the names in a fill of this order once."""
    force_setattr(fill, "order_id", order_id)
    force_setattr(fill, "account", intern(fill.account))
    force_setattr(fill, "instrument", intern(fill.instrument))
    force_setattr(fill, "fee_asset", intern(fill.fee_asset))
