"""What a venue says it holds when it is asked: orders, fills, positions, balances.

The desk asks when a connection has come (back), when an order stays without an answer, and now and
then. Each part is a query of its own at a real venue, and may fail on its own: a part that failed,
or came incomplete, says nothing of what is not in it. It is never "flat", and never "not there".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.execution.outcome import Outcome
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ZERO, posted
from desk.model.orders import Amendment, Fill, OrderTerms

ORDERS, FILLS, POSITIONS, BALANCES = PARTS = ("orders", "fills", "positions", "balances")

Figures: TypeAlias = dict[tuple[str, str], Decimal]
"""By account and instrument, or account and asset."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a venue: one part after the other, in the order of `PARTS`, so that fills
    are at least as new as orders."""

    number: int
    order_ids: tuple[str, ...]
    """Client ids of the orders to which more can happen; open ones that are not among them are
    stated too."""
    fills_since_ms: int
    """Fills from this moment on; wall clock, UTC."""


class StatedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue has it."""

    terms: OrderTerms
    words: tuple[Outcome, ...]
    """What the venue has said of it, but for its fills; in the same words, times included."""
    amending: Amendment | None = None
    """It has been asked and not decided yet."""

    @property
    def id(self) -> str:
        """The client order id."""
        return self.terms.id


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to one question."""

    number: int
    as_of_ms: int
    """The earliest moment that any part speaks of; wall clock, UTC, of this machine."""
    orders: tuple[StatedOrder, ...] = ()
    fills: tuple[Fill, ...] = ()
    positions: Figures = {}
    """Perpetuals, signed; what is flat may be left out."""
    balances: Figures = {}
    """What fees and trades in spot have moved; see `moved`."""
    on_the_way: frozenset[str] = frozenset()
    """Orders of which something may still reach the venue: that it is not there says nothing."""
    failed: dict[str, str] = {}
    """Parts that cannot be relied on to be complete, and why."""

    def is_whole(self, *parts: str) -> bool:
        """Whether parts (all of them where none is named) are complete."""
        return not self.failed.keys() & {*(parts or PARTS)}


def moved(fills: Iterable[Fill], instruments: Mapping[str, Instrument]) -> Figures:
    """Return what fills move whatever their order: fees, and both sides of a trade in spot."""
    total: Figures = {}

    def add(account: str, asset: str, quantity: Decimal) -> None:
        total[account, asset] = total.get((account, asset), ZERO) + quantity

    for fill in fills:
        add(fill.account, fill.fee_asset, -fill.fee)
        instrument = instruments[fill.instrument]
        if instrument.kind is Kind.SPOT:
            quantity = fill.quantity * fill.side.sign
            add(fill.account, instrument.base, quantity)
            cost = posted(quantity * instrument.contract_size * fill.price)
            add(fill.account, instrument.quote, -cost)
    return {key: quantity for key, quantity in total.items() if quantity}
