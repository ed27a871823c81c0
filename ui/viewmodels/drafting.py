"""From a draft to a command: fields of text become one order, or every reason why not yet."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import MarketView
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import SubmitLadder, SubmitOco, SubmitOrder, SubmitTwap
from desk.model.numbers import round_down
from desk.model.orders import OrderType, Side, TimeInForce
from ui.viewmodels.draft import (
    ASKED,
    BRACKETED,
    FIELDS,
    MOST_PARTS,
    POSTED,
    TIMED,
    UNSEEN,
    Draft,
    Form,
    Moment,
    Problem,
    TicketCommand,
)
from ui.viewmodels.translation import tr
from ui.viewmodels.written import (
    read_duration,
    read_level,
    read_moment,
    read_number,
    read_quantity,
)

_HUNDRED = Decimal(100)
_CENT = Decimal("0.01")


class Reading:
    """A draft being read: each field once, each problem with its field."""

    def __init__(self, draft: Draft, market: MarketView, moment: Moment) -> None:
        self.draft, self.market, self.moment = draft, market, moment
        self.problems: list[Problem] = []
        self.asked = FIELDS[draft.form]

    def blame(self, field: str, text: str) -> None:
        """Remember a problem."""
        self.problems.append(Problem(field, text))

    def figure(self, field: str) -> Decimal | None:
        """A positive number that this form needs."""
        if field not in self.asked:
            return None
        text = str(getattr(self.draft, field))
        value = read_number(text)
        if not text.strip():
            self.blame(field, ASKED[field])
        elif value is None or value <= 0:
            self.blame(field, tr("“{text}” is no price.", text=text))
            value = None
        return value

    def seconds(self, field: str) -> int:
        """A duration that this form needs; 0 with a problem."""
        text = str(getattr(self.draft, field))
        value = read_duration(text)
        if value is None:
            odd = tr("“{text}” is no duration.", text=text)
            self.blame(field, odd if text.strip() else ASKED[field])
        return value or 0

    def parts(self) -> int:
        """How many orders a ladder has; 0 with a problem."""
        value = read_number(self.draft.count)
        if value is None or value != int(value) or not 2 <= value <= MOST_PARTS:
            self.blame("count", ASKED["count"])
            return 0
        return int(value)

    def quantity(self) -> Quantity | None:
        """The quantity; at risk, a share of equity is turned into money."""
        text = self.draft.quantity
        if self.draft.unit is QuantityUnit.RISK:
            return self._risk(text)
        quantity = read_quantity(text, self.market.base, self.draft.unit)
        if not text.strip():
            self.blame("quantity", tr("Enter a quantity."))
        elif quantity is None:
            said = tr(
                "“{text}” is no quantity: write 0.5, 0.5{base}, 5000usd or 25%.",
                text=text,
                base=self.market.base.lower(),
            )
            self.blame("quantity", said)
        return quantity

    def _risk(self, text: str) -> Quantity | None:
        """What may be lost at the stop: `500`, or `0.5%` of equity."""
        written = read_quantity(text, self.market.base, QuantityUnit.RISK)
        share = written is not None and written.unit is QuantityUnit.PERCENT
        equity = self.moment.equity
        if not text.strip():
            self.blame("quantity", tr("Enter what may be lost at the stop: 500 or 0.5%."))
        elif written is None or written.unit in {QuantityUnit.BASE, QuantityUnit.CONTRACTS}:
            self.blame("quantity", tr("“{text}” is no risk: write 500 or 0.5%.", text=text))
        elif not self.draft.stop_loss.strip():
            self.blame("stop_loss", tr("A size from risk needs a stop: enter SL."))
        elif not share:
            return Quantity(written.value, QuantityUnit.RISK)
        elif equity is None or equity <= 0:
            self.blame("quantity", tr("The account's equity is unknown: write the risk in money."))
        else:
            money = round_down(equity * written.value / _HUNDRED, _CENT)
            return Quantity(money, QuantityUnit.RISK) if money > 0 else self._too_small(text)
        return None

    def _too_small(self, text: str) -> None:
        said = tr("{share} of equity is less than a cent.", share=text.strip())
        self.blame("quantity", said)

    def entry(self) -> Decimal | None:
        """Where the order would enter: its own price, else what the other side offers."""
        own = ("first",) if self.draft.form is Form.LADDER else ("price", "trigger")
        for field in own:
            value = read_number(str(getattr(self.draft, field))) if field in self.asked else None
            if value is not None and value > 0:
                return value
        return self.moment.ask if self.draft.side is Side.BUY else self.moment.bid

    def leg(self, field: str) -> Decimal | None:
        """A stop or target behind the fills; None when nothing is written."""
        text = str(getattr(self.draft, field))
        if not text.strip() or self.draft.form not in BRACKETED:
            return None
        direction = self.draft.side.sign * (1 if field == "take_profit" else -1)
        level = read_level(text, self.entry(), direction, self.market.tick_size)
        if level is None:
            said = tr("“{text}” is no price and no distance: write 59900, 1% or 500.", text=text)
            self.blame(field, said)
        return level

    def trail(self) -> tuple[Decimal | None, Decimal | None]:
        """Distance in price, or as a fraction; both None with a problem."""
        text = self.draft.trail.strip()
        value = read_number(text.rstrip("%"))
        if value is None or value <= 0:
            self.blame("trail", ASKED["trail"])
            return None, None
        return (None, value / _HUNDRED) if text.endswith("%") else (value, None)

    def tif(self) -> TimeInForce | None:
        """The time in force that is sent; None: the desk's own for the type."""
        form, tif = self.draft.form, self.draft.tif
        if form in TIMED:
            return tif
        of_trigger = form.type is not None and form.type.has_trigger
        return tif if of_trigger and tif is TimeInForce.GTD else None

    def expires_ms(self) -> int | None:
        """Until when a GTD order works."""
        if self.tif() is not TimeInForce.GTD:
            return None
        moment = read_moment(self.draft.expiry, self.moment.now_ms)
        if moment is None:
            self.blame("expiry", tr("Enter until when: 15:30, 90m or 2026-11-30."))
        return moment


