"""The desk without a window: command lines in, JSON lines out.

Every command gets exactly one answer, flushed at once, in the order of the lines; what happens
later on its own has `command` null. Lines are taken one after the other: `wait` and `sync` hold
up those behind them, except on a terminal, where a person must be able to kill while waiting.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TextIO

import msgspec

from desk.cli.documents import STDIN, read
from desk.cli.grammar import ReadClient, ReadPortfolio, Wait, parse
from desk.cli.shipped import shipped
from desk.cli.words import LineError, readable
from desk.model.commands import AnyCommand, Ask, ImportAccounts, SetClient
from desk.model.errors import InputError
from desk.model.events import Answered, AnyEvent, Denial, Denied, Previewed
from desk.risk.situation import read_situation

MOST_BRACKETS = 100
"""Of a client record: it is nested no deeper than what is written of it can be."""

POLL_S = 0.01


class RunningDesk(Protocol):
    """What the console needs of a desk."""

    def give(self, command: AnyCommand, number: int | None = None) -> None:
        """Take a command; its answer comes as an event."""
        ...

    def listen(self, listener: Callable[[AnyEvent], None]) -> None:
        """Hand every event to a listener."""
        ...

    def missing(self, instruments: tuple[str, ...]) -> list[str]:
        """Say which instruments have no fresh mark or no synced book, and why."""
        ...

    def settled(self) -> bool:
        """Whether the venue has answered everything that was sent to it."""
        ...

    @property
    def patience_s(self) -> float:
        """How long `sync` waits for the venue to answer what was sent."""
        ...

    @property
    def seq(self) -> int:
        """The journal's last sequence number."""
        ...


class Console:
    """Reads lines, gives commands, writes answers."""

    def __init__(self, desk: RunningDesk, output: TextIO, *, interactive: bool = False) -> None:
        self._desk = desk
        self._output = output
        self._interactive = interactive
        self.unread = asyncio.Event()
        """The answers go nowhere any more."""
        self.why_unread: OSError | None = None
        self._waiting: set[asyncio.Task[None]] = set()
        desk.listen(self.write)

    def write(self, event: AnyEvent) -> None:
        """Write one event as a line; a preview is an answer like any other.

        Where that fails nothing is raised: the desk is in the middle of its work.
        """
        if self.unread.is_set():
            return
        if isinstance(event, Previewed):
            event = _as_answer(event)
        try:
            self._output.write(msgspec.json.encode(event).decode() + "\n")
            self._output.flush()
        except OSError as error:
            self.why_unread = error
            self.unread.set()

    async def run(self, next_line: Callable[[], Awaitable[str | None]]) -> None:
        """Take lines until there are no more, then finish what is outstanding.

        None is taken whose answer nobody would read.
        """
        number = 0
        while not self.unread.is_set() and (line := await next_line()) is not None:
            number += 1
            text = readable(line).strip()
            if not text or text.startswith("#"):
                continue
            await self._take(text, number)
        if self._waiting:
            await asyncio.gather(*self._waiting)

    async def _take(self, text: str, number: int) -> None:
        word = text.split(maxsplit=1)[0].lower()
        try:
            command = parse(text, f"{word}-{secrets.token_hex(8)}")
            if isinstance(command, ReadClient):
                command = SetClient(id=command.id, record=_read_client(command.path))
            elif isinstance(command, ReadPortfolio):
                command = ImportAccounts(id=command.id, document=_read_portfolio(command.path))
        except (LineError, InputError) as error:
            self._deny(number, word, "SYNTAX", f"Line {number}: {error}.")
            return
        if isinstance(command, Wait):
            await self._in_turn(self._wait(command, number))
        elif isinstance(command, Ask) and command.about == "sync":
            await self._in_turn(self._sync(number))
        else:
            self._desk.give(command, number)

    async def _in_turn(self, work: Awaitable[None]) -> None:
        if not self._interactive:
            await work
            return
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait(self, command: Wait, number: int) -> None:
        deadline = asyncio.get_running_loop().time() + float(command.seconds)
        while missing := self._desk.missing(command.instruments):
            if asyncio.get_running_loop().time() >= deadline:
                self._deny(number, "wait", "NOT_READY", "; ".join(missing) + ".")
                return
            await asyncio.sleep(POLL_S)
        self._answer(number, "wait", {"instruments": list(command.instruments)})

    async def _sync(self, number: int) -> None:
        deadline = asyncio.get_running_loop().time() + self._desk.patience_s
        while not (settled := self._desk.settled()):
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(POLL_S)
        self._answer(number, "sync", {"journal_seq": self._desk.seq, "settled": settled})

    def _answer(self, number: int, about: str, data: dict[str, Any]) -> None:
        self.write(Answered(command=number, seq=self._desk.seq, about=about, data=data))

    def _deny(self, number: int, about: str, code: str, message: str) -> None:
        denial = Denial(code=code, rule="ord.no_limit_no_trade", message=message)
        self.write(Denied(command=number, seq=self._desk.seq, about=about, id="", denials=[denial]))


def _as_answer(event: Previewed) -> Answered:
    parts = msgspec.to_builtins(event)
    data = {name: parts[name] for name in ("accepted", "denials", "before", "after", "cost")}
    return Answered(command=event.command, seq=event.seq, about="preview", data=data)


def _read_client(path: str) -> dict[str, Any]:
    expected = "a client record as JSON"
    try:
        body = Path(path).read_bytes()
        if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
            raise LineError(expected, f"{path}: endless nesting")
        # Money is read from its text, never through binary floating point.
        return msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode(body)
    except OSError as error:
        raise LineError("a readable file", f"{path}: {error.strerror}") from None
    except (ValueError, ArithmeticError) as error:  # no JSON, no text, no number, no path
        raise LineError(expected, f"{path}: {error}") from None


def _read_portfolio(path: str) -> dict[str, Any]:
    """Return a portfolio document that can be evaluated; raise InputError for any other."""
    if path == STDIN:
        raise InputError(source="import", expected="a file", found="standard input")
    return read_situation(read(path), path, shipped()).source.tree
