"""Outcomes: what a venue, paper or real, says became of an order.

An outcome changes nothing until it is journaled: the engine writes it first and applies it then
(`desk.execution.order.apply`). Applying one twice is applying it once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.orders import Amendment, Fill


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="accepted"):
    """The venue has the order."""

    order_id: str
    time_ms: int
    """Wall clock, UTC."""


class Unanswered(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="unanswered"):
    """The order was sent and nothing came back: nobody knows whether the venue has it.

    The only outcome that the venue does not say; whatever it says of the order counts instead.
    """

    order_id: str
    since_ms: int
    """When it was sent; wall clock, UTC."""
    time_ms: int


class Filled(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="filled"):
    """The order was executed, in whole or in part."""

    fill: Fill

    @property
    def order_id(self) -> str:
        """The order that was executed."""
        return self.fill.order_id


class Triggered(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="triggered"):
    """The mark has come to the order's trigger: from now on it acts."""

    order_id: str
    mark: Decimal
    collar_price: Decimal | None
    """The worst price it may take from now on; None for one with a limit."""
    time_ms: int


class Trailed(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="trailed"):
    """The trigger of a trailing stop has moved on with the mark.

    Said when it begins to trail, then each time the trigger has moved by a twentieth of its
    distance, after an amendment, and before it triggers: after a restart it starts from what was
    said last, never more than that twentieth behind.
    """

    order_id: str
    best: Decimal
    """The best mark since it was taken."""
    trigger: Decimal
    number: int
    """The last amendment that was answered before; 0: none."""
    time_ms: int


class Amended(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="amended"):
    """The order is what it was asked to become."""

    amendment: Amendment
    time_ms: int

    @property
    def order_id(self) -> str:
        """The order that was amended."""
        return self.amendment.order_id

    @property
    def number(self) -> int:
        """Which amendment of the order this answers."""
        return self.amendment.number


class AmendRefused(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="amend_refused"
):
    """The order stays as it was."""

    order_id: str
    number: int
    """Which amendment of the order this answers."""
    reason: str
    """A sentence for the trader."""
    time_ms: int


class Cancelled(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="cancelled"):
    """What had not been filled will not be."""

    order_id: str
    filled: Decimal
    """All that was ever filled of the order, as the venue counts it: fills that make it up may
    still be on their way."""
    reason: str
    """A sentence for the trader."""
    time_ms: int


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="rejected"):
    """The venue refused the order; nothing of it was ever filled."""

    order_id: str
    reason: str
    """A sentence for the trader."""
    time_ms: int


Outcome: TypeAlias = (
    Accepted
    | Triggered
    | Trailed
    | Amended
    | AmendRefused
    | Filled
    | Cancelled
    | Rejected
    | Unanswered
)
