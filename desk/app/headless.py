"""`desk console` and `desk order`: the desk without a window."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from desk.app.options import Options, arguments, options
from desk.app.session import open_session
from desk.app.stopping import stop_signal
from desk.cli.console import Console
from desk.cli.grammar import parse
from desk.cli.words import LineError, readable
from desk.model.commands import SubmitOrder
from desk.model.errors import InputError
from desk.model.events import AnyEvent, Denied

EXIT_OK, EXIT_DENIED = 0, 1

LineSource = Callable[[], Awaitable[str | None]]


def run(argv: list[str]) -> int:
    """Run a console until its input ends, or one command line."""
    one = argv[:1] == ["--one"]
    parser = arguments("desk order" if one else "desk console", "The desk without a window.")
    if one:
        parser.add_argument("line", help="one command line, in quotes")
    parsed = parser.parse_args(argv[1:] if one else argv)
    if one:
        parsed.line = readable(parsed.line)
    chosen = options(parsed, window=False, one=parsed.line if one else None)
    if one:
        _check_line(parsed.line)
    return asyncio.run(_order(chosen) if one else _console(chosen))


def _check_line(line: str) -> None:
    try:
        parse(line, "check")
    except LineError as error:
        raise InputError(source="desk order", expected=error.expected, found=error.found) from None


async def _console(chosen: Options) -> int:
    async with open_session(chosen) as session:
        console = Console(session, sys.stdout, interactive=sys.stdin.isatty())
        reading = asyncio.create_task(console.run(stdin_lines()))
        await _until_done_or_told(reading)
    return EXIT_OK


async def _order(chosen: Options) -> int:
    """Give one line once its market is there, and wait until the venue has answered."""
    assert chosen.one is not None
    denied: list[AnyEvent] = []
    lines = iter([*_wait_line(chosen.one), chosen.one, "sync"])

    async def next_line() -> str | None:
        return None if denied else next(lines, None)

    async with open_session(chosen) as session:
        session.listen(lambda event: denied.append(event) if isinstance(event, Denied) else None)
        console = Console(session, sys.stdout)
        await _until_done_or_told(asyncio.create_task(console.run(next_line)))
    return EXIT_DENIED if denied else EXIT_OK


def _wait_line(line: str) -> list[str]:
    command = parse(line, "check")
    return [f"wait {command.instrument}"] if isinstance(command, SubmitOrder) else []


async def _until_done_or_told(task: asyncio.Task[None]) -> None:
    """Wait for a task, or for a signal to stop; then the task is cancelled."""
    stopping = asyncio.create_task(stop_signal().wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def stdin_lines() -> LineSource:
    """Return a reader of standard input's lines; None at the end.

    A thread reads, because a file on standard input cannot be waited for; it shares nothing but
    the queue, and it does not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=0)

    def read() -> None:
        # A loop that is closed has been told to stop: nobody waits for these lines any more.
        with suppress(RuntimeError):
            for line in sys.stdin:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return queue.get
