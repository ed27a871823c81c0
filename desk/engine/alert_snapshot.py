"""Alerts as the frame shows them: what is watched for, and what was raised."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class AlertRuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that the trader has set."""

    id: str
    kind: str
    """A value of `AlertKind`."""
    instrument: str | None
    account: str | None
    above: Decimal | None
    below: Decimal | None
    level: str
    note: str
    sound: bool
    repeats: bool
    state: str
    """`WATCHING`, `RAISED` (its condition holds), `DONE` (said once), `BLIND` (nothing to see it
    by: no fresh figure)."""
    value: Decimal | None
    """What it looks at, now."""


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was raised, by a trader's alert or by the desk itself."""

    number: int
    """Counts what was ever raised on this desk."""
    severity: str
    """`info`, `warning`, `danger`."""
    code: str
    message: str
    alert: str | None
    """The trader's alert that raised it; None: the desk itself."""
    instrument: str | None
    account: str | None
    event_ms: int
    """Wall clock of what it is about."""
    latency_ms: int
    """From then until it was raised."""
    sound: bool
    seen: bool
