"""The engine's side of the window: frames by credit, events at once, and a crash survived."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import Self

import msgspec

from desk.app.noting import forget_latched, latch_crash
from desk.app.session import Session
from desk.app.window_process import RestartAllowance, WindowProcess
from desk.engine.frame import build_frame
from desk.engine.message import WindowChanged
from desk.engine.snapshot import EventMessage, FilmFrame, Hello, Request
from desk.io.pipe import WindowPipe
from desk.log import LOG, WINDOW
from desk.model.commands import AnyCommand, Heartbeat, NextFrame, WindowClosing, WindowFailed
from desk.model.events import Acknowledged, AnyEvent

LEAVING = WindowClosing.__struct_config__.tag
"""What the acknowledgement of a trader's leaving is about."""
REOPEN, STAY = "reopen", "stay"
"""A window that is closed to be opened again, with another language; also what that is
acknowledged as."""

FRAME_S = 1 / 60
"""Fastest frames."""
IDLE_FRAME_S = 0.05
"""Slowest: ages go on counting when nothing happens, and a mark that has just become stale is to be
seen so within a tenth of a second."""

START_S = 30.0
"""A window that has not said by then that it is whole is counted all the same: it may be lost."""

OLD_FRAME_NS = 1_000_000_000
"""A machine that slept while a frame was made: it shows a market that was live before."""


