"""Outcomes: what a venue, paper or real, says became of an order.

An outcome changes nothing until it is journaled: the engine writes it first and applies it then
(`desk.execution.order.apply`). Applying one twice is applying it once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.orders import Fill


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="accepted"):
    """The venue has the order."""

    order_id: str
    time_ms: int
    """Wall clock, UTC."""


class Filled(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="filled"):
    """The order was executed, in whole or in part."""

    fill: Fill

    @property
    def order_id(self) -> str:
        """The order that was executed."""
        return self.fill.order_id


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


Outcome: TypeAlias = Accepted | Filled | Cancelled | Rejected
