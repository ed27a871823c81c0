"""Orders and fills: what was asked, what became of it."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec


class Side(Enum):
    """BUY adds quantity to a position, SELL takes it away."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, −1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(Enum):
    """LIMIT rests at its price or better; MARKET takes up to its collar."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"


class TimeInForce(Enum):
    """How long an order works."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class OrderStatus(Enum):
    """Where an order stands; the table of allowed moves is in `desk.execution.order`."""

    PENDING = "PENDING"
    """Accepted by the desk and journaled; not yet acting at the venue."""
    WORKING = "WORKING"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    """Refused by the venue (a denial by the desk never becomes an order)."""


class MarginMode(Enum):
    """Which collateral stands behind a position."""

    CROSS = "cross"
    ISOLATED = "isolated"


class Liquidity(Enum):
    """Whether a fill took liquidity or gave it."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the trader asked for, already resolved to a quantity in the instrument's units."""

    id: str
    """Client order id: unique for ever on this desk."""
    account: str
    instrument: str
    side: Side
    quantity: Decimal
    type: OrderType
    price: Decimal | None = None
    """Limit price; None for MARKET."""
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one order."""

    id: str
    """Unique fill id: a fill seen twice is applied once."""
    order_id: str
    account: str
    instrument: str
    side: Side
    quantity: Decimal
    """Positive; the sign is the side's."""
    price: Decimal
    fee: Decimal
    """Positive is paid, negative is a rebate."""
    fee_asset: str
    liquidity: Liquidity
    time_ms: int
    """Wall clock, UTC."""
