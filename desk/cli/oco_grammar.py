"""The console's line for two orders of which one cancels the other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from desk.cli.order_grammar import Kind, life, price_after, sized, trail
from desk.cli.words import LineError, Words
from desk.model.order_commands import SubmitOco, SubmitOrder
from desk.model.orders import OrderType, Side

TWO = "two of limit, take-profit, stop and trail"


def oco(verb: str, words: Words, command_id: str) -> SubmitOco:
    """Read `oco buy|sell QUANTITY INSTRUMENT limit P stop T [stop-limit P] …`, in any order.

    Flags and the time in force are those of both; post-only is that of the limit order.
    """
    del verb
    side = words.take("buy or sell").lower()
    if side not in {"buy", "sell"}:
        raise LineError("buy or sell", f"“{side}”")
    account, post_only = words.option("account"), words.flag("post-only")
    tif, expires_ms, good_for_s = life(words)
    kinds = list(_kinds(words))
    if len(kinds) < 2:
        raise words.missing(TWO, f"{len(kinds)} of them")
    if len(kinds) > 2:
        raise LineError(TWO, f"{len(kinds)} of them")
    words.close("limit", "take-profit", "stop", "stop-limit", "trail")
    like = SubmitOrder(
        account=account,
        side=Side(side.upper()),
        quantity=sized(words),
        instrument=words.take("an instrument"),
        type=OrderType.LIMIT,
        tif=tif,
        reduce_only=words.flag("reduce-only"),
        confirmed=words.flag("confirm"),
        expires_ms=expires_ms,
        good_for_s=good_for_s,
    )
    first, second = (_order(like, kind, post_only=post_only) for kind in kinds)
    return SubmitOco(id=command_id, first=first, second=second)


def _order(like: SubmitOrder, kind: Kind, *, post_only: bool) -> SubmitOrder:
    return msgspec.structs.replace(
        like,
        type=kind.type,
        price=kind.price,
        trigger=kind.trigger,
        trail=kind.trail.distance,
        trail_rate=kind.trail.rate,
        post_only=post_only and kind.type is OrderType.LIMIT,
    )


def _kinds(words: Words) -> Iterator[Kind]:
    if (price := price_after(words, "limit")) is not None:
        yield Kind(OrderType.LIMIT, price)
    if (trigger := price_after(words, "take-profit")) is not None:
        yield Kind(OrderType.TAKE_PROFIT, trigger=trigger)
    limit = price_after(words, "stop-limit")
    if (trigger := price_after(words, "stop")) is not None:
        yield Kind(OrderType.STOP if limit is None else OrderType.STOP_LIMIT, limit, trigger)
    elif limit is not None:
        raise words.missing("stop beside stop-limit", "none")
    if (far := words.option("trail")) is not None:
        yield Kind(OrderType.TRAILING_STOP, trail=trail(far))
