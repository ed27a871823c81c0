"""Ladders and TWAPs: what was asked, how far each has come, and why one ended.

Everything here follows from the rows of the journal in their order. The row that begins a program
or sends its next part says so itself, so that no part is sent twice, whenever the desk ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.execution.order import Order
from desk.model.numbers import ZERO
from desk.model.orders import Side

LADDER, TWAP = "ladder", "twap"


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A ladder or TWAP as it was accepted."""

    id: str
    kind: str
    """`ladder` or `twap`."""
    account: str
    instrument: str
    side: Side
    parts: tuple[Decimal, ...]
    """The quantity of each part, in the order in which they are sent."""
    every_ms: int = 0
    """Of a TWAP: from one part to the next; 0: all parts are sent at once."""
    limit: Decimal | None = None
    reduce_only: bool = False
    asked: str = ""
    """Digest of the command without its id: like programs have like digests."""

    def part_id(self, number: int) -> str:
        """Return the client order id of a part; parts count from 1."""
        return f"{self.id}-{number}"

    @property
    def quantity(self) -> Decimal:
        """What all parts are together."""
        return sum(self.parts, ZERO)


class Reached(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A running program has come so far: with the order of the same row, or past it."""

    program: str
    part: int
    """The last part that is dealt with."""
    due_ms: int
    """When it was due; wall clock, UTC."""
    missed: int = 0
    """So many parts up to this one were due unsent, and stay so."""


class ProgramChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a row says of programs."""

    begun: Program | None = None
    reached: Reached | None = None
    ended: dict[str, str] = {}
    """Program → why it goes no further."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A program and how far it has come."""

    program: Program
    started_ms: int
    due_ms: int
    """When the last part that is dealt with was due; wall clock, UTC."""
    reached: int
    """Parts that are dealt with."""
    missed: int = 0
    missed_quantity: Decimal = ZERO
    ended: str = ""
    """Why it ended before its time."""

    @property
    def runs(self) -> bool:
        """Whether it has parts yet to send."""
        return not self.ended and self.reached < len(self.program.parts)

    def past(self, reached: Reached) -> Progress:
        """Return it at a later part."""
        unsent = self.program.parts[reached.part - reached.missed : reached.part]
        return msgspec.structs.replace(
            self,
            reached=reached.part,
            due_ms=reached.due_ms,
            missed=self.missed + reached.missed,
            missed_quantity=self.missed_quantity + sum(unsent, ZERO),
        )


class ProgramBook:
    """Every program of the desk, oldest first."""

    def __init__(self) -> None:
        self._known: dict[str, Progress] = {}
        self._running: dict[str, None] = {}

    def get(self, program_id: str) -> Progress | None:
        """Return a program, or None."""
        return self._known.get(program_id)

    def all(self) -> list[Progress]:
        """Return every program, oldest first."""
        return list(self._known.values())

    @property
    def running(self) -> list[Progress]:
        """Return those that have parts yet to send, oldest first."""
        return [self._known[program_id] for program_id in self._running]

    def reserves(self, order_id: str) -> bool:
        """Whether an id is that of a part which a running program will send."""
        program_id, _, _ = order_id.rpartition("-")
        if program_id not in self._running:
            return False
        program = self._known[program_id].program
        return any(order_id == program.part_id(n + 1) for n in range(len(program.parts)))

    def fold(self, change: ProgramChange, time_ms: int) -> None:
        """Apply what a row says."""
        if change.begun is not None:
            one = change.begun
            reached = 1 if one.every_ms else len(one.parts)
            self._put(Progress(program=one, started_ms=time_ms, due_ms=time_ms, reached=reached))
        if change.reached is not None:
            self._put(self._known[change.reached.program].past(change.reached))
        for program_id, why in change.ended.items():
            self._put(msgspec.structs.replace(self._known[program_id], ended=why))

    def stop_adding(self, why: str, account: str | None = None) -> None:
        """End what runs and could add risk, of one account or of all."""
        for one in self.running:
            program = one.program
            if not program.reduce_only and account in {None, program.account}:
                self._put(msgspec.structs.replace(one, ended=why))

    def _put(self, one: Progress) -> None:
        self._known[one.program.id] = one
        if one.runs:
            self._running[one.program.id] = None
        else:
            self._running.pop(one.program.id, None)

    def document(self) -> dict[str, Any]:
        """Return them all as plain values."""
        return msgspec.to_builtins(dict(sorted(self._known.items())))


def sent_orders(orders: Mapping[str, Order], one: Progress) -> list[Order]:
    """Return the orders that a program has sent, oldest first."""
    names = (one.program.part_id(number) for number in range(1, one.reached + 1))
    found = (orders.get(name) for name in names)
    return [order for order in found if order is not None and order.terms.program == one.program.id]
