"""What is typed into a desk without a window: a console until its input ends, or one line."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from desk.app.options import Options
from desk.app.session import open_session
from desk.cli.console import Console
from desk.cli.grammar import parse
from desk.io.folder import HeldFolder
from desk.io.journal_proof import ProofAhead
from desk.io.stopping import stop_signal
from desk.io.terminal import has_gone
from desk.model.commands import SubmitOrder
from desk.model.errors import DeskError, InputError
from desk.model.events import AnyEvent, Denied

EXIT_OK, EXIT_DENIED = 0, 1

LineSource = Callable[[], Awaitable[str | None]]


async def console(chosen: Options, held: HeldFolder, ahead: ProofAhead) -> int:
    """Take lines from standard input until it ends."""
    async with open_session(chosen, held, ahead=ahead) as session:
        typed = Console(session, sys.stdout, interactive=sys.stdin.isatty())
        await _run(typed, stdin_lines())
    _check_read(typed)
    return EXIT_OK


async def order(chosen: Options, held: HeldFolder, ahead: ProofAhead) -> int:
    """Give one line once its market is there, and wait until the venue has answered."""
    assert chosen.one is not None
    denied: list[AnyEvent] = []
    lines = iter([*_wait_line(chosen.one), chosen.one, "sync"])

    async def next_line() -> str | None:
        return None if denied else next(lines, None)

    async with open_session(chosen, held, ahead=ahead) as session:
        session.listen(lambda event: denied.append(event) if isinstance(event, Denied) else None)
        typed = Console(session, sys.stdout)
        done = await _run(typed, next_line)
    _check_read(typed)
    if not (done or denied):
        raise DeskError("order: stopped before its end; what was acknowledged stands")
    return EXIT_DENIED if denied else EXIT_OK


def _wait_line(line: str) -> list[str]:
    command = parse(line, "check")
    return [f"wait {command.instrument}"] if isinstance(command, SubmitOrder) else []


async def _run(typed: Console, next_line: LineSource) -> bool:
    """Take lines until there are no more, nobody reads the answers, or a signal says to stop.

    Return whether all were taken.
    """
    task = asyncio.create_task(typed.run(next_line))
    ends = {asyncio.create_task(end.wait()) for end in (stop_signal(), typed.unread)}
    try:
        await asyncio.wait({task, *ends}, return_when=asyncio.FIRST_COMPLETED)
        return task.done()
    finally:
        for end in (*ends, task):
            end.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _check_read(typed: Console) -> None:
    """Raise what kept the answers from going out, once the desk has ended: it is no fault of it."""
    why = typed.why_unread
    if why is None:
        return
    if has_gone(why, sys.stdout):
        raise why
    found = why.strerror or str(why)
    raise InputError(source="standard output", expected="room for answers", found=found)


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
            try:
                for line in sys.stdin:
                    loop.call_soon_threadsafe(queue.put_nowait, line)
            except OSError as error:
                if not has_gone(error, sys.stdin):
                    raise
            loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return queue.get
