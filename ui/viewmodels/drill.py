"""The words of a panic drill: what would be cancelled and closed, how long it took."""

from __future__ import annotations

import msgspec

from desk.engine.snapshot import DeskFrame, OrderView, PositionView
from ui.viewmodels.names import word
from ui.viewmodels.orders import WORKING
from ui.viewmodels.text import clock, symbol
from ui.viewmodels.translation import tr

_ACTIONS = {"kill": tr("kill"), "cancel_all": tr("cancel all"), "flatten": tr("flatten")}

NAMED = 3
"""Orders and positions that are named; the rest is counted."""


class Rehearsed(msgspec.Struct, frozen=True):
    """One step of a drill."""

    action: str
    took_ms: float
    """From the first press to the bytes ready to be sent, the holding included."""
    held_ms: int


class Score(msgspec.Struct, frozen=True):
    """A whole drill."""

    total_ms: float
    when_ms: int
    """Wall clock, UTC."""


class Scores(msgspec.Struct, frozen=True):
    """What is kept between drills."""

    last: Score | None = None
    best: Score | None = None


def with_score(scores: Scores, score: Score) -> Scores:
    """Add a drill."""
    better = scores.best is None or score.total_ms < scores.best.total_ms
    return Scores(last=score, best=score if better else scores.best)


def score_words(scores: Scores) -> str:
    """`Last 1.4 s (14:02), best 1.2 s (09:31)`; empty before the first drill."""
    if scores.last is None or scores.best is None:
        return ""
    last, best = (f"{s.total_ms / 1000:.2f} s ({clock(s.when_ms)})"
                  for s in (scores.last, scores.best))  # fmt: skip
    return tr("Panic drill: last {last}, best {best}", last=last, best=best)


def trouble_of(frame: DeskFrame) -> str:
    """What makes hands needed: the desk's state and its accounts' levels."""
    return f"{frame.state} {[account.level for account in frame.accounts]}"


def how_to(confirm: str, key: str, hold_ms: int) -> str:
    """What to do with a key under a policy of `none`, `strip` or `hold`."""
    if confirm == "hold":
        return tr("hold {key} for {hold_ms} s", key=key, hold_ms=f"{hold_ms / 1000:g}")
    return tr("press {key} twice", key=key) if confirm == "strip" else tr("press {key}", key=key)


def prompt(action: str, how: str, frame: DeskFrame | None) -> str:
    """What to press, and what it would do now."""
    working = _working(frame)
    if action == "cancel_all":
        return tr("{how}: would {cancel}", how=how, cancel=_cancel(working))
    if action == "flatten":
        close = _close(_held(frame))
        return tr(
            "{how}: would {cancel} and {close}", how=how, cancel=_cancel(working), close=close
        )
    adding = [order for order in working if not order.reduce_only]
    return tr("{how}: would halt the desk and {cancel}", how=how, cancel=_cancel(adding))


def result(step: Rehearsed) -> str:
    """How long it took."""
    held = tr(", {held_ms} ms of it held", held_ms=step.held_ms) if step.held_ms else ""
    name = _ACTIONS.get(step.action, step.action)
    return tr(
        "{name} was ready to send after {took_ms} ms{held}. Its key is real again.",
        name=name,
        took_ms=f"{step.took_ms:.0f}",
        held=held,
    )


def _working(frame: DeskFrame | None) -> list[OrderView]:
    return [] if frame is None else [o for o in frame.orders if o.status in WORKING]


def _held(frame: DeskFrame | None) -> list[PositionView]:
    if frame is None:
        return []
    watched = {account.account for account in frame.accounts if account.watched}
    return [position for position in frame.positions if position.account not in watched]


def _cancel(orders: list[OrderView]) -> str:
    named = [f"{word(o.side)} {o.quantity:f} {symbol(o.instrument)}" for o in orders]
    return tr("cancel {orders} orders", orders=len(orders)) + _list(named)


def _close(positions: list[PositionView]) -> str:
    named = [f"{p.quantity:+f} {symbol(p.instrument)}" for p in positions]
    return tr("close {positions} positions", positions=len(positions)) + _list(named)


def _list(named: list[str]) -> str:
    if not named:
        return ""
    return f" ({', '.join(named[:NAMED])}{', …' if len(named) > NAMED else ''})"