def order_of(
    draft: Draft, market: MarketView | None, moment: Moment = UNSEEN
) -> tuple[TicketCommand | None, list[Problem]]:
    """Return the command a draft asks for, or every reason why it is not one yet."""
    if market is None or draft.instrument is None:
        return None, [Problem("", tr("Choose an instrument in the market watch."))]
    reading = Reading(draft, market, moment)
    made = {Form.OCO: _oco, Form.LADDER: _ladder, Form.TWAP: _twap}.get(draft.form, _order)(reading)
    return (None if reading.problems else made), reading.problems


def levels_of(
    draft: Draft, market: MarketView | None, moment: Moment
) -> tuple[Decimal | None, Decimal | None]:
    """Return where take-profit and stop would stand, for showing beside what is written."""
    if market is None:
        return None, None
    reading = Reading(draft, market, moment)
    return reading.leg("take_profit"), reading.leg("stop_loss")


def expiry_of(draft: Draft, market: MarketView | None, moment: Moment) -> int | None:
    """Return until when the order would work, for showing."""
    return None if market is None else Reading(draft, market, moment).expires_ms()


def _order(reading: Reading) -> SubmitOrder | None:
    draft = reading.draft
    kind = draft.form.type
    quantity, price = reading.quantity(), reading.figure("price")
    trigger = reading.figure("trigger")
    trail, trail_rate = reading.trail() if draft.form is Form.TRAILING_STOP else (None, None)
    take_profit, stop_loss = reading.leg("take_profit"), reading.leg("stop_loss")
    expires_ms = reading.expires_ms()
    if quantity is None or kind is None or draft.instrument is None:
        return None
    return SubmitOrder(
        id=draft.id,
        account=draft.account,
        instrument=draft.instrument,
        side=draft.side,
        quantity=quantity,
        type=kind,
        price=price,
        tif=reading.tif(),
        post_only=draft.post_only and draft.form in POSTED,
        reduce_only=draft.reduce_only,
        trigger=trigger,
        stop_loss=stop_loss,
        take_profit=take_profit,
        expires_ms=expires_ms,
        trail=trail,
        trail_rate=trail_rate,
    )


def _oco(reading: Reading) -> SubmitOco | None:
    draft = reading.draft
    quantity = reading.quantity()
    price, trigger = reading.figure("price"), reading.figure("trigger")
    if quantity is None or draft.instrument is None:
        return None
    first = SubmitOrder(
        account=draft.account,
        instrument=draft.instrument,
        side=draft.side,
        quantity=quantity,
        type=OrderType.LIMIT,
        price=price,
        reduce_only=draft.reduce_only,
    )
    second = msgspec.structs.replace(first, type=OrderType.STOP, price=None, trigger=trigger)
    return SubmitOco(id=draft.id, first=first, second=second)


def _ladder(reading: Reading) -> SubmitLadder | None:
    draft = reading.draft
    quantity, count = reading.quantity(), reading.parts()
    first, last = reading.figure("first"), reading.figure("last")
    take_profit, stop_loss = reading.leg("take_profit"), reading.leg("stop_loss")
    if first is not None and first == last:
        reading.blame("last", tr("First and last price are the same: that is one order."))
    if quantity is None or first is None or last is None or draft.instrument is None:
        return None
    return SubmitLadder(
        id=draft.id,
        account=draft.account,
        instrument=draft.instrument,
        side=draft.side,
        quantity=quantity,
        first_price=first,
        last_price=last,
        count=count,
        weight=draft.weight,
        post_only=draft.post_only,
        reduce_only=draft.reduce_only,
        stop_loss=stop_loss,
        take_profit=take_profit,
    )


def _twap(reading: Reading) -> SubmitTwap | None:
    draft = reading.draft
    quantity = reading.quantity()
    over_s, every_s = reading.seconds("over"), reading.seconds("every")
    limit = reading.figure("limit") if draft.limit.strip() else None
    if 0 < over_s < every_s:
        reading.blame("every", tr("It is sent more often than it lasts: shorten “every”."))
    if quantity is None or draft.instrument is None:
        return None
    return SubmitTwap(
        id=draft.id,
        account=draft.account,
        instrument=draft.instrument,
        side=draft.side,
        quantity=quantity,
        over_s=over_s,
        every_s=every_s,
        limit=limit,
        reduce_only=draft.reduce_only,
    )
