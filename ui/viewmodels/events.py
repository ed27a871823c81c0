"""Events as sentences: the log, the footer, and what a panel may answer to."""

from __future__ import annotations

from collections import deque

import msgspec

from desk.model.events import (
    Acknowledged,
    Alerted,
    AnyEvent,
    Denial,
    Denied,
    Filled,
    LevelChanged,
    OrderChanged,
    StateChanged,
)
from desk.model.numbers import plain
from desk.model.orders import OrderStatus
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import command_word, word
from ui.viewmodels.text import clock, symbol
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone
from ui.viewmodels.translation import said, tr

EVENT_COLUMNS = (
    Column("time", "{zone}", "88:88:88", Side.LEFT),
    Column("text", "Event", "", Side.LEFT, width=120, grow=True),
)

UNANSWERED = tr("The desk went before it could answer: whether it has this order is unknown.")
LOG_LIMIT = 500
"""Lines kept on the screen; the journal keeps all."""


class Line(msgspec.Struct, frozen=True):
    """One event in words."""

    number: int
    time: str
    text: str
    tone: Tone
    icon: str


class EventLog:
    """The last events, newest first."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=LOG_LIMIT)

    def add(self, number: int, wall_ms: int, event: AnyEvent) -> Line | None:
        """Write an event down; None if it is nothing to read (a preview, an answer)."""
        told = sentence(event)
        if told is None:
            return None
        text, tone, icon = told
        line = Line(number, clock(wall_ms), text, tone, icon)
        cells = (Cell(line.time, Tone.MUTED), Cell(line.text, line.tone))
        self._rows.appendleft(Row(str(number), cells))
        return line

    def rows(self) -> tuple[Row, ...]:
        """Rows for the table."""
        return tuple(self._rows)


def sentence(event: AnyEvent) -> tuple[str, Tone, str] | None:
    """Text, tone and icon of an event."""
    match event:
        case Filled(fill=fill):
            order = f"{word(fill.side.value)} {plain(fill.quantity)} {symbol(fill.instrument)}"
            text = tr("Filled {order} @ {price}", order=order, price=f"{fill.price:,f}")
            return text, Tone.TEXT, "tick"
        case OrderChanged():
            return _order_sentence(event)
        case Denied(about=about, denials=denials):
            codes = ", ".join(denial.code for denial in denials)
            text = tr("{what} denied: {codes}", what=command_word(about), codes=codes)
            return text, Tone.WARNING, "deny"
        case LevelChanged(account=account, before=before, after=after):
            words = f"{LEVEL_WORDS.get(before, before)} → {LEVEL_WORDS.get(after, after)}"
            tone = LEVEL_TONES.get(after, Tone.DANGER)
            return f"{account} {words}{_marks(event.marks)}", tone, "triangle"
        case StateChanged(before=before, after=after, reason=reason):
            tone = Tone.TEXT if after == "ACTIVE" else Tone.DANGER
            text = tr(
                "Desk {before} → {after}: {reason}",
                before=word(before),
                after=word(after),
                reason=said(reason),
            )
            return text, tone, "shield"
        case Alerted(severity=severity, message=message):
            tone = {"info": Tone.TEXT2, "warning": Tone.WARNING}.get(severity, Tone.DANGER)
            return said(message), tone, "info" if severity == "info" else "triangle"
        case Acknowledged(about=about, id=identity, durable=durable):
            return _acknowledged(about, identity, durable=durable)
        case _:
            return None


def _marks(marks: dict[str, str]) -> str:
    at = ", ".join(f"{symbol(instrument)} {mark}" for instrument, mark in marks.items())
    return tr(" at {marks}", marks=at) if at else ""


_STATUS_WORDS = {
    OrderStatus.UNKNOWN: tr("outcome unknown, the venue is asked"),
    OrderStatus.WAITING: tr("waits for its trigger"),
    OrderStatus.WORKING: tr("working"),
    OrderStatus.PARTIALLY_FILLED: tr("partly filled"),
    OrderStatus.CANCELLED: tr("cancelled"),
    OrderStatus.REJECTED: tr("rejected by the venue"),
}


def _order_sentence(event: OrderChanged) -> tuple[str, Tone, str] | None:
    order, status = event.order, event.status
    if status in (OrderStatus.PENDING, OrderStatus.FILLED):
        return None  # the acknowledgement and the fill say so
    words = _STATUS_WORDS[status]
    reason = f": {said(event.reason)}" if event.reason else ""
    tone = Tone.WARNING if status is OrderStatus.REJECTED else Tone.TEXT2
    side = word(order.side.value)
    text = f"{side} {plain(order.quantity)} {symbol(order.instrument)} {words}{reason}"
    return text, tone, "deny" if status is OrderStatus.REJECTED else "tick"


def _acknowledged(about: str, identity: str, *, durable: bool) -> tuple[str, Tone, str] | None:
    if not durable:
        text = tr("{what} carried out but NOT durable", what=f"{command_word(about)} {identity}")
        return text, Tone.DANGER, "triangle"
    if about in {"heartbeat", "frame", "goodbye", "preview", "ask"}:
        return None
    return tr("{what} accepted", what=command_word(about)), Tone.TEXT2, "tick"


def denial_sentence(denial: Denial) -> str:
    """A reason with value and limit, ending in a full stop."""
    text = said(denial.message.strip())
    return text if text.endswith(tuple(".!?。！？")) else f"{text}."
