"""Command lines about alerts.

alert price BTCUSDT-PERP.BINANCE above 62000 "note" repeat silent id a-1
alert spread|funding INSTRUMENT above|below 0.05%
alert distance perp-1 below 10% [of INSTRUMENT]
alert level perp-1 margin_call
alert fill [INSTRUMENT] [once]
alert stale INSTRUMENT
alert off a-1 | alert seen 12 | alerts
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from desk.cli.words import LineError, Words
from desk.model.alert_commands import AcknowledgeAlert, AlertKind, RemoveAlert, SetAlert
from desk.model.command import Command
from desk.model.commands import Ask
from desk.model.numbers import parse_decimal


def read_alert(verb: str, words: Words, command_id: str) -> Command:
    """Read what follows `alert`."""
    del verb
    what = words.take(f"one of {', '.join((*_KINDS, 'off', 'seen'))}").lower()
    if what == "off":
        return RemoveAlert(id=command_id, alert=words.take("the alert's name"))
    if what == "seen":
        return AcknowledgeAlert(id=command_id, number=_number(words.take("a number")))
    if what not in _KINDS:
        raise LineError(f"one of {', '.join((*_KINDS, 'off', 'seen'))}", f"“{what}”")
    kind, read = _KINDS[what]
    note = words.option("note")
    silent, repeats, once = words.flag("silent"), words.flag("repeat"), words.flag("once")
    if repeats and once:
        raise LineError("repeat or once", "both")
    fields = read(words)
    if words and note is None:
        note = words.take("a note")
    # Every fill is news, whatever came before it; anything else is said once unless asked.
    repeats = not once if kind is AlertKind.FILL else repeats
    return SetAlert(
        id=command_id, kind=kind, note=note or "", sound=not silent, repeats=repeats, **fields
    )


def read_alerts(verb: str, words: Words, command_id: str) -> Ask:
    """`alerts`: what is watched for and what was raised."""
    del words, command_id
    return Ask(about=verb)


def _bounds(words: Words) -> dict[str, Any]:
    side = words.take("above or below").lower()
    if side not in {"above", "below"}:
        raise LineError("above or below", f"“{side}”")
    return {side: _figure(words.take("a number, or a percentage such as 0.05%"))}


def _figure(word: str) -> Decimal:
    number = parse_decimal(word.removesuffix("%"))
    if number is None:
        raise LineError("a number, or a percentage such as 0.05%", f"“{word}”")
    return number / 100 if word.endswith("%") else number


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 15):
        raise LineError("the number of an alert", f"“{word}”")
    return int(word)


def _of_instrument(words: Words) -> dict[str, Any]:
    return {"instrument": words.take("an instrument"), **_bounds(words)}


def _distance(words: Words) -> dict[str, Any]:
    instrument = words.option("of")
    return {"account": words.take("an account"), "instrument": instrument, **_bounds(words)}


def _level(words: Words) -> dict[str, Any]:
    account = words.take("an account")
    level = words.take("warning, margin_call or close_out")
    return {"account": account, "level": level.upper().replace("-", "_")}


def _fill(words: Words) -> dict[str, Any]:
    account = words.option("account")
    return {"account": account, "instrument": words.take("an instrument") if words else None}


def _stale(words: Words) -> dict[str, Any]:
    return {"instrument": words.take("an instrument")}


_KINDS: dict[str, tuple[AlertKind, Callable[[Words], dict[str, Any]]]] = {
    "price": (AlertKind.PRICE, _of_instrument),
    "spread": (AlertKind.SPREAD, _of_instrument),
    "funding": (AlertKind.FUNDING, _of_instrument),
    "level": (AlertKind.LEVEL, _level),
    "distance": (AlertKind.DISTANCE, _distance),
    "fill": (AlertKind.FILL, _fill),
    "stale": (AlertKind.STALENESS, _stale),
}

READERS: dict[str, Callable[[str, Words, str], Any]] = {
    "alert": read_alert,
    "alerts": read_alerts,
}
