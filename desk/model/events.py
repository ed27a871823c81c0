"""Events: what happened, in the past tense; pushed at once, in order, never conflated.

`command` is the number of the input line or window request that an event answers, or None
when it happened on its own. `seq` is the journal's last sequence number when it was written.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.model.orders import Fill, OrderStatus, OrderTerms


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why the desk refuses, in the words the trader reads."""

    code: str
    """Stable and machine-readable: `STALE_MARK`, `MARGIN_AFTER_FILL`, …"""
    rule: str
    """The rule id of the profile: `ord.price_collar`, …"""
    message: str
    limit: str | None = None
    actual: str | None = None
    origin: str = "HOUSE"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all events."""

    command: int | None = None
    seq: int = 0


class Acknowledged(Event, frozen=True, kw_only=True, tag="ack"):
    """A command was carried out and is durable (unless `durable` is False)."""

    about: str
    """The command's word: `deposit`, `order`, `kill`, …"""
    id: str
    data: dict[str, Any] = {}
    durable: bool = True


class Denied(Event, frozen=True, kw_only=True, tag="denial"):
    """A command was refused, with every reason."""

    about: str
    id: str
    denials: list[Denial]
    data: dict[str, Any] = {}
    """`before` and `after`: the account's rows, where a change of its terms is denied."""


class Answered(Event, frozen=True, kw_only=True, tag="status"):
    """The answer to a question."""

    about: str
    data: dict[str, Any]


class OrderChanged(Event, frozen=True, kw_only=True, tag="order"):
    """An order moved to a new state."""

    order: OrderTerms
    status: OrderStatus
    filled: Decimal
    reason: str = ""


class Filled(Event, frozen=True, kw_only=True, tag="fill"):
    """An order was executed, in whole or in part."""

    fill: Fill


class LevelChanged(Event, frozen=True, kw_only=True, tag="level"):
    """An account crossed a margin level."""

    account: str
    before: str
    after: str
    marks: dict[str, str]
    """The marks that decided it, by instrument."""


class StateChanged(Event, frozen=True, kw_only=True, tag="state"):
    """The desk state or its latches changed."""

    before: str
    after: str
    reason: str


class Alerted(Event, frozen=True, kw_only=True, tag="alert"):
    """Something a trader should know now."""

    severity: str
    """`info`, `warning`, `danger`."""
    message: str
    code: str = ""
    alert: str | None = None
    """The trader's own alert that raised it."""
    number: int | None = None
    """Counts what was ever raised on this desk, so that it can be acknowledged."""
    sound: bool = False
    latency_ms: int | None = None
    """From what it is about until it was raised."""
    instrument: str | None = None
    account: str | None = None
    event_ms: int | None = None
    """Wall clock of what it is about; None: when it was raised."""


class Previewed(Event, frozen=True, kw_only=True, tag="preview"):
    """What an order would do: `before` and `after` are account rows of the risk report."""

    id: str
    accepted: bool
    denials: list[Denial]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    cost: dict[str, Any]
    """`quantity`, `notional`, `expected_price`, `slippage_bps`, `fee`; None where unknown."""


class ClosingAsked(Event, frozen=True, kw_only=True, tag="closing"):
    """Before leaving: what would be left working or open."""

    orders: list[str]
    positions: list[str]
    unknown: list[str] = []
    """Of the orders those of which nobody knows whether the venue has them."""
    programs: list[str] = []
    """Of the orders those that are ladders and TWAPs with parts yet to send."""


AnyEvent: TypeAlias = (
    Acknowledged
    | Denied
    | Answered
    | OrderChanged
    | Filled
    | LevelChanged
    | StateChanged
    | Alerted
    | Previewed
    | ClosingAsked
)
