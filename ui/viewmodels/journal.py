"""The journal of a day as rows and marks, and which page of it is wanted next. No Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from desk.model.film import AskMoments, DaySeal, FilmSpan, Moment, MomentsPage
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import clock, zone_name
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

DAY_MS = 86_400_000
LEAST_SPAN_MS = 60_000
"""Of the timeline: a day that has just begun is not all one place."""
MOST_AGAIN = 1_000
"""Of the newest moments that an answer may bring again."""
MOST_MOMENTS = 20_000
"""Of one day that the window holds; the newest."""

KINDS: dict[str, tuple[str, ...]] = {
    "all": (),
    "denials": ("denial", "rejection"),
    "fills": ("fill",),
    "orders": ("order", "cancel", "amend", "rejection"),
    "levels": ("level", "close_out", "state"),
    "alerts": ("alert",),
    "money": ("money", "funding"),
}
"""What the filter offers."""

MARKS: dict[str, tuple[str, Tone]] = {
    "denial": ("hollow", Tone.WARNING),
    "rejection": ("hollow", Tone.WARNING),
    "fill": ("circle", Tone.ACCENT),
    "level": ("triangle", Tone.DANGER),
    "close_out": ("square", Tone.DANGER),
    "state": ("square", Tone.WARNING),
}
"""Kinds that have a mark on the timeline: shape and hue, so that no hue stands alone."""

_TONES = {"denial": Tone.WARNING, "rejection": Tone.WARNING, "close_out": Tone.DANGER,
          "level": Tone.WARNING, "state": Tone.WARNING, "fill": Tone.TEXT}  # fmt: skip
_HONG_KONG = timezone(timedelta(hours=8))


def columns() -> tuple[Column, ...]:
    """Return the table's columns, in the trader's language."""
    return (
        Column("time", "{zone}", "88:88:88", Side.LEFT),
        Column("seq", tr("Row"), "88,888", keep=4),
        Column("kind", tr("Kind"), "close-out", Side.LEFT, keep=5),
        Column("text", tr("What"), "", Side.LEFT, width=120, grow=True),
    )


def kind_words() -> dict[str, str]:
    """Return the filter's choices in the trader's language."""
    return {
        "all": tr("all"),
        "denials": tr("denials"),
        "fills": tr("fills"),
        "orders": tr("orders"),
        "levels": tr("levels and states"),
        "alerts": tr("alerts"),
        "money": tr("money"),
    }


def key_of(moment: Moment) -> str:
    """Return the key of a moment's row."""
    return f"{moment.seq}.{moment.part}"


class Mark(msgspec.Struct, frozen=True):
    """One mark of the timeline."""

    time_ms: int
    shape: str
    tone: Tone


