"""What the window asks about the past: the moments of a day, the picture of one, and the proof.

Journal and film are read in a thread with handles of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from desk.app.filming import Filming
from desk.app.reading import Reading
from desk.app.records import MOST_LOOKED_AT, SLICE_ROWS
from desk.app.runtime import Runtime
from desk.engine.agreement import differences
from desk.engine.chart_views import charts_until
from desk.engine.moments import moments
from desk.engine.snapshot import DeskFrame, FilmFrame
from desk.engine.state import DeskState
from desk.io.anchor import read_anchor
from desk.io.film_format import FilmDamaged
from desk.io.film_reader import FilmDay, film_days
from desk.io.hong_kong import DAY_MS, day_of, day_start_ms
from desk.io.journal_chain import EMPTY
from desk.io.journal_pages import JournalPages
from desk.io.journal_reader import ANCHOR_FILE
from desk.io.journal_seals import Seal, read_seals
from desk.model.commands import AnyCommand
from desk.model.errors import InputError, JournalBroken
from desk.model.film import (
    MOST_MOMENTS,
    AskFilm,
    AskMoments,
    CheckFilm,
    DaySeal,
    FilmChecked,
    Moment,
    MomentsPage,
)
from desk.model.orders import OrderTerms

MOST_DAYS = 60
"""That can be chosen."""

_decode = msgspec.msgpack.Decoder(DeskFrame).decode


class Past:
    """Answers about journal and film."""

    def __init__(self, runtime: Runtime, folder: Path, filming: Filming) -> None:
        self._runtime, self._folder, self._filming = runtime, folder, filming
        self._reading = Reading(runtime, "The film is being read.")
        self._days: dict[str, FilmDay] = {}
        """The one that was looked at last."""
        self._replayed: DeskState | None = None
        self.show: Callable[[FilmFrame], None] = lambda frame: None
        """Where a picture goes: the window, if there is one."""

    def takes(self, command: AnyCommand, number: int | None) -> bool:
        """Take a command that is answered here; False if it is none."""
        begin = self._reading.begin
        if isinstance(command, AskMoments):
            begin(command, number, partial(self.page, command))
        elif isinstance(command, AskFilm):
            work = partial(self.picture, command, number or 0)
            begin(command, number, work, code="NO_FILM", done=partial(self._shown, command))
        elif isinstance(command, CheckFilm):
            begin(command, number, partial(self.check, command), code="NO_FILM")
        else:
            return False
        return True

    def _shown(self, asked: AskFilm, film: FilmFrame) -> None:
        """On the engine's own thread: candles are written there."""
        if asked.charts:
            desk = self._runtime.engine.desk
            charts = charts_until(desk, asked.charts, film.frame.wall_ms)
            frame = msgspec.structs.replace(film.frame, charts=charts)
            film = msgspec.structs.replace(film, frame=frame)
        self.show(film)

    async def stop(self) -> None:
        """Give up what is being read."""
        await self._reading.stop()

    # ---- moments ----------------------------------------------------------------------------

    def page(self, asked: AskMoments) -> MomentsPage:
        """Return one page of a day; blocks. Raises InputError, JournalError."""
        day = asked.day or day_of(self._runtime.clock.wall_ms())
        start_ms = _start_ms(day)
        anchor = read_anchor(self._folder / ANCHOR_FILE) or EMPTY
        with JournalPages(self._folder) as pages:
            newest = pages.newest_seq()
            first, end = pages.first_since(start_ms), pages.first_since(start_ms + DAY_MS)
            if asked.before_seq is not None:
                end = max(first, min(end, asked.before_seq))
            floor = max(first - 1, asked.after_seq)
            rows, next_seq = self._rows(pages, asked, floor, end)
            days = [*self._days_of(pages)]
        film = self._film(day)
        return MomentsPage(
            day=day,
            days=days,
            rows=rows,
            next_seq=next_seq,
            newest_seq=newest,
            anchor_seq=anchor.seq,
            anchor_hash=anchor.hash.hex(),
            seal=self._seal(day),
            film=film.spans(),
            film_note=" ".join([self._filming.note, *film.damage[-3:]]).strip(),
        )

    def _rows(
        self, pages: JournalPages, asked: AskMoments, floor: int, end: int
    ) -> tuple[list[Moment], int | None]:
        count, stop = max(1, min(asked.count, MOST_MOMENTS)), max(floor, end - 1 - MOST_LOOKED_AT)
        found: list[Moment] = []
        while end - 1 > stop and len(found) < count:
            self._reading.breathe()
            start = max(floor, end - 1 - SLICE_ROWS)
            for row in reversed(pages.between(start, end)):
                said = moments(row, self._terms)
                found += [m for m in reversed(said) if not asked.kinds or m.kind in asked.kinds]
            end = start + 1
        return found, end if end - 1 > floor else None

    def _days_of(self, pages: JournalPages) -> Iterator[str]:
        """Days that have rows or pictures, newest first."""
        known = {*film_days(self._folder)}
        seq = pages.newest_seq()
        while seq > 0 and len(known) < MOST_DAYS:
            day = day_of(pages.time_ms(seq))
            known.add(day)
            seq = pages.first_since(_start_ms(day)) - 1
        return iter(sorted(known, reverse=True))

    def _seal(self, day: str) -> DaySeal | None:
        """Return the seal of a day as it is written down, whatever the rows say now."""
        try:
            lines = reversed(read_seals(self._folder).splitlines())
            known = (msgspec.json.decode(line, type=Seal) for line in lines)
            found = next((seal for seal in known if seal.day == day), None)
        except (JournalBroken, msgspec.MsgspecError, UnicodeDecodeError):
            return None  # the desk has said what is wrong with it
        if found is None:
            return None
        return DaySeal(first_seq=found.first_seq, last_seq=found.last_seq, seal=found.seal)

    def _terms(self, order_id: str) -> OrderTerms | None:
        order = self._runtime.engine.desk.state.orders.get(order_id)
        return None if order is None else order.terms

    # ---- pictures ---------------------------------------------------------------------------

    def picture(self, asked: AskFilm, number: int) -> FilmFrame:
        """Return the picture that is asked for; blocks. Raises FilmMissing, OSError."""
        at_ms = asked.at_ms
        if asked.seq is not None:
            with JournalPages(self._folder) as pages:
                at_ms = pages.time_ms(asked.seq)
        film = self._film(day_of(at_ms))
        place = film.nearest(at_ms, asked.seq)
        return FilmFrame(number=number, frame=_frame(film, place), next_ms=film.next_ms(place))

    def _film(self, day: str) -> FilmDay:
        film = self._days.get(day) or FilmDay(self._folder, day)
        self._days = {day: film}
        for _ in film.look():
            self._reading.breathe()
        return film

    # ---- the proof --------------------------------------------------------------------------

    def check(self, asked: CheckFilm) -> FilmChecked:
        """Replay the journal as far as a picture knew it, and compare; blocks."""
        film = self._film(day_of(asked.at_ms))
        frame = _frame(film, film.nearest(asked.at_ms))
        state = self._state_at(frame.journal_seq)
        return FilmChecked(seq=frame.journal_seq, differences=differences(state, frame))

    def _state_at(self, seq: int) -> DeskState:
        """Return the desk as the journal's first rows make it; what was replayed serves again."""
        state, self._replayed = self._replayed, None
        if state is None or state.seq > seq:
            state = DeskState(self._runtime.engine.desk.catalogue)
        with JournalPages(self._folder) as pages:
            while state.seq < seq:
                self._reading.breathe()
                rows = pages.between(state.seq, min(seq, state.seq + SLICE_ROWS) + 1)
                if not rows:
                    break
                for row in rows:
                    state.apply(row)
        self._replayed = state
        return state


def _start_ms(day: str) -> int:
    try:
        return day_start_ms(day)
    except ValueError:
        raise InputError(source="day", expected="2026-11-28", found=day) from None


def _frame(film: FilmDay, place: int) -> DeskFrame:
    """Decode a picture. Raises FilmMissing, OSError."""
    try:
        return _decode(film.picture(place))
    except msgspec.DecodeError as error:
        raise FilmDamaged(f"it was taken by another version of the desk: {error}") from error
