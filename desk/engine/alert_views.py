"""Alerts as the frame shows them."""

from __future__ import annotations

from desk.engine.alert_book import Raised
from desk.engine.alert_sight import Sight, look
from desk.engine.alert_snapshot import AlertRuleView, AlertView
from desk.engine.desk import Desk
from desk.model.alert_commands import SetAlert

SEEN_SHOWN = 20
"""Alerts that somebody has seen and that a frame still carries."""


def alert_rule_views(desk: Desk) -> list[AlertRuleView]:
    """Return all that is watched for, with what it looks at now."""
    return [_rule_view(desk, rule) for rule in desk.state.alerts.rules.values()]


def _rule_view(desk: Desk, rule: SetAlert) -> AlertRuleView:
    sight = look(desk, rule)
    return AlertRuleView(
        id=rule.id,
        kind=rule.kind.value,
        instrument=rule.instrument,
        account=rule.account,
        above=rule.above,
        below=rule.below,
        level=rule.level,
        note=rule.note,
        sound=rule.sound,
        repeats=rule.repeats,
        state=_state(desk, rule, sight),
        value=sight.value,
    )


def _state(desk: Desk, rule: SetAlert, sight: Sight) -> str:
    if rule.id in desk.state.alerts.done:
        return "DONE"
    if sight.holds is None:
        return "BLIND"
    return "RAISED" if sight.holds else "WATCHING"


def alert_views(desk: Desk) -> list[AlertView]:
    """Return what was raised, newest first: all that is kept unseen, and some that was seen."""
    book = desk.state.alerts
    unseen = [one for one in book.raised if one.number > book.seen]
    seen = [one for one in book.raised if one.number <= book.seen][-SEEN_SHOWN:]
    return [_view(one, seen=one.number <= book.seen) for one in reversed([*seen, *unseen])]


def _view(one: Raised, *, seen: bool) -> AlertView:
    more = f" (and {one.more} more)" if one.more else ""
    return AlertView(
        number=one.number,
        severity=one.severity,
        code=one.code,
        message=f"{one.message}{more}",
        alert=one.alert,
        instrument=one.instrument,
        account=one.account,
        event_ms=one.event_ms,
        latency_ms=one.latency_ms,
        sound=one.sound,
        seen=seen,
    )
