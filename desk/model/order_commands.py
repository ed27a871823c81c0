"""Commands about orders: to send, change, cancel them; to close and turn positions round."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from desk.model.command import Command, Quantity
from desk.model.orders import OrderType, Side, TimeInForce


class SubmitOrder(Command, frozen=True, kw_only=True, tag="order"):
    """Buy or sell; `id` is the client order id."""

    account: str | None
    """None: the account that trades this instrument."""
    instrument: str
    side: Side
    quantity: Quantity
    type: OrderType
    price: Decimal | None = None
    tif: TimeInForce | None = None
    """None: GTC for LIMIT, IOC for MARKET."""
    post_only: bool = False
    reduce_only: bool = False
    confirmed: bool = False
    """A second identical order within 1 s asks; True answers yes."""
    trigger: Decimal | None = None
    """The mark at which a STOP, STOP_LIMIT or TAKE_PROFIT begins to act."""
    stop_loss: Decimal | None = None
    """Trigger of the reduce-only stop that stands behind what this order fills."""
    take_profit: Decimal | None = None
    expires_ms: int | None = None
    """Of GTD: wall clock, UTC; or, from when the desk takes it, `good_for_s`."""
    good_for_s: int | None = None
    trail: Decimal | None = None
    """Of a TRAILING_STOP: distance in price; or, a fraction of the best mark: `trail_rate`."""
    trail_rate: Decimal | None = None


class SubmitOco(Command, frozen=True, kw_only=True, tag="oco"):
    """Two orders of one side in one instrument: the first fill of one cancels the other.

    Their own ids are empty: the desk names them `ID-1` and `ID-2`.
    """

    first: SubmitOrder
    second: SubmitOrder


class LadderWeight(Enum):
    """How the quantity of a ladder is shared out, from its first price to its last."""

    EQUAL = "equal"
    RISING = "rising"
    """1, 2, 3, … parts."""
    FALLING = "falling"


class SubmitLadder(Command, frozen=True, kw_only=True, tag="ladder"):
    """Limit orders at even distances between two prices, all or none; they are `ID-1`, `ID-2`, …"""

    account: str | None
    instrument: str
    side: Side
    quantity: Quantity
    """Of all together."""
    first_price: Decimal
    last_price: Decimal
    count: int
    weight: LadderWeight = LadderWeight.EQUAL
    post_only: bool = False
    reduce_only: bool = False
    stop_loss: Decimal | None = None
    """Behind each of them."""
    take_profit: Decimal | None = None
    confirmed: bool = False
    """A second like it within 1 s asks; True answers yes."""


class SubmitTwap(Command, frozen=True, kw_only=True, tag="twap"):
    """Market orders in equal parts over time; they are `ID-1`, `ID-2`, … as their time comes.

    Each part passes the pipeline when it is due; one that is denied ends the program. It is ended
    by `cancel ID`, by whatever cancels all orders, and by what makes the desk REDUCING or HALTED
    unless it only reduces.
    """

    account: str | None
    instrument: str
    side: Side
    quantity: Quantity
    """Of all together."""
    over_s: int
    """From the first part to the last."""
    every_s: int
    limit: Decimal | None = None
    """Worse than this no part is filled: parts are then IOC at this limit."""
    reduce_only: bool = False
    confirmed: bool = False


class AmendOrder(Command, frozen=True, kw_only=True, tag="amend"):
    """Change a live order's price, trigger, quantity or trail; None leaves it.

    What it is stays: account, instrument, side, type, time in force, expiry, flags, brackets. The
    trigger of a trailing stop follows the mark, and is not amended but by its distance.
    """

    order_id: str
    price: Decimal | None = None
    """Of an order without a limit: its trigger."""
    trigger: Decimal | None = None
    quantity: Quantity | None = None
    """Of the whole order, what has filled included."""
    trail: Decimal | None = None
    """Of a trailing stop, its new distance; or `trail_rate`."""
    trail_rate: Decimal | None = None


class CancelOrder(Command, frozen=True, kw_only=True, tag="cancel"):
    """Cancel one order by its client order id; of a ladder, a TWAP or an OCO, all that is left."""

    order_id: str


class CancelScope(Enum):
    """Which orders are meant, by what they could do."""

    ALL = "all"
    ENTRIES = "entries"
    """What could add risk."""
    PROTECTIVE = "protective"
    """Reduce-only stops and take-profits."""


class CancelAll(Command, frozen=True, kw_only=True, tag="cancel_all"):
    """Cancel every working order, or those of one instrument, account, side or scope."""

    instrument: str | None = None
    account: str | None = None
    side: Side | None = None
    scope: CancelScope = CancelScope.ALL


class ClosePosition(Command, frozen=True, kw_only=True, tag="close"):
    """Close a fraction of a position at market, reduce-only."""

    instrument: str
    fraction: Decimal
    """1 closes all; the quantity is rounded down to the lot."""
    account: str | None = None


class ReversePosition(Command, frozen=True, kw_only=True, tag="reverse"):
    """Turn a position round at market: twice its quantity, judged as what adds risk."""

    instrument: str
    account: str | None = None


Previewable: TypeAlias = SubmitOrder | SubmitOco | SubmitLadder | SubmitTwap | ReversePosition
"""What sends orders that did not exist."""
