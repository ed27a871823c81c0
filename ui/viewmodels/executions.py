"""Where orders go: a lamp, what the ticket needs of it, and what nobody knows of."""

from __future__ import annotations

from desk.engine.order_snapshot import ExecutionView
from desk.engine.snapshot import DeskFrame
from ui.viewmodels.lamps import Lamp, lamp_look
from ui.viewmodels.text import ARROW, age, clock, short_venue
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

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
    since = "" if one.since_ms is None else f" since {clock(one.since_ms, 8)} HKT"
    kind = tr("practice") if one.is_paper else tr("real money")
    tip = f"Orders go to {one.venue} ({kind}): {'up' if one.up else 'down'}{since}"
    tip += f"\nOrders UNKNOWN: {one.unknown}"
    if one.latency_ms is not None:
        tip += f"\nThere and back {one.latency_ms} ms"
    if one.reconciled_ms is not None:
        tip += f"\nLast found equal {clock(one.reconciled_ms, 8)} HKT"
    if one.note:
        tip += f"\n{one.note}"
    name = f"{ARROW} {short_venue(one.venue)}"
    return Lamp(name, shape, fill, _word(one, state, wall_ms), tone, tip)


def _word(one: ExecutionView, state: str, wall_ms: int) -> str:
    if state == "down":
        return f"down {_for(one, wall_ms)}".rstrip()
    return f"{one.unknown} unknown" if state == "unknown" else state


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
        return ("up" if one.latency_ms is None else f"up {one.latency_ms} ms"), Tone.TEXT2
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
    orders = "1 order is" if count == 1 else f"{count} orders are"
    oldest = f" The oldest for {age(frame.wall_ms - min(since))}." if since else ""
    text = (
        f"Nobody knows whether the venue has {'it' if count == 1 else 'them'}; it is being asked."
        f"{oldest} Until it answers each counts in full and no new risk is taken."
    )
    return f"{orders} UNKNOWN", text
