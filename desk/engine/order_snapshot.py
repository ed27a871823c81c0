"""Orders and fills as the frame shows them."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order, working or recently ended."""

    id: str
    account: str
    instrument: str
    side: str
    type: str
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    tif: str
    reduce_only: bool
    post_only: bool
    status: str
    reason: str
    time_ms: int
    trigger: Decimal | None = None
    """The mark at which it begins to act."""
    waiting: bool = False
    """At the venue, in no book: its trigger has not been reached."""
    parent: str | None = None
    """Of a protective leg: the order whose fills it stands behind."""
    role: str = ""
    """Of a leg: `stop_loss` or `take_profit`."""
    stop_loss: Decimal | None = None
    """Trigger of the leg that stands, or will stand, behind this order's fills."""
    take_profit: Decimal | None = None
    amending: bool = False
    """An amendment is on its way."""


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    """One recent fill."""

    id: str
    order_id: str
    account: str
    instrument: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    liquidity: str
    time_ms: int
