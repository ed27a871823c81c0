"""Command lines of several orders at once: ladders, TWAPs, reversals, cancels by scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from desk.cli.order_grammar import quantity_of
from desk.cli.words import LineError, Words, seconds_of
from desk.model.commands import AnyCommand
from desk.model.numbers import parse_decimal
from desk.model.order_commands import (
    CancelAll,
    CancelOrder,
    CancelScope,
    LadderWeight,
    ReversePosition,
    SubmitLadder,
    SubmitTwap,
)
from desk.model.orders import Side

SIDES = "buy or sell"
QUANTITY = "a quantity such as 0.5btc"


def ladder(verb: str, words: Words, command_id: str) -> SubmitLadder:
    """Read `ladder buy|sell QUANTITY INSTRUMENT from P to P orders N [rising|falling] …`."""
    del verb
    account = words.option("account")
    stop_loss, take_profit = _price(words, "sl"), _price(words, "tp")
    side, quantity = _side(words), quantity_of(words.take(QUANTITY))
    instrument = words.take("an instrument")
    first, last = _needed_price(words, "from"), _needed_price(words, "to")
    count = words.needed("orders")
    if not count.isdecimal() or len(count) > 4:
        raise LineError("a number of orders after orders", f"“{count}”")
    shape = words.one_of(*(one.value for one in LadderWeight))
    return SubmitLadder(
        id=command_id,
        account=account,
        instrument=instrument,
        side=side,
        quantity=quantity,
        first_price=first,
        last_price=last,
        count=int(count),
        weight=LadderWeight.EQUAL if shape is None else LadderWeight(shape),
        post_only=words.flag("post-only"),
        reduce_only=words.flag("reduce-only"),
        confirmed=words.flag("confirm"),
        stop_loss=stop_loss,
        take_profit=take_profit,
    )


def twap(verb: str, words: Words, command_id: str) -> SubmitTwap:
    """Read `twap buy|sell QUANTITY INSTRUMENT over 10m every 30s [limit P] [reduce-only]`."""
    del verb
    account, limit = words.option("account"), _price(words, "limit")
    side, quantity = _side(words), quantity_of(words.take(QUANTITY))
    return SubmitTwap(
        id=command_id,
        account=account,
        instrument=words.take("an instrument"),
        side=side,
        quantity=quantity,
        over_s=_span(words, "over"),
        every_s=_span(words, "every"),
        limit=limit,
        reduce_only=words.flag("reduce-only"),
        confirmed=words.flag("confirm"),
    )


def reverse(verb: str, words: Words, command_id: str) -> ReversePosition:
    """Read `reverse INSTRUMENT [account A]`."""
    del verb
    account = words.option("account")
    return ReversePosition(id=command_id, account=account, instrument=words.take("an instrument"))


def cancel(verb: str, words: Words, command_id: str) -> AnyCommand:
    """Read `cancel ID`, or `cancel all [INSTRUMENT] [buys|sells] [entries|protective] …`."""
    del verb
    target = words.take("an order id, or all")
    if target != "all":
        return CancelOrder(id=command_id, order_id=target)
    account = words.option("account")
    side = words.one_of("buys", "sells")
    scope = words.one_of("entries", "protective")
    return CancelAll(
        id=command_id,
        account=account,
        side=None if side is None else Side.BUY if side == "buys" else Side.SELL,
        scope=CancelScope.ALL if scope is None else CancelScope(scope),
        instrument=words.maybe("an instrument"),
    )


def _side(words: Words) -> Side:
    word = words.take(SIDES).lower()
    if word not in {"buy", "sell"}:
        raise LineError(SIDES, f"“{word}”")
    return Side.BUY if word == "buy" else Side.SELL


def _needed_price(words: Words, name: str) -> Decimal:
    word = words.needed(name)
    value = parse_decimal(word)
    if value is None:
        raise LineError(f"a price after {name}", f"“{word}”")
    return value


def _price(words: Words, name: str) -> Decimal | None:
    word = words.option(name)
    value = None if word is None else parse_decimal(word)
    if word is not None and value is None:
        raise LineError(f"a price after {name}", f"“{word}”")
    return value


def _span(words: Words, name: str) -> int:
    """Read a span of time such as 90s, 10m, 2h; a number alone counts seconds."""
    word = words.needed(name)
    seconds = int(word) if word.isdecimal() and len(word) <= 8 else seconds_of(word)
    if seconds is None:
        raise LineError(f"a time such as 30s or 10m after {name}", f"“{word}”")
    return seconds


Reader: TypeAlias = Callable[[str, Words, str], AnyCommand]

READERS: Mapping[str, Reader] = {
    "ladder": ladder,
    "twap": twap,
    "reverse": reverse,
    "cancel": cancel,
}
