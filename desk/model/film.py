"""The day as it was: what happened, and the picture that the screen showed then.

Moments come from the journal, which is the authority; pictures come from the film beside it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from desk.model.chart_wanted import ChartWanted
from desk.model.command import Command
from desk.model.events import Denial

MOST_MOMENTS = 500
"""Of one page."""

MOMENT_KINDS = (
    "order", "fill", "denial", "cancel", "amend", "rejection", "close_out", "level", "state",
    "alert", "funding", "money", "setting",
)  # fmt: skip


class AskMoments(Command, frozen=True, kw_only=True, tag="moments"):
    """One page of what happened on a day, newest first; answered with `MomentsPage`."""

    day: str = ""
    """`YYYY-MM-DD`, 00:00 to 24:00 in Hong Kong; empty: today."""
    kinds: tuple[str, ...] = ()
    """Of `MOMENT_KINDS`; empty: all."""
    before_seq: int | None = None
    """Only rows of the journal before this one: the page after; None: from the newest."""
    after_seq: int = 0
    """Only rows behind this one: what has come since."""
    count: int = MOST_MOMENTS


class AskFilm(Command, frozen=True, kw_only=True, tag="film"):
    """The picture of a moment; answered by a `FilmFrame`, or denied with the reason."""

    at_ms: int = 0
    """Wall clock: the last picture at or before it."""
    seq: int | None = None
    """Of a row of the journal: the first picture that shows it. Goes before `at_ms`."""
    charts: list[ChartWanted] = msgspec.field(default_factory=list[ChartWanted])
    """Candles to put into the picture, those that were over then; the film itself has none."""


class CheckFilm(Command, frozen=True, kw_only=True, tag="film_check"):
    """Does a picture show what the journal says? Answered with `FilmChecked`."""

    at_ms: int
    """Wall clock of the picture."""


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened, as the journal has it."""

    seq: int
    part: int = 0
    """A row of the journal may say several things."""
    time_ms: int
    kind: str
    """Of `MOMENT_KINDS`."""
    text: str
    """A sentence; of a denial with its codes."""
    order_id: str = ""
    account: str = ""
    instrument: str = ""
    denials: tuple[Denial, ...] = ()
    asked: dict[str, Any] = {}
    """The command that was denied, as it came."""


class FilmSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that was filmed without a hole."""

    from_ms: int
    to_ms: int


class DaySeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished day came to, as the file of seals has it."""

    first_seq: int
    last_seq: int
    seal: str


class MomentsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one day, newest first, and what is known of its film."""

    day: str
    days: list[str]
    """That can be chosen, newest first."""
    rows: list[Moment]
    next_seq: int | None
    """Ask before this for more of the day; None: there is no more."""
    newest_seq: int
    """The journal's last row when it was read."""
    anchor_seq: int
    """The last row that was sealed: its number and hash lie in a file of their own."""
    anchor_hash: str
    seal: DaySeal | None = None
    """Of the day; None: it is not finished, or had no rows."""
    film: list[FilmSpan]
    film_note: str
    """Why there is no film, or what of it is damaged, in sentences; empty: nothing is wrong."""


class FilmChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A picture beside the journal, replayed as far as the picture knew it."""

    seq: int
    differences: list[str]
    """Sentences; none: they agree."""
