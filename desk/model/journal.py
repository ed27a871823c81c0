"""Journal entries: what the journal is given, and what it gives back."""

from __future__ import annotations

from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened and must survive: one command or one venue outcome."""

    type: str
    """`deposit`, `order`, `cancel`, `fill`, `kill`, `denial`, `level`, …"""
    data: dict[str, Any]
    """Plain JSON values; numbers that count are strings."""
    id: str | None = None
    """The client id of the command that caused it."""
    account: str | None = None
    time_ms: int = 0
    """Wall clock, UTC; given by the engine from the last clock message."""
    reserve: bool = False
    """May use the reserve of a full disk: cancels, reducing orders, fills, state changes."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as stored: numbered and chained."""

    seq: int
    """1, 2, 3, … without holes."""
    entry: Entry
    hash: str
    """SHA-256 over the previous row's hash and this row's content, hex."""
