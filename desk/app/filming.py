"""The film: which pictures of the desk are kept, taken from those that the window was sent.

One at each moment that matters, which is a new row of the journal; one every two seconds while
anything changes, every half minute while nothing does. What the window was sent is what it showed,
and costs nothing more to build; where no window takes pictures they are built here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from desk.app.runtime import Runtime
from desk.engine.frame import build_frame
from desk.engine.quality import FeedNote
from desk.engine.snapshot import DeskFrame
from desk.io.film_writer import FilmBounds, FilmStopped, FilmWriter
from desk.model.commands import NextFrame
from desk.model.events import Alerted, AnyEvent
from desk.redaction import redacted

EVERY_S = 2.0
IDLE_S = 30.0
CROWDED_S = 0.1
"""Least time between two moments: a storm of fills is a few pictures a second."""
SENT_WITHIN_S = 0.12
"""A window that takes pictures has been sent one by then."""
WAIT_AFTER_STOP_S = 10.0
MOST_WAITING = 64
"""Pictures that wait for the disk; beyond it they are left out."""


class Filming:
    """Decides, and writes in a thread."""

    def __init__(
        self,
        runtime: Runtime,
        folder: Path,
        notes: Callable[[], Mapping[str, FeedNote]],
        bounds: FilmBounds | None = None,
    ) -> None:
        self.note = ""
        """Why nothing is filmed now; empty: it is."""
        self._runtime, self._notes = runtime, notes
        self._writer = FilmWriter(folder, bounds)
        self._encode = msgspec.msgpack.Encoder().encode
        self._wanted = NextFrame()
        self._waiting: deque[DeskFrame] = deque()
        self._woken, self._moment = asyncio.Event(), asyncio.Event()
        self._writing = threading.Lock()
        self._taken_s = self._seen_s = -IDLE_S
        self._seq = self._messages = -1
        """Of the last picture taken."""
        runtime.listeners.append(self._hear)

    def _hear(self, event: AnyEvent) -> None:
        """Wake up for what the journal has and no picture yet."""
        if event.seq > self._seq:
            self._moment.set()

    def see(self, frame: DeskFrame, wanted: NextFrame) -> None:
        """The window was sent this picture: keep it if one is due."""
        self._wanted = wanted
        self._seen_s = _now_s()
        if self._is_due(frame.journal_seq, frame.messages):
            self._take(frame)

    def _is_due(self, seq: int, messages: int) -> bool:
        gone_s = _now_s() - self._taken_s
        if seq != self._seq:
            return gone_s >= CROWDED_S
        return gone_s >= (EVERY_S if messages != self._messages else IDLE_S)

    def _take(self, frame: DeskFrame) -> None:
        self._taken_s = _now_s()
        self._seq, self._messages = frame.journal_seq, frame.messages
        if len(self._waiting) >= MOST_WAITING:
            self.note = "The film stands still: the disk does not keep up."
            return
        self._waiting.append(msgspec.structs.replace(frame, charts=[]))
        self._woken.set()

    # ---- where no window takes pictures -----------------------------------------------------

    async def run(self) -> None:
        """Watch and write for ever; what fails here is said, and stops the film alone."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._write())
        except* Exception as failed:
            self.note = redacted(f"The film has ended: {failed.exceptions[0]!r}.")
            self._runtime.tell(Alerted(severity="warning", message=self.note, code="FILM"))
            raise

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):  # not wait_for: in 3.11 that may lose a cancellation
                async with asyncio.timeout(EVERY_S):
                    await self._moment.wait()
            self._moment.clear()
            if self._is_watched(1.0):
                await asyncio.sleep(SENT_WITHIN_S)
            await asyncio.sleep(max(0.0, CROWDED_S - (_now_s() - self._taken_s)))
            desk = self._runtime.engine.desk
            if not self._is_watched(SENT_WITHIN_S) and self._is_due(
                desk.state.seq, desk.market.events
            ):
                self._take(self._built())

    def _is_watched(self, within_s: float) -> bool:
        """Whether a window was sent a picture so lately."""
        return _now_s() - self._seen_s < within_s

    def _built(self) -> DeskFrame:
        """Build what the window was last shown, as it is now."""
        desk = self._runtime.engine.desk
        wanted = msgspec.structs.replace(self._wanted, charts=[])
        return build_frame(desk, wanted, number=0, engine_ms=0.0, notes=self._notes())

    # ---- the disk ---------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            if not await asyncio.to_thread(self._write_waiting):
                await asyncio.sleep(WAIT_AFTER_STOP_S)
                self._waiting.clear()

    def _write_waiting(self) -> bool:
        """Write what waits; False: there is no room for it."""
        with self._writing:  # a thread that was given up goes on
            return self._write_all()

    def _write_all(self) -> bool:
        while self._waiting:
            frame = self._waiting[0]
            try:
                self._writer.write(self._encode(frame), frame.wall_ms, frame.journal_seq)
            except FilmStopped as stopped:
                self.note = str(stopped)
                return False
            self._waiting.popleft()
            self.note = ""
        return True

    async def stop(self) -> None:
        """Write what waits, and close."""
        await asyncio.to_thread(self._write_waiting)
        self._writer.close()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
