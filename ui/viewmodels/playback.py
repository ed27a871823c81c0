"""Playing the film: which picture is wanted next, and what the strip says of it. No Qt, no clock.

One question at a time: what is asked for while another is on its way waits, and the newest of what
waits is asked. A picture that was not asked for last is not shown.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from desk.engine.snapshot import DeskFrame, FilmFrame
from desk.model.command import Command
from desk.model.commands import ChartWanted
from desk.model.events import Alerted, AnyEvent, Filled, LevelChanged, StateChanged
from desk.model.film import AskFilm, CheckFilm, FilmChecked
from desk.model.numbers import plain
from ui.viewmodels.banner import Banner
from ui.viewmodels.names import word
from ui.viewmodels.text import symbol
from ui.viewmodels.tone import LEVEL_WORDS
from ui.viewmodels.translation import said, tr

SPEEDS = (1, 2, 5, 10, 30, 60)
HOLE_MS = 45_000
"""Longer without a picture is passed over while it plays."""

Send = Callable[[Command], int | None]


class Playback:
    """Where the replay stands."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.charts: Callable[[], list[ChartWanted]] = list
        """What the charts want with the next picture."""
        self.speed = 1
        self.reset()

    def reset(self) -> None:
        """Nothing is shown; answers that are on their way are nobody's."""
        self.frame: DeskFrame | None = None
        self.at_ms = 0
        """Wall clock that the replay has come to."""
        self.playing = False
        self.agreement = ""
        """What the proof said of the picture; empty: it was not asked, or not answered yet."""
        self.agrees = True
        self.trouble = ""
        """Why the last picture that was asked for is not there."""
        self._next_ms: int | None = None
        self._asked: int | None = None
        self._wanted: AskFilm | None = None
        self._check: int | None = None

    # ---- asking -----------------------------------------------------------------------------

    def go(self, *, at_ms: int = 0, seq: int | None = None) -> None:
        """Show a time, or the picture that shows a row of the journal first."""
        self.at_ms = at_ms or self.at_ms
        self._wanted = AskFilm(at_ms=at_ms, seq=seq)
        self._ask()

    def advance(self, elapsed_ms: int) -> None:
        """Time has passed while it plays."""
        if not self.playing or self._asked is not None:
            return
        self.at_ms += elapsed_ms * self.speed
        if self._next_ms is None:
            self.playing = False
            return
        if self._next_ms - self.at_ms > HOLE_MS:
            self.at_ms = self._next_ms
        if self.at_ms >= self._next_ms:
            self._wanted = AskFilm(at_ms=self.at_ms)
            self._ask()

    def _ask(self) -> None:
        if self._asked is None and self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self._asked = self._send(msgspec.structs.replace(wanted, charts=self.charts()))

    def check(self) -> None:
        """Ask whether the picture agrees with the journal; once it stands still."""
        if self.frame is not None and self._check is None and not self.agreement:
            self._check = self._send(CheckFilm(at_ms=self.frame.wall_ms))

    # ---- answers ----------------------------------------------------------------------------

    def take(self, film: FilmFrame) -> bool:
        """Take a picture; False if it is not the one that was asked for last."""
        if film.number != self._asked:
            return False
        self._asked = None
        if self._wanted is not None:  # somebody has gone elsewhere meanwhile
            self._ask()
            return False
        if film.frame != self.frame:
            self.agreement, self._check = "", None
        self.frame, self._next_ms, self.trouble = film.frame, film.next_ms, ""
        if not self.playing or film.frame.wall_ms > self.at_ms:
            self.at_ms = film.frame.wall_ms
        return True

    def take_denial(self, command: int | None, words: str) -> bool:
        """The picture cannot be had; True if it was ours."""
        if command is None or command not in {self._asked, self._check}:
            return False
        if command == self._asked:
            self._asked, self.playing, self.trouble = None, False, words
            self._ask()
        else:
            self._check, self.agreement, self.agrees = None, words, False
        return True

    def take_check(self, command: int | None, checked: FilmChecked) -> bool:
        """The proof has been made; True if it is of the picture that is shown."""
        if command is None or command != self._check:
            return False
        self._check = None
        seq = f"{checked.seq:,}"
        self.agrees = not checked.differences
        if self.agrees:
            self.agreement = tr("agrees with the journal at #{seq}", seq=seq)
        else:
            head = tr("DIFFERS from the journal at #{seq}:", seq=seq)
            self.agreement = " ".join((head, *map(said, checked.differences)))
        return True


def live_news(event: AnyEvent) -> str:
    """What of the live desk must be seen over a replay, in a sentence; empty: it may wait."""
    if isinstance(event, Filled):
        fill = event.fill
        return tr(
            "{side} {quantity} {instrument} filled at {price}",
            side=word(fill.side.value),
            quantity=plain(fill.quantity),
            instrument=symbol(fill.instrument),
            price=plain(fill.price),
        )
    if isinstance(event, LevelChanged) and event.after != "NORMAL":
        return f"{event.account}: {LEVEL_WORDS.get(event.after, event.after)}"
    if isinstance(event, StateChanged):
        return f"{word(event.after)}: {said(event.reason)}"
    if isinstance(event, Alerted) and event.severity == "danger":
        return said(event.message)
    return ""


def live_words(danger: Banner | None, happened: str) -> str:
    """What stands on the live desk, and what happened there last; empty: neither."""
    standing = () if danger is None else (danger.subject, danger.countdown)
    return " · ".join(filter(None, (*standing, happened)))


class Pictures(msgspec.Struct):
    """What the panels of a replay follow in place of the pump: pictures of the past alone."""

    frame: DeskFrame | None = None
    selected: str | None = None
    charts: list[ChartWanted] = msgspec.field(default_factory=list[ChartWanted])
    streams: bool = False
