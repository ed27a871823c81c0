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
from ui.viewmodels.translation import tr

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

FORM_WORDS = {
    Form.LIMIT: tr("Limit¦order type"),
    Form.MARKET: tr("Market"),
    Form.STOP: tr("Stop"),
    Form.STOP_LIMIT: tr("Stop limit"),
    Form.TAKE_PROFIT: tr("Take profit"),
    Form.TRAILING_STOP: tr("Trailing stop"),
    Form.OCO: tr("OCO"),
    Form.LADDER: tr("Ladder¦order type"),
    Form.TWAP: tr("TWAP"),
}

ASKED = {
    "price": tr("Enter a limit price."),
    "trigger": tr("Enter the mark at which it acts."),
    "trail": tr("Enter how far it trails: 500 or 1%."),
    "first": tr("Enter the first price."),
    "last": tr("Enter the last price."),
    "count": tr("Enter a number of orders, 2 to {most}.", most=MOST_PARTS),
    "over": tr("Enter how long: 90m."),
    "every": tr("Enter how often: 5m."),
}
"""What is said of a field that a form asks for and nobody has filled in."""

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
