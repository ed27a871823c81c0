"""Lines typed into the window: read in the console's words, carried out, told ahead, completed.

The engine takes values, not text: so a line is read here, in front of it, for the window as for
the console.
"""

from __future__ import annotations

import secrets
import shlex
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from desk.app.completing import LONGEST, completions
from desk.app.runtime import Runtime
from desk.app.typed_risk import adds_risk, is_reduce_only
from desk.cli.grammar import VERBS, ReadClient, ReadPortfolio, Wait, read
from desk.cli.words import LineError, Words, readable, split
from desk.engine.account_changes import preview as preview_change
from desk.engine.order_preview import looked_at
from desk.engine.plan import Refusal
from desk.engine.questions import not_previewed, preview, previewed
from desk.model.commands import (
    AccountCommand,
    AnyCommand,
    Ask,
    PreviewChange,
    PreviewOrder,
    TypedLine,
)
from desk.model.events import Answered, AnyEvent, Denial, Denied, Previewed
from desk.model.order_commands import Previewable

REMEMBERED = 10_000
"""Typed lines whose ids are known to have been used."""

Takes: TypeAlias = Callable[[AnyCommand, int | None], bool]

DISARMED = (
    "The surface is disarmed: only what reduces, cancels or asks is carried out. Arm it first."
)


class TypedLines:
    """Takes what is typed; everything else goes on to whom it is meant for."""

    def __init__(self, runtime: Runtime, others: Takes) -> None:
        self._runtime = runtime
        self._others = others
        self._known: OrderedDict[str, str] = OrderedDict()
        """Id of a typed line → its text: the same id twice is one command."""

    def takes(self, command: AnyCommand, number: int | None) -> bool:
        """Take a command if it is of a typed line; say whether it was."""
        match command:
            case TypedLine():
                self._carry_out(command, number)
            case Ask(about="line"):
                self._runtime.tick()
                self._answer(number, "line", self._told(readable(command.of)))
            case Ask(about="complete"):
                desk = self._runtime.engine.desk
                self._answer(number, "complete", completions(desk, readable(command.of)))
            case _:
                return self._others(command, number)
        return True

    def _carry_out(self, typed: TypedLine, number: int | None) -> None:
        text = readable(typed.text)
        if typed.id and self._known.setdefault(typed.id, text) != text:
            said = f"The id {typed.id} was used for another line; nothing was done."
            self._deny(typed, number, "ID_REUSED", said)
            return
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        try:
            command = _command(text, typed.id or f"line-{secrets.token_hex(8)}")
        except LineError as error:
            self._deny(typed, number, "SYNTAX", f"E{str(error)[1:]}.")
            return
        self._runtime.tick()
        if not typed.armed and adds_risk(self._runtime.engine.desk, command):
            self._deny(typed, number, "DISARMED", DISARMED)
            return
        self._runtime.give(command, number)

    def _told(self, text: str) -> dict[str, Any]:
        """Say what a line would do, without doing it."""
        told: dict[str, Any] = dict.fromkeys(("said", "verb", "adds_risk", "problem", "preview"))
        told["verb"] = _verb(text)
        try:
            command = _command(text, "new")
        except LineError as error:
            found = {"expected": error.expected, "found": error.found, "column": error.column}
            return {"ok": False, **told, "problem": found}
        told |= {"said": said(text), **self._foreseen(command)}
        return {"ok": True, **told}

    def _foreseen(self, command: AnyCommand) -> dict[str, Any]:
        """Return what a preview answers, of what has one, and whether it adds risk."""
        desk = self._runtime.engine.desk
        if isinstance(command, Previewable):
            asked = PreviewOrder(order=command)
            try:
                looked = looked_at(desk, command)
            except Refusal as refusal:
                no = not_previewed(asked, None, refusal.denials)
                return {"adds_risk": True, "preview": _plain(no)}
            held = looked[1].reduces or is_reduce_only(command)
            event = previewed(desk, asked, None, looked)
            return {"adds_risk": not held, "preview": _plain(event)}
        event = None
        if isinstance(command, AccountCommand):
            event = preview_change(desk, PreviewChange(change=command), None)
        elif isinstance(command, PreviewChange):
            event = preview_change(desk, command, None)
        elif isinstance(command, PreviewOrder):
            event = preview(desk, command, None)
        known = None if event is None else _plain(event)
        return {"adds_risk": adds_risk(desk, command), "preview": known}

    def _answer(self, number: int | None, about: str, data: dict[str, Any]) -> None:
        self._say(Answered(command=number, seq=self._seq, about=about, data=data))

    def _deny(self, typed: TypedLine, number: int | None, code: str, message: str) -> None:
        denial = Denial(code=code, rule="ord.no_limit_no_trade", message=message)
        about = _verb(typed.text) or "line"
        self._say(Denied(command=number, seq=self._seq, about=about, id=typed.id, denials=[denial]))

    @property
    def _seq(self) -> int:
        return self._runtime.engine.desk.state.seq

    def _say(self, event: AnyEvent) -> None:
        for listener in self._runtime.listeners:
            listener(event)


def _command(text: str, new_id: str) -> AnyCommand:
    """Read a line as a command of the desk; raise LineError for what a window does not do."""
    if len(text) > LONGEST:
        raise _refused(f"at most {LONGEST} characters", f"{len(text)}")
    words = Words(text)
    command = read(words, new_id)
    if isinstance(command, Wait) or (isinstance(command, Ask) and command.about == "sync"):
        raise _refused("a line that does not wait", "one that belongs to the console")
    if isinstance(command, ReadClient | ReadPortfolio):
        raise _refused("a line that reads no file", "one that belongs to the console")
    return command


def _refused(expected: str, found: str) -> LineError:
    error = LineError(expected, found)
    error.column = 0
    return error


def _verb(text: str) -> str | None:
    word = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    return word if word in VERBS else None


def said(text: str) -> str:
    """Return the words of a line as they were read: one space apart, quoted where they must be."""
    verb, *rest = [word for word, _ in split(text)]
    return shlex.join([verb.lower(), *rest])


def _plain(event: Previewed) -> dict[str, Any]:
    plain = msgspec.to_builtins(event)
    return {name: plain[name] for name in ("accepted", "denials", "before", "after", "cost")}
