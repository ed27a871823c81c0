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
    """LIMIT rests at its price or better; MARKET takes up to its collar.

    The others wait until the instrument's mark has come to their trigger: a STOP, a TRAILING_STOP
    and a TAKE_PROFIT then act as MARKET, a STOP_LIMIT as LIMIT. The trigger of a TRAILING_STOP
    follows the best mark since the venue took it at a distance, and never goes back.
    """

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP = "TRAILING_STOP"

    @property
    def has_price(self) -> bool:
        """Whether it carries a limit price; the others take up to a collar."""
        return self in {OrderType.LIMIT, OrderType.STOP_LIMIT}

    @property
    def has_trigger(self) -> bool:
        """Whether it waits for a mark before it acts."""
        return self not in {OrderType.LIMIT, OrderType.MARKET}


class TimeInForce(Enum):
    """How long an order works."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"
    """Like GTC until a moment, then cancelled."""

    @property
    def rests(self) -> bool:
        """Whether what cannot be filled at once goes on working."""
        return self in {TimeInForce.GTC, TimeInForce.GTD}


class OrderStatus(Enum):
    """Where an order stands; the table of allowed moves is in `desk.execution.order`."""

    PENDING = "PENDING"
    """Accepted by the desk and journaled; not yet acting at the venue."""
    UNKNOWN = "UNKNOWN"
    """Sent, and no answer came: whether the venue has it is being asked."""
    WAITING = "WAITING"
    """At the venue, in no book: its trigger has not been reached."""
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
    """Limit price; None for what takes up to a collar."""
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    trigger: Decimal | None = None
    """The mark at which it begins to act; of a TRAILING_STOP, as its venue last said."""
    stop_loss: Decimal | None = None
    """Trigger of the reduce-only STOP that stands behind what this order fills."""
    take_profit: Decimal | None = None
    parent: str | None = None
    """Of a protective leg: the order whose fills it stands behind."""
    expires_ms: int | None = None
    """Of a GTD order: the wall clock, UTC, at which what is left is cancelled."""
    trail: Decimal | None = None
    """Of a TRAILING_STOP: how far, in price, the trigger stays behind the best mark."""
    trail_rate: Decimal | None = None
    """The same as a fraction of the best mark; one of the two."""
    oco: str | None = None
    """Of one that cancels the other: what the two have in common."""
    program: str | None = None
    """The ladder or TWAP that it is part of."""

    @property
    def expected_price(self) -> Decimal | None:
        """The price it is written for: its limit, else its trigger; None: at market."""
        return self.trigger if self.price is None else self.price

    def is_triggered_by(self, mark: Decimal) -> bool:
        """Whether a mark has come to the trigger: a stop follows the market, a profit waits."""
        if self.trigger is None:
            return False
        rises = (self.side is Side.BUY) is not (self.type is OrderType.TAKE_PROFIT)
        return mark >= self.trigger if rises else mark <= self.trigger


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """What a live order is asked to become; only one is on its way at a time."""

    order_id: str
    number: int
    """1, 2, 3, … of this order."""
    quantity: Decimal
    """Of the whole order, what has filled included."""
    price: Decimal | None
    trigger: Decimal | None
    """Of a TRAILING_STOP it says nothing: that trigger follows the mark."""
    trail: Decimal | None = None
    trail_rate: Decimal | None = None

    def of(self, terms: OrderTerms) -> OrderTerms:
        """Return the terms with this amendment."""
        trails = terms.type is OrderType.TRAILING_STOP
        return msgspec.structs.replace(
            terms,
            quantity=self.quantity,
            price=self.price,
            trigger=terms.trigger if trails else self.trigger,
            trail=self.trail,
            trail_rate=self.trail_rate,
        )


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
