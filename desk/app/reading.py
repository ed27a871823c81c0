"""Reading the past beside the running desk: in a thread, one thing at a time, in slices.

The engine never waits for it longer than one slice holds the interpreter.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from desk.app.runtime import Runtime
from desk.model.commands import AnyCommand
from desk.model.errors import DeskError
from desk.model.events import Answered, AnyEvent, Denial, Denied

PAUSE_S = 0.001
MOST_WAITING = 8


class Stopped(Exception):
    """The desk closes: what is being read is wanted no more."""


class Reading:
    """Whoever reads the folder's past reads it here."""

    def __init__(self, runtime: Runtime, busy: str) -> None:
        """`busy`: what is said to a command too many."""
        self._runtime, self._busy = runtime, busy
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()
        self._stopped = threading.Event()

    def begin(
        self,
        command: AnyCommand,
        number: int | None,
        work: Callable[[], Any],
        *,
        code: str = "JOURNAL_READ",
        failed: str = "{error}.",
        done: Callable[[Any], None] | None = None,
    ) -> None:
        """Work in a thread; what comes of it goes to `done`, else it is the answer.

        What cannot be read is a denial of that code, in the words of `failed`.
        """
        if len(self._tasks) >= MOST_WAITING:
            self._runtime.tell(denied(command, number, "BUSY", self._busy))
            return

        async def answer() -> None:
            async with self._one_at_a_time:
                try:
                    found = await asyncio.to_thread(work)
                except Stopped:
                    return
                except (DeskError, OSError) as error:
                    why = failed.format(error=error)
                    self._runtime.tell(denied(command, number, code, why))
                    return
            if done is not None:
                done(found)
            else:
                about = str(command.__struct_config__.tag)
                data = msgspec.to_builtins(found)
                self._runtime.tell(Answered(command=number, about=about, data=data))

        task = asyncio.get_running_loop().create_task(answer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def breathe(self) -> None:
        """Let the engine have the interpreter; in the thread, between two slices."""
        if self._stopped.is_set():
            raise Stopped
        time.sleep(PAUSE_S)

    async def stop(self) -> None:
        """Give up what is being read."""
        self._stopped.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def denied(command: AnyCommand, number: int | None, code: str, message: str) -> AnyEvent:
    """Return the denial of a question about the past."""
    denial = Denial(code=code, rule="rec.retention", message=message)
    about = str(command.__struct_config__.tag)
    return Denied(command=number, about=about, id=command.id, denials=[denial])
