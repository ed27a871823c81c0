"""Commands about alerts: what to watch for, and that it was seen."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from desk.model.command import Command


class AlertKind(Enum):
    """What an alert of the trader's own watches."""

    PRICE = "price"
    """The mark; of spot the last trade."""
    SPREAD = "spread"
    """Best ask less best bid, a fraction of the middle."""
    FUNDING = "funding"
    """The rate for the next interval, a fraction."""
    LEVEL = "level"
    """An account's margin level becomes this or worse."""
    DISTANCE = "distance"
    """To the nearer of liquidation and common close-out, a fraction."""
    FILL = "fill"
    """Any fill, of an instrument or of all."""
    STALENESS = "staleness"
    """The mark of an instrument is not fresh any more."""


class SetAlert(Command, frozen=True, kw_only=True, tag="alert"):
    """Say so when something comes about; `id` names the alert, the same id replaces nothing."""

    kind: AlertKind
    instrument: str | None = None
    account: str | None = None
    above: Decimal | None = None
    """At or above this; one of the two for PRICE, SPREAD and FUNDING."""
    below: Decimal | None = None
    """At or below this; DISTANCE has this alone."""
    level: str = ""
    """Of LEVEL: `WARNING`, `MARGIN_CALL`, `CLOSE_OUT`."""
    note: str = ""
    sound: bool = True
    repeats: bool = False
    """Armed again once the condition has gone; else it is said once."""


class RemoveAlert(Command, frozen=True, kw_only=True, tag="alert_off"):
    """Watch for this no longer."""

    alert: str


class AcknowledgeAlert(Command, frozen=True, kw_only=True, tag="alert_seen"):
    """A person has seen what was raised, up to and including a number."""

    number: int
