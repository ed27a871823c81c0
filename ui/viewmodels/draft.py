"""The draft of a ticket: its forms, and what each of them asks for."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import TypeAlias

import msgspec

from desk.model.command import QuantityUnit
from desk.model.commands import SubmitLadder, SubmitOco, SubmitOrder, SubmitTwap
from desk.model.order_commands import LadderWeight
from desk.model.orders import OrderType, Side, TimeInForce

TicketCommand: TypeAlias = SubmitOrder | SubmitOco | SubmitLadder | SubmitTwap
"""What a ticket sends, and asks about before."""

MOST_PARTS = 50


class Form(Enum):
    """What a ticket makes: an order of a type, or several orders that belong together."""

    LIMIT = "Limit"
    MARKET = "Market"
    STOP = "Stop"
    STOP_LIMIT = "Stop limit"
    TAKE_PROFIT = "Take profit"
    TRAILING_STOP = "Trailing stop"
    OCO = "OCO"
    LADDER = "Ladder"
    TWAP = "TWAP"

    @property
    def type(self) -> OrderType | None:
        """The order type; None of what is more than one order."""
        return OrderType.__members__.get(self.name)


FIELDS: dict[Form, tuple[str, ...]] = {
    Form.LIMIT: ("price",),
    Form.MARKET: (),
    Form.STOP: ("trigger",),
    Form.STOP_LIMIT: ("trigger", "price"),
    Form.TAKE_PROFIT: ("trigger",),
    Form.TRAILING_STOP: ("trail",),
    Form.OCO: ("price", "trigger"),
    Form.LADDER: ("first", "last", "count"),
    Form.TWAP: ("over", "every", "limit"),
}
"""What each form asks for, beside the quantity."""

NAMES = {
    "price": "a limit price",
    "trigger": "the mark at which it acts",
    "trail": "how far it trails: 500 or 1%",
    "first": "the first price",
    "last": "the last price",
    "count": f"a number of orders, 2 to {MOST_PARTS}",
    "over": "how long: 90m",
    "every": "how often: 5m",
}

BRACKETED = frozenset(
    {Form.LIMIT, Form.MARKET, Form.STOP, Form.STOP_LIMIT, Form.TAKE_PROFIT, Form.LADDER}
)
"""Forms behind which a stop and a target can stand."""
TIMED = frozenset({Form.LIMIT, Form.STOP_LIMIT})
"""Forms that carry every time in force; what has a trigger can still be good till a moment."""
POSTED = frozenset({Form.LIMIT, Form.LADDER})


class Draft(msgspec.Struct, frozen=True):
    """What the trader has written so far; `id` is the client order id it will be sent with."""

    id: str
    instrument: str | None = None
    account: str | None = None
    side: Side = Side.BUY
    form: Form = Form.LIMIT
    unit: QuantityUnit = QuantityUnit.BARE
    """Of a quantity that is a number alone."""
    quantity: str = ""
    price: str = ""
    trigger: str = ""
    trail: str = ""
    first: str = ""
    last: str = ""
    count: str = ""
    weight: LadderWeight = LadderWeight.EQUAL
    over: str = ""
    every: str = ""
    limit: str = ""
    take_profit: str = ""
    stop_loss: str = ""
    tif: TimeInForce = TimeInForce.GTC
    expiry: str = ""
    post_only: bool = False
    reduce_only: bool = False


class Moment(msgspec.Struct, frozen=True):
    """What a draft is read against; held still while nothing is written, so that a draft is one
    order and not another with every tick."""

    now_ms: int = 0
    """Wall clock, on the whole minute."""
    bid: Decimal | None = None
    ask: Decimal | None = None
    equity: Decimal | None = None


UNSEEN = Moment()
"""Before anything was seen of a market."""


class Problem(msgspec.Struct, frozen=True):
    """Why a draft is no order yet; `field` is empty when no field is to blame."""

    field: str
    text: str
