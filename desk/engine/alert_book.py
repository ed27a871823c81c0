"""Alerts as the journal holds them: what is watched for, what was raised, what was seen."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec

from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.orders import Fill

KEPT = 200
"""Raised alerts that are kept in memory; the journal keeps all."""


class Raised(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was raised, as it is journaled."""

    number: int
    severity: str
    code: str
    message: str
    alert: str | None = None
    instrument: str | None = None
    account: str | None = None
    event_ms: int
    """Wall clock of what it is about."""
    latency_ms: int
    """From then until it was raised."""
    sound: bool = False
    more: int = 0
    """As many of the same kind followed so fast that they got no number of their own."""


class AlertChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a journal row changes about alerts."""

    rule: SetAlert | None = None
    removed: str = ""
    raised: tuple[Raised, ...] = ()
    more: tuple[tuple[int, int], ...] = ()
    """Number of a raised alert → how many like it followed without one."""
    seen: int = 0


class OwedFill(msgspec.Struct, frozen=True):
    """Fills that an alert waits to be raised for."""

    last: Fill
    count: int


class AlertBook:
    """The fold of all alert changes."""

    def __init__(self) -> None:
        self.rules: dict[str, SetAlert] = {}
        self.done: set[str] = set()
        """Alerts that are said once, and were."""
        self.raised: deque[Raised] = deque(maxlen=KEPT)
        """Oldest first."""
        self.last = 0
        """The highest number that was given."""
        self.seen = 0
        """Up to this number somebody has seen them."""
        self.owed: dict[str, OwedFill] = {}
        """Alert → fills that it was not raised for yet: a crash between the two loses none."""
        self.version = 0
        """Counts changes of the rules."""

    def fold(self, change: AlertChange) -> None:
        """Apply a change."""
        if change.rule is not None:
            self.rules[change.rule.id] = change.rule
            self.version += 1
        if change.removed:
            self.rules.pop(change.removed, None)
            self.done.discard(change.removed)
            self.owed.pop(change.removed, None)
            self.version += 1
        for one in change.raised:
            self._raise(one)
        if change.more:
            more = dict(change.more)
            kept = [
                msgspec.structs.replace(r, more=more.get(r.number, r.more)) for r in self.raised
            ]
            self.raised = deque(kept, maxlen=KEPT)
        self.seen = max(self.seen, change.seen)

    def _raise(self, one: Raised) -> None:
        self.raised.append(one)
        self.last = max(self.last, one.number)
        rule = self.rules.get(one.alert or "")
        if rule is None or one.code == BLIND:
            return
        self.owed.pop(rule.id, None)
        if not rule.repeats:
            self.done.add(rule.id)

    def fold_fill(self, fill: Fill) -> None:
        """Owe each alert that waits for such a fill its raising."""
        for rule in self.rules.values():
            if rule.kind is AlertKind.FILL and rule.id not in self.done and _is_meant(rule, fill):
                known = self.owed.get(rule.id)
                self.owed[rule.id] = OwedFill(fill, 1 if known is None else known.count + 1)

    def document(self) -> dict[str, Any]:
        """Return as plain values what is the same before and after a restart.

        What was raised is not: a start says again what still holds.
        """
        return {
            "rules": [msgspec.to_builtins(rule) for _, rule in sorted(self.rules.items())],
            "done": sorted(self.done),
            "owed": {name: owed.count for name, owed in sorted(self.owed.items())},
            "seen": self.seen,
        }


BLIND = "ALERT_BLIND"
"""Code of what is said of an alert that cannot see: it was not raised by that."""


def _is_meant(rule: SetAlert, fill: Fill) -> bool:
    return rule.instrument in {None, fill.instrument} and rule.account in {None, fill.account}
