"""A decision between deciding and acting: what to write, and what to say once it is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from desk.engine.change import Change
from desk.execution.port import NOTHING, Decision
from desk.model.commands import (
    AnyCommand,
    PledgeSecurities,
    SubmitLadder,
    SubmitOco,
    SubmitOrder,
    SubmitTwap,
)
from desk.model.events import AnyEvent, Denial
from desk.model.journal import Entry


@dataclass(slots=True)
class Plan:
    """Entries that must be durable before their changes are applied and their events sent.

    Nothing has happened yet: a plan that cannot be written is dropped, unless everything in it
    may use the reserve, which is what gets a position smaller or an order cancelled.
    """

    about: str
    client_id: str = ""
    number: int | None = None
    entries: list[Entry] = field(default_factory=list[Entry])
    changes: list[Change] = field(default_factory=list[Change])
    events: list[AnyEvent] = field(default_factory=list[AnyEvent])
    decision: Decision = NOTHING
    """What the venue proposed, to be committed with the rows."""
    told: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the acknowledgement says beside what is journaled."""
    stands: bool = False
    """The record of a refusal, or of what was raised: it stands whether or not it is written."""

    def add(
        self,
        about: str,
        change: Change,
        *,
        time_ms: int,
        client_id: str | None = None,
        account: str | None = None,
        reserve: bool = False,
    ) -> None:
        """Add one row."""
        self.changes.append(change)
        self.entries.append(
            change.entry(
                about, time_ms=time_ms, client_id=client_id, account=account, reserve=reserve
            )
        )

    @property
    def may_use_reserve(self) -> bool:
        """Whether everything in it reduces, cancels or records."""
        return all(entry.reserve for entry in self.entries)


class Refusal(Exception):
    """A command is denied; carries every reason."""

    def __init__(self, *denials: Denial, data: dict[str, Any] | None = None) -> None:
        super().__init__(*denials)
        self.denials = list(denials)
        self.data = data or {}
        """What the denial says beside its reasons."""


def refuse(code: str, message: str, rule: str = "ord.no_limit_no_trade") -> Refusal:
    """Return a refusal for one reason."""
    return Refusal(Denial(code=code, rule=rule, message=message))


def digest(command: AnyCommand) -> str:
    """Return what identifies a command's content: the same command sent twice has one digest."""
    if isinstance(command, SubmitOrder | SubmitLadder | SubmitTwap | PledgeSecurities):
        command = msgspec.structs.replace(command, confirmed=False)
    if isinstance(command, SubmitOco):
        first, second = command.first, command.second
        command = msgspec.structs.replace(
            command,
            first=msgspec.structs.replace(first, confirmed=False),
            second=msgspec.structs.replace(second, confirmed=False),
        )
    return hashlib.sha256(msgspec.json.encode(command, order="deterministic")).hexdigest()[:16]
