"""The console's lines about orders: buy, sell, amend."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from desk.cli.words import LineError, Words, moment_ms, seconds_of
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import AmendOrder, SubmitOrder
from desk.model.numbers import parse_decimal
from desk.model.orders import OrderType, Side, TimeInForce

KINDS = "limit, market, stop, take-profit or trail"
_QUANTITY = re.compile(r"([+-]?[\d.]+)(%|[A-Za-z]*)")


def order(verb: str, words: Words, command_id: str) -> SubmitOrder:
    """Read `buy|sell QUANTITY|risk AMOUNT INSTRUMENT KIND …`; options stand anywhere."""
    account = words.option("account")
    stop_loss, take_profit = price_after(words, "sl"), price_after(words, "tp")
    tif, expires_ms, good_for_s = life(words)
    quantity = sized(words)
    instrument = words.take("an instrument")
    kind = _kind(words)
    post_only, reduce_only = words.flag("post-only"), words.flag("reduce-only")
    confirmed = words.flag("confirm")
    return SubmitOrder(
        id=command_id,
        account=account,
        instrument=instrument,
        side=Side.BUY if verb == "buy" else Side.SELL,
        quantity=quantity,
        type=kind.type,
        price=kind.price,
        tif=tif,
        post_only=post_only,
        reduce_only=reduce_only,
        confirmed=confirmed,
        trigger=kind.trigger,
        stop_loss=stop_loss,
        take_profit=take_profit,
        expires_ms=expires_ms,
        good_for_s=good_for_s,
        trail=kind.trail.distance,
        trail_rate=kind.trail.rate,
    )


def life(words: Words) -> tuple[TimeInForce | None, int | None, int | None]:
    """Take `gtc`, `ioc`, `fok`, `gtd 2026-11-28T15:00Z` or `gtd 90m`: and until when, how long."""
    until = words.option("gtd")
    if until is None:
        chosen = words.one_of(*(t.value.lower() for t in TimeInForce))
        return None if chosen is None else TimeInForce(chosen.upper()), None, None
    seconds = seconds_of(until)
    return TimeInForce.GTD, moment_ms(until) if seconds is None else None, seconds


def amend(verb: str, words: Words, command_id: str) -> AmendOrder:
    """Read `amend ORDER [price P] [trigger T] [trail D|1%] [quantity Q]`."""
    del verb
    price, trigger = price_after(words, "price"), price_after(words, "trigger")
    written, far = words.option("quantity"), words.option("trail")
    order_id = words.take("an order id")
    if price is None and trigger is None and far is None and written is None:
        raise words.missing("price, trigger, trail or quantity", "none of them")
    trails = Trail() if far is None else trail(far)
    return AmendOrder(
        id=command_id,
        order_id=order_id,
        price=price,
        trigger=trigger,
        quantity=None if written is None else quantity_of(written),
        trail=trails.distance,
        trail_rate=trails.rate,
    )


def quantity_of(word: str) -> Quantity:
    """Read a quantity with its suffix."""
    match = _QUANTITY.fullmatch(word)
    value = None if match is None else parse_decimal(match[1])
    if match is None or value is None:
        raise LineError("a quantity (0.5btc, 5000usd, 12ct, 10%)", f"“{word}”")
    suffix = match[2].upper()
    match suffix:
        case "":
            return Quantity(value)
        case "%":
            return Quantity(value, QuantityUnit.PERCENT)
        case "CT":
            return Quantity(value, QuantityUnit.CONTRACTS)
        case "USD" | "USDT" | "USDC":
            return Quantity(value, QuantityUnit.NOTIONAL, suffix)
        case _:
            return Quantity(value, QuantityUnit.BASE, suffix)


def sized(words: Words) -> Quantity:
    """Read a quantity, or `risk 500usdt`: what may be lost at the stop."""
    word = words.take("a quantity")
    if word.lower() != "risk":
        return quantity_of(word)
    written = words.take("an amount to risk (500usdt)")
    amount = quantity_of(written)
    if amount.unit not in {QuantityUnit.BARE, QuantityUnit.BASE, QuantityUnit.NOTIONAL}:
        raise LineError("an amount to risk (500usdt)", f"“{written}”")
    return Quantity(amount.value, QuantityUnit.RISK, amount.asset)


class Trail(NamedTuple):
    """How far a trailing stop stays behind: in price, or as a fraction of the mark."""

    distance: Decimal | None = None
    rate: Decimal | None = None


class Kind(NamedTuple):
    """What kind of order it is, and the numbers that belong to it."""

    type: OrderType
    price: Decimal | None = None
    trigger: Decimal | None = None
    trail: Trail = Trail()


def _kind(words: Words) -> Kind:
    """Read `limit P`, `market`, `stop T [limit P]`, `take-profit T`, `trail D`, `trail 1%`."""
    kind = words.take(KINDS).lower()
    match kind:
        case "market":
            return Kind(OrderType.MARKET)
        case "limit":
            return Kind(OrderType.LIMIT, words.number("a price"))
        case "take-profit":
            return Kind(OrderType.TAKE_PROFIT, trigger=words.number("a trigger"))
        case "stop":
            trigger, price = words.number("a trigger"), price_after(words, "limit")
            stop = OrderType.STOP if price is None else OrderType.STOP_LIMIT
            return Kind(stop, price, trigger)
        case "trail":
            return Kind(OrderType.TRAILING_STOP, trail=trail(words.take("a distance")))
        case _:
            raise LineError(KINDS, f"“{kind}”")


def trail(word: str) -> Trail:
    """Read a distance such as 500 or 1%."""
    number = parse_decimal(word.removesuffix("%"))
    if number is None:
        raise LineError("a distance such as 500 or 1%", f"“{word}”")
    return Trail(rate=number / 100) if word.endswith("%") else Trail(number)


def price_after(words: Words, name: str) -> Decimal | None:
    """Take `name PRICE` from wherever it stands."""
    word = words.option(name)
    value = None if word is None else parse_decimal(word)
    if word is not None and value is None:
        raise LineError(f"a price after {name}", f"“{word}”")
    return value
