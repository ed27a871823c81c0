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
    cancelling: bool = False
    """A cancel is on its way."""
    expires_ms: int | None = None
    """Of GTD: wall clock, UTC."""
    trail: Decimal | None = None
    trail_rate: Decimal | None = None
    oco: str | None = None
    """What it has in common with the order that its first fill cancels."""
    program: str | None = None
    """The ladder or TWAP that it is part of."""
    queue_ahead: Decimal | None = None
    """Quantity of others at its price before it, estimated on the careful side; None: unknown."""
    queue_behind: Decimal | None = None
    unanswered_since_ms: int | None = None
    """UNKNOWN since then, wall clock."""


class ProgramView(msgspec.Struct, frozen=True, kw_only=True):
    """A ladder or TWAP."""

    id: str
    kind: str
    """`ladder` or `twap`."""
    account: str
    instrument: str
    side: str
    quantity: Decimal
    sent: Decimal
    """Quantity of the orders it has sent."""
    filled: Decimal
    average_price: Decimal | None
    orders: list[str]
    state: str
    """`RUNNING`, `DONE`, `ENDED` (before its time: `note` says why)."""
    note: str
    started_ms: int
    ends_ms: int | None = None
    """When a TWAP sends its last part."""
    next_ms: int | None = None
    """When it sends its next."""


class ExecutionView(msgspec.Struct, frozen=True, kw_only=True):
    """Where orders go: what that venue can do, and whether it answers."""

    venue: str
    is_paper: bool
    up: bool
    """Answers come; while it is down nothing that adds risk is sent."""
    since_ms: int | None
    note: str
    """Why it is down or being reconciled; empty when all is well."""
    unknown: int
    """Orders of which no one knows whether the venue has them."""
    types: list[str]
    tifs: list[str]
    post_only: bool
    reduce_only: bool
    amend: bool
    cancel_on_disconnect_s: int | None
    """What works is cancelled by the venue when it has not heard the desk for so long."""
    latency_ms: int | None
    reconciled_ms: int | None = None
    """When orders, fills and positions were last found equal; wall clock."""


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
