"""The blotter: what was ordered, filled, refused, cancelled, closed out and paid, one list.

It is read from the journal, page by page; a window never holds more of it than it shows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk.model.command import Command
from desk.model.events import Denial

MOST_ROWS = 500
"""Of one page."""

KINDS = ("order", "fill", "denial", "cancel", "amend", "rejection", "close_out", "funding", "alert")


class BlotterFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wanted; each is empty where all is."""

    text: str = ""
    """In any word of a row, case ignored."""
    instrument: str = ""
    account: str = ""
    kinds: tuple[str, ...] = ()
    """Of `KINDS`."""
    side: str = ""
    """`BUY` or `SELL`."""
    from_ms: int | None = None
    to_ms: int | None = None
    """Wall clock, UTC; exclusive."""


class AskBlotter(Command, frozen=True, kw_only=True, tag="blotter"):
    """One page of the blotter, newest first; answered with a `BlotterPage` as plain values."""

    wanted: BlotterFilter = BlotterFilter()
    before_seq: int | None = None
    """Only rows of the journal before this one: the page after; None: from the newest."""
    after_seq: int = 0
    """Only rows behind this one: what has come since."""
    count: int = 100


class ExportBlotter(Command, frozen=True, kw_only=True, tag="export"):
    """Write the blotter into a CSV file in the desk folder's `exports`."""

    wanted: BlotterFilter = BlotterFilter()


class BlotterRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened."""

    seq: int
    """Of its journal row."""
    part: int = 0
    """A journal row may say several things."""
    time_ms: int
    kind: str
    """Of `KINDS`."""
    about: str
    """The journal's own word."""
    order_id: str = ""
    account: str = ""
    instrument: str = ""
    side: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    amount: Decimal | None = None
    """Money that moved: a fee (negative: paid), funding."""
    asset: str = ""
    text: str
    """In words: what it was, or every reason."""
    denials: tuple[Denial, ...] = ()
    details: dict[str, Any] = {}
    """What the decision was taken on: mark, its age, profile, hash, …"""


class BlotterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, newest first."""

    rows: list[BlotterRow]
    next_seq: int | None
    """Ask before this for more; None: there are none."""
    newest_seq: int
    """The journal's last row when it was read."""
