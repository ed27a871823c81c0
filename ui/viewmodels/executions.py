"""Where orders go: a lamp, what the ticket needs of it, and what nobody knows of."""

from __future__ import annotations

from desk.engine.order_snapshot import ExecutionView
from desk.engine.snapshot import DeskFrame
from ui.viewmodels.lamps import Lamp, lamp_look
from ui.viewmodels.names import word
from ui.viewmodels.text import ARROW, age, moment, short_venue
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

_LOOKS = {"up": "live", "comparing": "late", "unknown": "stale", "down": "stale"}
"""How it stands → the state of a feed that looks alike."""


def execution_state(one: ExecutionView) -> str:
    """`up`, `comparing`, `unknown` or `down`: the worst that is so."""
    if not one.up:
        return "down"
    if one.unknown:
        return "unknown"
    return "comparing" if one.note else "up"


def execution_lamp(one: ExecutionView, wall_ms: int) -> Lamp:
    """The lamp of the venue that orders go to; its tip tells the rest."""
    state = execution_state(one)
    shape, fill, tone = lamp_look(_LOOKS[state])
    name = f"{ARROW} {short_venue(one.venue)}"
    return Lamp(name, shape, fill, _word(one, state, wall_ms), tone, "\n".join(_lines(one)))


def _lines(one: ExecutionView) -> list[str]:
    """What the lamp's tip tells."""
    kind = tr("practice") if one.is_paper else tr("real money")
    stands = word("up") if one.up else word("down")
    if one.since_ms is not None:
        stands = tr("{state} since {time}", state=stands, time=moment(one.since_ms))
    lines = [tr("Orders go to {venue} ({kind}): {state}", venue=one.venue, kind=kind, state=stands)]
    lines.append(tr("Orders UNKNOWN: {count}", count=one.unknown))
    if one.latency_ms is not None:
        lines.append(tr("There and back {time} ms", time=one.latency_ms))
    if one.reconciled_ms is not None:
        lines.append(tr("Last found equal {time}", time=moment(one.reconciled_ms)))
    return [*lines, *[said(one.note)] * bool(one.note)]


def _word(one: ExecutionView, state: str, wall_ms: int) -> str:
    if state == "down":
        return f"{word('down')} {_for(one, wall_ms)}".rstrip()
    return tr("{count} unknown", count=one.unknown) if state == "unknown" else word(state)


def _for(one: ExecutionView, wall_ms: int) -> str:
    """How long it has been so, in whole seconds below a minute."""
    if one.since_ms is None:
        return ""
    ms = max(0, wall_ms - one.since_ms)
    return f"{ms // 1_000} s" if ms < 60_000 else age(ms)


def execution_needs(frame: DeskFrame) -> tuple[tuple[str, str, Tone], ...]:
    """What the ticket needs of where its order goes: (name, words, tone)."""
    return tuple((tr("venue"), *_need(one, frame.wall_ms)) for one in frame.executions)


def _need(one: ExecutionView, wall_ms: int) -> tuple[str, Tone]:
    state = execution_state(one)
    if state == "up":
        took = "" if one.latency_ms is None else f" {one.latency_ms} ms"
        return f"{word('up')}{took}", Tone.TEXT2
    return _word(one, state, wall_ms), Tone.DANGER if state == "down" else Tone.WARNING


def unknown_words(frame: DeskFrame) -> tuple[str, str] | None:
    """Say how many orders nobody knows of, and what that means; None: all are known."""
    since = [
        order.time_ms if order.unanswered_since_ms is None else order.unanswered_since_ms
        for order in frame.orders
        if order.status == "UNKNOWN"
    ]
    count = max(len(since), sum(one.unknown for one in frame.executions))
    if not count:
        return None
    text = [
        tr("Nobody knows whether the venue has it; it is being asked.")
        if count == 1
        else tr("Nobody knows whether the venue has them; it is being asked."),
        *([tr("The oldest for {time}.", time=age(frame.wall_ms - min(since)))] if since else []),
        tr("Until it answers each counts in full and no new risk is taken."),
    ]
    subject = tr("1 order is UNKNOWN")
    if count > 1:
        subject = tr("{count} orders are UNKNOWN", count=count)
    return subject, " ".join(text)
