"""What the engine is told. Everything arrives as a message, time included."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from desk.model.commands import AnyCommand
from desk.model.events import AnyEvent
from desk.model.journal import Entry, Row
from desk.model.market_data import MarketEvent, PastCandle, PastFunding


class Clock(msgspec.Struct, frozen=True):
    """Time passed."""

    boot_ns: int
    wall_ms: int
    looks: bool = True
    """Whether the desk looks at itself, too: levels, close-outs, programs, alerts. Without, what
    is due at the venue happens, and no more."""


class Given(msgspec.Struct, frozen=True):
    """A command came in; `number` is the input line or window request that its answer names."""

    command: AnyCommand
    number: int | None = None


class Heard(msgspec.Struct, frozen=True):
    """A venue said something."""

    event: MarketEvent


class Committed(msgspec.Struct, frozen=True):
    """The entries of the last work are durable."""

    rows: list[Row]


class NotCommitted(msgspec.Struct, frozen=True):
    """They are not. `full`: the disk has no room for new risk; else nothing is durable more."""

    full: bool
    reason: str


class FailedBefore(msgspec.Struct, frozen=True):
    """The process before could not write its journal: the desk comes back halted."""

    reason: str


class Crashed(msgspec.Struct, frozen=True):
    """Something of ours failed, now or in the run before: no new risk until a person has looked."""

    process: str
    """`engine` or `window`."""
    what: str


class WindowChanged(msgspec.Struct, frozen=True):
    """A window was attached, or is gone."""

    attached: bool


class PastTold(msgspec.Struct, frozen=True, kw_only=True):
    """A venue answered what was before: for charts alone, no decision sees it."""

    instrument: str
    source: str = ""
    """Where candles come from that were not heard, a short sentence; empty: as before."""
    bar_s: int = 60
    candles: list[PastCandle] = []
    """Of `bar_s` seconds, in order."""
    fundings: list[PastFunding] = []


Message: TypeAlias = (
    Clock
    | Given
    | Heard
    | Committed
    | NotCommitted
    | FailedBefore
    | Crashed
    | WindowChanged
    | PastTold
)


class Work(msgspec.Struct, frozen=True):
    """What the engine wants done: entries to make durable (answer with Committed or
    NotCommitted before anything else), and events to hand on."""

    entries: list[Entry] = []
    events: list[AnyEvent] = []


NO_WORK = Work()