class JournalDay:
    """What has been read of one day, oldest first."""

    def __init__(self) -> None:
        self.day = ""
        self.days: list[str] = []
        self.moments: list[Moment] = []
        self.film: list[FilmSpan] = []
        self.film_note = ""
        self.anchor_seq, self.anchor_hash = 0, ""
        self.seal: DaySeal | None = None
        self.newest_seq = 0
        self.kinds: tuple[str, ...] = ()
        self.text = ""
        self._next: int | None = None
        self._generation = 0
        self._rows: dict[str, Row] = {}

    # ---- asking -----------------------------------------------------------------------------

    def begin(self, day: str) -> tuple[AskMoments, int]:
        """Turn to a day (empty: today); return the question and which generation it is of."""
        self._generation += 1
        self.day, self.moments, self.film, self._rows = day, [], [], {}
        self._next, self.newest_seq, self.seal = None, 0, None
        return AskMoments(day=day), self._generation

    def older(self) -> tuple[AskMoments, int] | None:
        """Ask for the page before the oldest; None: the day is here, or as much as is held."""
        if self._next is None or len(self.moments) >= MOST_MOMENTS:
            return None
        return AskMoments(day=self.day, before_seq=self._next), self._generation

    def newer(self) -> tuple[AskMoments, int]:
        """Ask for what has come since."""
        return AskMoments(day=self.day, after_seq=self.newest_seq), self._generation

    def take(self, data: dict[str, Any], asked: AskMoments, generation: int) -> bool:
        """Take an answer; False if it belongs to a day that is gone."""
        if generation != self._generation:
            return False
        page = msgspec.convert(data, MomentsPage)
        self.day, self.days = page.day, page.days
        self.film, self.film_note = page.film, page.film_note
        self.anchor_seq, self.anchor_hash, self.seal = page.anchor_seq, page.anchor_hash, page.seal
        rows = page.rows[::-1]
        if asked.after_seq and page.next_seq is None:
            known = {key_of(moment) for moment in self.moments[-MOST_AGAIN:]}
            self.moments += [moment for moment in rows if key_of(moment) not in known]
            self._forget_oldest()
        else:
            if asked.after_seq:
                # More has come than a page holds: what is held has a hole behind it, and goes.
                self.moments, self._rows = [], {}
            self.moments = rows + self.moments
            self._next = page.next_seq
        self.newest_seq = max(self.newest_seq, page.newest_seq)
        return True

    def _forget_oldest(self) -> None:
        """A desk that runs all day keeps no more than one that looks back."""
        for moment in self.moments[:-MOST_MOMENTS]:
            self._rows.pop(key_of(moment), None)
        del self.moments[:-MOST_MOMENTS]

    # ---- showing ----------------------------------------------------------------------------

    def rows(self) -> tuple[Row, ...]:
        """Return what passes the filter, newest first."""
        wanted = self.text.casefold()
        return tuple(
            self._row(moment)
            for moment in reversed(self.moments)
            if (not self.kinds or moment.kind in self.kinds)
            and (not wanted or wanted in _words(moment))
        )

    def _row(self, moment: Moment) -> Row:
        key = key_of(moment)
        if key not in self._rows:
            self._rows[key] = journal_row(moment)
        return self._rows[key]

    def of(self, key: str) -> Moment | None:
        """Return the moment of a row."""
        seq, _, part = key.partition(".")
        if not seq:
            return None
        place = bisect_left(self.moments, (int(seq), int(part)), key=lambda m: (m.seq, m.part))
        found = self.moments[place] if place < len(self.moments) else None
        return found if found is not None and key_of(found) == key else None

    def marks(self) -> tuple[Mark, ...]:
        """Return the marks of the timeline, oldest first."""
        return tuple(
            Mark(moment.time_ms, *MARKS[moment.kind])
            for moment in self.moments
            if moment.kind in MARKS
        )

    def step(self, from_ms: int, direction: int) -> Moment | None:
        """Return the next or previous moment that has a mark; None: there is none."""
        marked = [moment for moment in self.moments if moment.kind in MARKS]
        times = [moment.time_ms for moment in marked]
        after, before = bisect_right(times, from_ms), bisect_left(times, from_ms) - 1
        place = after if direction > 0 else before
        return marked[place] if 0 <= place < len(marked) else None

    def span(self) -> tuple[int, int]:
        """Return from when to when the timeline goes: what was filmed and what happened."""
        ends = [end for one in self.film for end in (one.from_ms, one.to_ms)]
        ends += [moment.time_ms for moment in (*self.moments[:1], *self.moments[-1:])]
        if not ends:
            return 0, DAY_MS
        return min(ends), max(*ends, min(ends) + LEAST_SPAN_MS)

    def chain_words(self) -> str:
        """Say that the chain holds, and the seal of the day or the chain's sealed end."""
        if self.seal is not None:
            return tr(
                "Day sealed · #{first}–#{last} · {hash}",
                first=f"{self.seal.first_seq:,}",
                last=f"{self.seal.last_seq:,}",
                hash=self.seal.seal[:12],
            )
        if not self.anchor_seq:
            return tr("No row is sealed yet.")
        return tr(
            "Chain verified · sealed to #{seq} · {hash}",
            seq=f"{self.anchor_seq:,}",
            hash=self.anchor_hash[:12],
        )

    def seal_text(self) -> str:
        """Return the seal of the day in full, to compare; nothing while there is none."""
        if self.seal is None:
            return ""
        return f"{self.day}  #{self.seal.first_seq}-#{self.seal.last_seq}  {self.seal.seal}"

    def film_words(self) -> str:
        """Say what there is of the film, or why there is none."""
        if self.film_note:
            return said(self.film_note)
        if not self.film:
            return tr("There is no film of this day.")
        first, last = self.film[0].from_ms, self.film[-1].to_ms
        return tr(
            "Film {first}–{last} {zone}", first=clock(first), last=clock(last), zone=zone_name()
        )


def journal_row(moment: Moment) -> Row:
    """Return one line."""
    tone = _TONES.get(moment.kind, Tone.TEXT2)
    kind = moment.kind.replace("_", "-")
    strong = moment.kind in {"denial", "close_out", "level"}
    return Row(
        key_of(moment),
        (
            Cell(clock(moment.time_ms), Tone.MUTED),
            Cell(f"#{moment.seq:,}", Tone.MUTED),
            Cell(word(kind), tone, strong=strong),
            Cell(said(moment.text), tone),
        ),
    )


def _words(moment: Moment) -> str:
    words = (moment.kind, moment.text, moment.order_id, moment.account, moment.instrument)
    return f"{' '.join(words)} #{moment.seq}".casefold()


def date_words(wall_ms: int) -> str:
    """Return a day in Hong Kong: `2026-11-28`."""
    return f"{datetime.fromtimestamp(wall_ms / 1_000, UTC).astimezone(_HONG_KONG):%Y-%m-%d}"
