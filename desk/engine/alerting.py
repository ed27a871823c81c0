"""Every alert on its way out: numbered, kept for the list, and recorded a moment later.

The trader hears first; the row follows with the next tick. What repeats too fast gets no number
of its own: it is counted on the last that had one, so that a flapping condition floods neither
journal nor list.
"""

from __future__ import annotations

import msgspec

from desk.engine.alert_book import AlertChange, Raised
from desk.engine.alert_watch import AlertWatch
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.engine.still_true import still_true
from desk.model.events import Alerted, AnyEvent
from desk.model.market_data import MarketEvent

MOST = 10
"""Alerts of one kind that get a number within `WINDOW_NS`."""

WINDOW_NS = 60_000_000_000


class _Pace(msgspec.Struct):
    since_ns: int
    count: int = 0
    number: int = 0
    """Of the last that had one."""
    more: int = 0


class Alerting:
    """Numbers what is raised and records it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watch = AlertWatch(desk)
        self._paces: dict[str, _Pace] = {}
        self._pending: list[Raised] = []
        self._started = False

    def heard(self, event: MarketEvent) -> None:
        """Look at the alerts that a message is about."""
        if self._desk.state.alerts.rules:
            self._watch.heard(event)

    def look(self) -> Plan | None:
        """Return the next to say or to record, or None."""
        if not self._started:
            self._started = True
            if said := still_true(self._desk):
                return Plan(about="alert", events=[*said])
        # Said first, recorded then: a row settles every fill that its alert was owed.
        if self._desk.state.alerts.rules and (due := self._watch.take()):
            return Plan(about="alert", events=[*due])
        return self._record() if self._pending or self._paces else None

    def stamped(self, events: list[AnyEvent]) -> list[AnyEvent]:
        """Give every alert among events its number and its latency."""
        return [self._stamp(e) if isinstance(e, Alerted) else e for e in events]

    def _stamp(self, event: Alerted) -> Alerted:
        desk = self._desk
        latency_ms = event.latency_ms or 0
        sound = event.sound if event.alert is not None else event.severity == "danger"
        event = msgspec.structs.replace(event, latency_ms=latency_ms, sound=sound)
        key = event.alert or f"{event.code} {event.account or ''} {event.instrument or ''}"
        pace = self._paces.setdefault(key, _Pace(since_ns=desk.now_ns))
        if pace.count >= MOST:
            pace.more += 1
            return event
        pace.count += 1
        pace.number = desk.state.alerts.last + len(self._pending) + 1
        self._pending.append(
            Raised(
                number=pace.number,
                severity=event.severity,
                code=event.code,
                message=event.message,
                alert=event.alert,
                instrument=event.instrument,
                account=event.account,
                event_ms=event.event_ms or desk.wall_ms - latency_ms,
                latency_ms=latency_ms,
                sound=sound,
            )
        )
        return msgspec.structs.replace(event, number=pace.number)

    def _record(self) -> Plan | None:
        """Return the row of what was raised; what cannot be written is on the list all the same."""
        raised, self._pending = tuple(self._pending), []
        more = self._ended_paces()
        if not raised and not more:
            return None
        change = AlertChange(raised=raised, more=more)
        what = {"raised": [one.message for one in raised]}
        plan = Plan(about="alert", stands=True)
        of_the_desk = any(one.alert is None for one in raised)
        plan.add(
            "alert",
            Change(what=what, alerts=change),
            time_ms=self._desk.wall_ms,
            reserve=of_the_desk,  # the trader's own must not use up what a way out may need
        )
        return plan

    def _ended_paces(self) -> tuple[tuple[int, int], ...]:
        now_ns = self._desk.now_ns
        ended = [k for k, pace in self._paces.items() if now_ns - pace.since_ns >= WINDOW_NS]
        paces = [self._paces.pop(key) for key in ended]
        return tuple((pace.number, pace.more) for pace in paces if pace.more)
