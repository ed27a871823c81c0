"""The trader's alerts: looked at with every message they are about, and as time passes.

An alert speaks when its condition comes about, and again only after the condition has been gone,
seen to be gone, for a moment. One that cannot see says so once.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import msgspec

from desk.engine.alert_book import BLIND
from desk.engine.alert_sight import BY_MARKET, Sight, against, look, sight
from desk.engine.desk import Desk
from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.events import Alerted
from desk.model.market_data import FeedStatus, InstrumentListed, MarketEvent
from desk.model.numbers import grouped, plain

EVERY_NS = 250_000_000
"""Distance of two looks by the clock."""

GONE_NS = 3_000_000_000
"""A condition that has not held for so long may be said again."""

BLIND_NS = 5_000_000_000
"""An alert that has seen nothing for so long says so."""

MS = 1_000_000

_SEVERITY = {
    AlertKind.LEVEL: "danger",
    AlertKind.DISTANCE: "danger",
    AlertKind.FILL: "info",
}


class _Memory(msgspec.Struct):
    """What is remembered of one alert between two looks."""

    spoken: bool = False
    """It has said that its condition holds, which has not been gone since."""
    gone_ns: int | None = None
    blind_ns: int | None = None
    blind_said: bool = False
    told_fills: int = 0
    last_fill: str = ""
    """The last fill that was said."""


class AlertWatch:
    """Watches for all that the trader has set."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._memory: dict[str, _Memory] = {}
        self._by_instrument: dict[str, list[SetAlert]] = {}
        self._of_fills: list[SetAlert] = []
        self._seen: dict[tuple[str, AlertKind], Sight] = {}
        """What was seen with the last message that changed it."""
        self._version = -1
        self._looked_ns = -EVERY_NS
        self._due: list[Alerted] = []

    def heard(self, event: MarketEvent) -> None:
        """Look at the alerts of the instrument that a message is about: no spike is missed."""
        self._follow()
        if isinstance(event, FeedStatus | InstrumentListed):
            return
        seen: dict[AlertKind, Sight | None] = {}
        for rule in self._by_instrument.get(event.instrument, ()):
            kind = rule.kind
            if kind not in seen:
                seen[kind] = self._new_sight(event.instrument, rule)
            if (found := seen[kind]) is not None:
                self._judge(rule, against(rule, found))

    def _new_sight(self, instrument: str, rule: SetAlert) -> Sight | None:
        """Return what all alerts of a kind look at; None: a message has not changed it."""
        found = sight(self._desk, rule)
        if self._seen.get((instrument, rule.kind)) == found:
            return None
        self._seen[instrument, rule.kind] = found
        return found

    def take(self) -> list[Alerted]:
        """Return what has come about since it was asked last."""
        desk = self._desk
        self._follow()
        for rule in self._of_fills:
            if rule.id in desk.state.alerts.owed:
                self._filled(rule)
            else:
                self._memory[rule.id].told_fills = 0
        if desk.now_ns - self._looked_ns >= EVERY_NS:
            self._looked_ns = desk.now_ns
            for rule in desk.state.alerts.rules.values():
                if rule.kind is not AlertKind.FILL and rule.id not in desk.state.alerts.done:
                    self._judge(rule, look(desk, rule))
        due, self._due = self._due, []
        return due

    def _follow(self) -> None:
        """Take in what alerts there are now."""
        book = self._desk.state.alerts
        if self._version == book.version:
            return
        self._version = book.version
        self._seen = {}
        self._memory = {n: self._memory.get(n, _Memory()) for n in book.rules}
        by_instrument: defaultdict[str, list[SetAlert]] = defaultdict(list)
        for rule in book.rules.values():
            if rule.kind in BY_MARKET and rule.instrument is not None:
                by_instrument[rule.instrument].append(rule)
        self._by_instrument = dict(by_instrument)
        self._of_fills = [rule for rule in book.rules.values() if rule.kind is AlertKind.FILL]

    def _judge(self, rule: SetAlert, sight: Sight) -> None:
        memory, now_ns = self._memory[rule.id], self._desk.now_ns
        if rule.id in self._desk.state.alerts.done or (memory.spoken and not rule.repeats):
            return
        if sight.holds is None:
            memory.gone_ns = None  # what is not seen is not seen to be gone
            self._blind(rule, memory, sight)
            return
        memory.blind_ns, memory.blind_said = None, False
        if not sight.holds:
            memory.gone_ns = now_ns if memory.gone_ns is None else memory.gone_ns
            memory.spoken = memory.spoken and now_ns - memory.gone_ns < GONE_NS
            return
        memory.gone_ns = None
        if not memory.spoken:
            memory.spoken = True
            late_ns = now_ns - sight.event_ns if sight.event_ns else 0
            self._due.append(self._said(rule, _sentence(rule, sight), late_ns // MS))

    def _blind(self, rule: SetAlert, memory: _Memory, sight: Sight) -> None:
        now_ns = self._desk.now_ns
        memory.blind_ns = now_ns if memory.blind_ns is None else memory.blind_ns
        if memory.blind_said or now_ns - memory.blind_ns < BLIND_NS:
            return
        memory.blind_said = True
        message = f"Alert {rule.id} is blind: {sight.why}."
        late_ms = (now_ns - memory.blind_ns) // MS
        said = self._said(rule, message, late_ms)
        self._due.append(msgspec.structs.replace(said, code=BLIND, severity="warning"))

    def _filled(self, rule: SetAlert) -> None:
        desk, memory = self._desk, self._memory[rule.id]
        owed = desk.state.alerts.owed[rule.id]
        if owed.last.id == memory.last_fill or (memory.spoken and not rule.repeats):
            return  # said, and not journaled yet
        told = memory.told_fills if owed.count > memory.told_fills else 0
        memory.spoken, memory.told_fills, memory.last_fill = True, owed.count, owed.last.id
        others = owed.count - told - 1
        fill, more = owed.last, f" and {others} more" if others else ""
        message = (
            f"{fill.side.value} {plain(fill.quantity)} {fill.instrument} filled at "
            f"{plain(fill.price)}{more}{_noted(rule)}."
        )
        late_ms = max(0, desk.wall_ms - fill.time_ms)
        said = self._said(rule, message, late_ms)
        self._due.append(
            msgspec.structs.replace(said, instrument=fill.instrument, account=fill.account)
        )

    def _said(self, rule: SetAlert, message: str, late_ms: int) -> Alerted:
        return Alerted(
            severity=_SEVERITY.get(rule.kind, "warning"),
            message=message,
            code=f"ALERT_{rule.kind.name}",
            alert=rule.id,
            sound=rule.sound,
            latency_ms=late_ms,
            instrument=rule.instrument,
            account=rule.account,
            event_ms=self._desk.wall_ms - late_ms,
        )


def _sentence(rule: SetAlert, sight: Sight) -> str:
    value = Decimal(0) if sight.value is None else sight.value
    match rule.kind:
        case AlertKind.PRICE:
            said = f"{rule.instrument} is at {grouped(value)}, {_bound(rule, percent=False)}"
        case AlertKind.SPREAD:
            said = f"The spread of {rule.instrument} is {_percent(value)}, {_bound(rule)}"
        case AlertKind.FUNDING:
            said = f"The funding rate of {rule.instrument} is {_percent(value)}, {_bound(rule)}"
        case AlertKind.DISTANCE:
            what = f"{rule.account} {rule.instrument}" if rule.instrument else f"{rule.account}"
            said = f"{what} is {_percent(value)} from liquidation or close-out, {_bound(rule)}"
        case AlertKind.LEVEL:
            said = f"{rule.account} has reached {rule.level}"
        case AlertKind.STALENESS:
            said = f"The mark of {rule.instrument} is not fresh"
        case AlertKind.FILL:
            said = "Filled"
    return f"{said}{_noted(rule)}."


def _bound(rule: SetAlert, *, percent: bool = True) -> str:
    side, bound = ("above", rule.above) if rule.above is not None else ("below", rule.below)
    assert bound is not None, f"alert {rule.id} has no bound"
    return f"{side} {_percent(bound) if percent else grouped(bound)}"


def _percent(fraction: Decimal) -> str:
    return f"{plain(round(fraction * 100, 4))}%"


def _noted(rule: SetAlert) -> str:
    return f" ({rule.note})" if rule.note else ""
