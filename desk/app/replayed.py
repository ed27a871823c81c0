"""The desk on a recording: what venues sent then, through the same protocols, at the same pace.

The recording's first moment is when the feeds begin. Receipts are moved onto this machine's
boot-time clock, so that ages are what they were; faster than recorded, they are shorter by as
much. The wall clock is the recording's: dates and times to funding are those of that day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from desk.app.feeds import Feeds
from desk.app.options import Options
from desk.app.runtime import Runtime
from desk.app.terms import TermsStore
from desk.cli.shipped import shipped
from desk.io.capture_files import CaptureLine
from desk.io.captures import connections_in, format_of, listed_instruments, read_capture
from desk.io.clock import SystemClock
from desk.io.hftbacktest import with_answers
from desk.io.playing import TICK_NS, Player
from desk.log import LOG
from desk.model.catalogue import Catalogue
from desk.model.errors import InputError
from desk.model.instrument import Instrument
from desk.model.numbers import parse_decimal
from desk.venues.connections import venue_of

LARGEST_SPEED = 1000
_NS_PER_S = 1_000_000_000
_TURN = 256
"""Lines after which others get a turn, when many are due at once."""

_FIXED = ("kind", "contract", "contract_size", "base", "quote", "settle")
"""What an instrument is: a journal that has traded in it is read by this."""


class ReplayClock:
    """This machine's boot-time clock, and the wall clock of a recording."""

    def __init__(self, first_wall_ns: int, speed: float) -> None:
        self._first_wall_ns = first_wall_ns
        self._speed = speed
        self._machine = SystemClock()
        self._began_ns: int | None = None

    def begin(self) -> None:
        """Let the recording's first moment be now."""
        self._began_ns = self._machine.boot_ns()

    def boot_ns(self) -> int:
        """Nanoseconds since the machine booted."""
        return self._machine.boot_ns()

    def wall_ms(self) -> int:
        """Milliseconds since 1970, UTC, as they were."""
        began_ns = self._began_ns
        passed_ns = 0 if began_ns is None else self.boot_ns() - began_ns
        return (self._first_wall_ns + round(passed_ns * self._speed)) // 1_000_000

    def due_ns(self, ts_recv_ns: int) -> int:
        """Return when something happens again, on the boot-time clock."""
        assert self._began_ns is not None, "the recording has begun"
        return self._began_ns + round((ts_recv_ns - self._first_wall_ns) / self._speed)


class Recorded:
    """The recording that a desk is to live on; InputError for what is none."""

    def __init__(self, files: tuple[str, ...], speed: str | None) -> None:
        self.connections = _connections(files)
        self.catalogue = _catalogue(files)
        self.ended = ""
        """Why nothing more comes; empty while something does."""
        lines = _lines(files, self.connections, self._note_end)
        first = next(lines, None)
        if first is None:
            raise InputError(source=files[0], expected="a recording", found="nothing in it")
        self._lines = chain([first], lines)
        self.clock = ReplayClock(first.ts_recv_ns, _speed(speed))
        self.listed_ms = dict.fromkeys(_listed(files), first.ts_recv_ns // 1_000_000)
        """Connections whose instruments were recorded as they were listed, and when."""

    def lines(self) -> Iterator[CaptureLine]:
        """Yield what happened; what is damaged ends it, and `ended` says so."""
        try:
            yield from self._lines
        except InputError as error:
            self._note_end(str(error))
        self.ended = self.ended or "the recording has ended"

    def _note_end(self, why: str) -> None:
        LOG.warning("%s", why)
        self.ended = f"the recording has ended: {why}"


class ReplayedFeeds(Feeds):
    """Connections whose frames come from a recording; none leaves this process."""

    def __init__(
        self,
        recorded: Recorded,
        options: Options,
        runtime: Runtime,
        folder: Path,
        store: TermsStore,
        listed_ms: Mapping[str, int],
    ) -> None:
        super().__init__(options, runtime, folder, store, listed_ms)
        self._recorded = recorded
        self._players = {
            name: Player(listed.connection.protocol) for name, listed in self._connections.items()
        }

    async def run(self) -> None:
        """Feed the engine at the recorded pace; at the end nothing more comes, and data age."""
        clock = self._recorded.clock
        clock.begin()
        due = 0
        for line in self._recorded.lines():
            due_ns = clock.due_ns(line.ts_recv_ns)
            if due_ns > clock.boot_ns() or due >= _TURN:
                due = 0
                self._hand_on()
                await self._wait_until(due_ns)
            due += 1
            player = self._players.get(line.connection)
            if player is not None:
                player.take(line, due_ns)
        self._hand_on()
        self._note = self._recorded.ended

    async def _wait_until(self, due_ns: int) -> None:
        clock = self._recorded.clock
        while True:
            wait_ns = due_ns - clock.boot_ns()
            await asyncio.sleep(max(0, min(wait_ns, TICK_NS)) / _NS_PER_S)
            if wait_ns <= TICK_NS:
                return
            for player in self._players.values():
                player.tick(clock.boot_ns())
            self._hand_on()

    def _hand_on(self) -> None:
        for player in self._players.values():
            if events := player.events_received():
                self._runtime.hear(events)


def _connections(files: tuple[str, ...]) -> list[str]:
    kind = format_of(files[0])
    known = shipped().catalogue.connections()
    found = [c for c in connections_in(files, kind) if c in known]
    if not found:
        raise InputError(
            source=files[0],
            expected=f"frames of {', '.join(known)}",
            found="none that tell where they come from",
        )
    return found


def _lines(
    files: tuple[str, ...], connections: list[str], torn: Callable[[str], None]
) -> Iterator[CaptureLine]:
    kind = format_of(files[0])
    lines = read_capture(files, kind, torn=torn)
    (only, *_) = connections
    if kind == "hftbacktest" and venue_of(only) == "binance":
        lines = with_answers(lines, only)
    return (line if line.connection else line._replace(connection=only) for line in lines)


def _catalogue(files: tuple[str, ...]) -> Catalogue:
    """Return the shipped instruments, those that were recorded in their terms of then."""
    known = {instrument.id: instrument for instrument in shipped().catalogue.all()}
    for instruments in _listed(files).values():
        for instrument in instruments:
            _check(files[0], instrument, known.get(instrument.id, instrument))
            known[instrument.id] = instrument
    return Catalogue(list(known.values()), shipped().catalogue.as_of)


def _listed(files: tuple[str, ...]) -> dict[str, list[Instrument]]:
    """Return the instruments as they were recorded, by connection; other formats have none."""
    return listed_instruments(files) if format_of(files[0]) == "desk" else {}


def _check(source: str, recorded: Instrument, known: Instrument) -> None:
    for field in _FIXED:
        if getattr(recorded, field) != getattr(known, field):
            raise InputError(
                source=source,
                field=f"{recorded.id} {field}",
                expected=str(getattr(known, field)),
                found=str(getattr(recorded, field)),
            )


def _speed(text: str | None) -> float:
    speed = parse_decimal(text or "1")
    if speed is None or not 1 <= speed <= LARGEST_SPEED:
        # Slower, every mark would seem to grow old.
        raise InputError(source="--speed", expected=f"1 to {LARGEST_SPEED}", found=text or "")
    return float(speed)
