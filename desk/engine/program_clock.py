"""The clock of running TWAPs: sends each part when it is due, and never one twice.

Within a run time is counted on the boot-time clock, so that a wall clock that is set moves
nothing; across a restart by the wall clock, from the moment that the journal says the last part
was due. What was due while nobody was there stays unsent, and the schedule goes on. Parts are
messages as all others are: they count, and one that comes too fast waits.
"""

from __future__ import annotations

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import context_of, decision_of, leaving
from desk.engine.plan import Plan
from desk.engine.program_book import Program, ProgramChange, Progress, Reached
from desk.engine.program_views import program_view
from desk.engine.programs import ending, known_instrument
from desk.engine.state import CALLED
from desk.engine.twaps import part_terms
from desk.model.events import Alerted, Denial
from desk.model.numbers import ZERO, plain
from desk.risk.pretrade import review

NS_PER_MS = 1_000_000
LATEST_MS = 2_000
"""A part that is later than this was missed: the market it was meant for has gone by."""


class ProgramClock:
    """Looks after what runs; one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tried: dict[str, int] = {}
        """Program → the part that was sent to the journal: it is sent there once, held or not."""
        self._watched: set[str] = set()
        self._heard: set[str] = set()
        """Programs whose market was there once in this run: a start has to wait for it."""

    def look(self) -> Plan | None:
        """Return the next thing to record or to say, or None."""
        running = self._desk.state.programs.running
        if not running and not self._watched:
            return None
        for one in running:
            self._watched.add(one.program.id)
            plan = self._look_at(one)
            if plan is not None:
                return plan
        return self._over({one.program.id for one in running})

    def _look_at(self, one: Progress) -> Plan | None:
        desk, program = self._desk, one.program
        why = _must_end(desk, program)
        if why:
            return _ended(desk, program, why, [])
        part = one.reached + 1
        late_ns = desk.now_ns - due_ns(desk, one)
        if late_ns < 0:
            self._is_heard(program)
            return None
        if late_ns > LATEST_MS * NS_PER_MS:
            return _missed(desk, one, late_ns)
        if self._tried.get(program.id) == part or not self._is_heard(program):
            return None
        if not desk.pace.take(desk.now_ns):
            return None  # it waits for its turn, and is missed when that comes too late
        self._tried[program.id] = part
        return _part(desk, program, part, late_ns)

    def _is_heard(self, program: Program) -> bool:
        """Whether a part can be judged: not while a desk that has just started hears nothing."""
        desk = self._desk
        if program.id not in self._heard:
            needed = {*desk.needed_marks(program.account), program.instrument}
            marks = all(desk.quality(name) == "LIVE" for name in needed)
            if marks and desk.book_state(program.instrument) == "SYNCED":
                self._heard.add(program.id)
        return program.id in self._heard

    def _over(self, running: set[str]) -> Plan | None:
        """Say what has come to its end, or was ended by something else."""
        for program_id in sorted(self._watched - running):
            self._watched.discard(program_id)
            self._tried.pop(program_id, None)
            self._heard.discard(program_id)
            self._desk.parts_due_ns.pop(program_id, None)
            one = self._desk.state.programs.get(program_id)
            if one is not None:
                view = program_view(self._desk, one)
                severity = "info" if view.state == "DONE" and not one.missed else "warning"
                said = f"TWAP {program_id} is {view.state}: {view.note}"
                over = Alerted(severity=severity, code=f"TWAP_{view.state}", message=said)
                return Plan(about="twap", events=[over])
        return None


def due_ns(desk: Desk, one: Progress) -> int:
    """Return when the next part is due, on the boot-time clock."""
    program, part = one.program, one.reached + 1
    known = desk.parts_due_ns.get(program.id)
    if known is None:
        # No further off than an interval, should the wall clock have been set back meanwhile.
        wait_ms = min(program.every_ms, one.due_ms + program.every_ms - desk.wall_ms)
        known = (part, desk.now_ns + wait_ms * NS_PER_MS)
    known_part, known_ns = known
    moment_ns = known_ns + (part - known_part) * program.every_ms * NS_PER_MS
    desk.parts_due_ns[program.id] = (part, moment_ns)
    return moment_ns


def _must_end(desk: Desk, program: Program) -> str:
    """Return what does not let a program go on adding risk, or nothing."""
    if program.reduce_only:
        return ""
    state = desk.state
    if state.state != "ACTIVE":
        reasons = "; ".join(latch.reason for latch in state.latches.values())
        return f"the desk is {state.state}: {reasons}"
    level = desk.levels.get(program.account, "NORMAL")
    if level in CALLED or state.closing_out(program.account):
        return f"{program.account} is at {level.replace('_', ' ')}"
    return ""


def _part(desk: Desk, program: Program, number: int, late_ns: int) -> Plan:
    """Send a part that is due through the pipeline; one that is denied ends the program."""
    terms = part_terms(program, number)
    if terms.id in desk.state.orders or terms.id in desk.state.contents:
        return _ended(desk, program, f"{terms.id} names something else by now", [])
    context = context_of(
        desk,
        terms,
        known_instrument(desk, program.instrument),
        desk.state.accounts[program.account],
        closing=program.reduce_only,  # as a stop that reduces goes on when the desk is halted
    )
    found = review(context)
    if not found.accepted:
        reasons = " ".join(denial.message for denial in found.denials)
        return _ended(desk, program, f"part {number} was denied: {reasons}", list(found.denials))
    reached = Reached(program=program.id, part=number, due_ms=desk.wall_ms - late_ns // NS_PER_MS)
    plan = Plan(about="twap")
    plan.add(
        "twap",
        Change(
            what=decision_of(desk, context, found) | {"program": program.id, "part": number},
            orders=leaving(desk, plan, [(terms, context)]),
            programs=ProgramChange(reached=reached),
        ),
        time_ms=desk.wall_ms,
        account=program.account,
        reserve=found.reduces,
    )
    return plan


def _missed(desk: Desk, one: Progress, late_ns: int) -> Plan:
    """Pass over what was due while nobody was there: it is not made up for."""
    program, every_ms = one.program, one.program.every_ms
    late_ms = late_ns // NS_PER_MS
    left = len(program.parts) - one.reached
    missed = min(left, 1 + (late_ms - LATEST_MS) // every_ms)
    first, last = one.reached + 1, one.reached + missed
    quantity = plain(sum(program.parts[first - 1 : last], ZERO))
    due_ms = desk.wall_ms - late_ms + (missed - 1) * every_ms
    which = f"part {first}" if missed == 1 else f"parts {first} to {last}"
    plan = Plan(about="twap")
    plan.add(
        "twap",
        Change(
            what={"program": program.id, "missed": missed, "quantity": quantity},
            programs=ProgramChange(
                reached=Reached(program=program.id, part=last, due_ms=due_ms, missed=missed)
            ),
        ),
        time_ms=desk.wall_ms,
        account=program.account,
        reserve=True,
    )
    said = f"TWAP {program.id}: {which} ({quantity}) could not be sent when due, and will not be."
    plan.events.append(Alerted(severity="warning", code="TWAP_MISSED", message=said))
    return plan


def _ended(desk: Desk, program: Program, why: str, denials: list[Denial]) -> Plan:
    one = desk.state.programs.get(program.id)
    assert one is not None
    plan = Plan(about="twap")
    plan.add(
        "twap",
        Change(
            what={"program": program.id, "why": why, "denials": msgspec.to_builtins(denials)},
            programs=ending([one], why),
        ),
        time_ms=desk.wall_ms,
        account=program.account,
        reserve=True,
    )
    return plan