class Supervisor:
    """Serves one window at a time, and starts another when it crashes."""

    def __init__(self, session: Session, window: WindowProcess, restart_argv: list[str]) -> None:
        self.left = asyncio.Event()
        """The trader closed the window."""
        self._session = session
        self._runtime = session.runtime
        self._window = window
        self._restart_argv = restart_argv
        self._allowance = RestartAllowance()
        self._requests = msgspec.msgpack.Decoder(Request)
        self._commands = msgspec.msgpack.Decoder(AnyCommand)
        self._encode = msgspec.msgpack.Encoder().encode
        self._pipe: WindowPipe | None = None
        self._goodbye = False
        self._reopens = False
        """The window goes by the trader's wish, and another is to come."""
        self._starting: asyncio.TimerHandle | None = None
        """The window builds itself, and beats when it is whole: till then it is slow, not lost."""
        self._events = 0
        self._frames = 0
        self._wanted: NextFrame | None = None
        self._changed = True
        self._timer: asyncio.TimerHandle | None = None
        self._last_frame_s = 0.0
        self._engine_ms = 0.0
        self._restarting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._runtime.listeners.append(self._tell)
        self._runtime.on_change.append(self._note_change)
        self._session.past.show = self._show_film
        self._attach("")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._goodbye = True
        if self._restarting is not None:
            self._restarting.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._stop_waiting()
        if self._pipe is not None:
            self._pipe.close()
        await asyncio.to_thread(self._window.end)

    def _attach(self, crash_report: str) -> None:
        self._events = 0
        self._wanted = None
        self._pipe = WindowPipe(
            self._window.connection, on_message=self._take, on_closed=self._closed
        )
        self._reopens = False
        self._wait_for_word()
        hello = Hello(
            engine_pid=os.getpid(),
            desk_folder=str(self._session.folder),
            restart_argv=self._restart_argv,
            crash_report=crash_report,
            settings={k: str(v) for k, v in msgspec.to_builtins(self._session.chosen).items()},
        )
        self._pipe.send(self._encode(hello))

    def _take(self, message: bytes) -> None:
        try:
            request = self._requests.decode(message)
            command = self._commands.decode(request.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            assert self._pipe is not None
            self._pipe.close(f"the window sent what is no command: {error}")
            return
        if isinstance(command, Heartbeat):
            self._count()
        if isinstance(command, NextFrame):
            self._wanted = command
            self._session.feeds.chart(command.charts)
            self._schedule()
        elif isinstance(command, WindowClosing) and command.choice == REOPEN:
            self._reopens = True
            self._tell(Acknowledged(command=request.number, about=REOPEN, id=""))
        elif isinstance(command, WindowClosing) and command.choice == STAY:
            self._reopens = False
        else:
            self._runtime.give(command, request.number)
        if isinstance(command, WindowFailed):
            forget_latched(self._runtime, self._session.folder, WINDOW)

    def _wait_for_word(self) -> None:
        """A window is to come, and to say that it is whole; one that is ended before hands what is
        left of the time to the next."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().call_later(START_S, self._count)

    def _count(self) -> None:
        """From now on the window's silence means that nobody is there."""
        if self._stop_waiting():
            self._runtime.tick()
            self._runtime.process(WindowChanged(attached=True))
            LOG.info("the window is whole")

    def _stop_waiting(self) -> bool:
        """Wait for no window any more; whether one was waited for."""
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()
        return starting is not None

    def _tell(self, event: AnyEvent) -> None:
        if isinstance(event, Acknowledged) and event.about == LEAVING:
            self._goodbye = True
        if self._pipe is not None:
            self._events += 1
            now_ns = self._runtime.clock.boot_ns()
            said = EventMessage(number=self._events, sent_ns=now_ns, event=event)
            self._pipe.send(self._encode(said))

    def _show_film(self, film: FilmFrame) -> None:
        if self._pipe is not None:
            self._pipe.send(self._encode(film))

    def _note_change(self) -> None:
        if not self._changed:
            self._changed = True
            self._schedule()

    def _schedule(self) -> None:
        """Send the wanted frame now, or when its time has come."""
        if self._wanted is None:
            return
        loop = asyncio.get_running_loop()
        gap = FRAME_S if self._changed else IDLE_FRAME_S
        due = self._last_frame_s + gap
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if loop.time() >= due:
            self._send_frame()
        else:
            self._timer = loop.call_at(due, self._send_frame)

    def _send_frame(self) -> None:
        if self._wanted is None or self._pipe is None:
            return
        wanted, self._wanted = self._wanted, None
        self._changed = False
        self._frames += 1
        started_ns = self._runtime.clock.boot_ns()
        self._runtime.tick()
        frame = build_frame(
            self._runtime.engine.desk,
            wanted,
            number=self._frames,
            engine_ms=self._engine_ms,
            notes=self._session.feeds.notes(),
        )
        encoded = self._encode(frame)
        if self._runtime.clock.boot_ns() - started_ns > OLD_FRAME_NS:
            self._wanted = wanted
            asyncio.get_running_loop().call_soon(self._schedule)
            return
        self._pipe.send(encoded)
        self._session.film.see(frame, wanted)
        self._last_frame_s = asyncio.get_running_loop().time()
        self._engine_ms = (self._runtime.clock.boot_ns() - started_ns) / 1e6

    def _closed(self, reason: str) -> None:
        self._pipe = None
        self._wanted = None
        self._runtime.process(WindowChanged(attached=False))
        if self._goodbye:
            self._stop_waiting()
            self.left.set()
            return
        self._wait_for_word()
        self._restarting = asyncio.create_task(self._restart(reason), name="restart window")
        self._restarting.add_done_callback(_raise)

    async def _restart(self, reason: str) -> None:
        how = await asyncio.to_thread(self._window.ended_how)
        # One that was to be opened again may have stayed, and failed since.
        asked = self._reopens and not self._window.failed
        report = "" if asked else f"{how} ({reason})"
        if report:
            LOG.warning("%s", report)
            failed = how if self._window.failed else ""
            latch_crash(self._runtime, self._session.folder, WINDOW, failed)
            await asyncio.sleep(self._allowance.wait_s(asyncio.get_running_loop().time()))
        self._window = await self._another()
        self._attach(report)

    async def _another(self) -> WindowProcess:
        """Start a window without the layout that the desk was started with: it goes on where the
        last one was left. Where the system has no process to give it is asked again."""
        while True:
            try:
                return WindowProcess(None, str(self._session.folder))
            except OSError as error:
                LOG.warning("no window can be started: %s", error)
            await asyncio.sleep(self._allowance.wait_s(asyncio.get_running_loop().time()))


def _raise(task: asyncio.Task[None]) -> None:
    """Raise in the loop, which reports it, what ended a task that nobody awaits."""
    if not task.cancelled():
        task.result()
