"""What ladders and TWAPs have in common on their way in: judged whole, begun in one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import context_of, decision_of, leaving
from desk.engine.plan import Plan, Refusal, digest, refuse
from desk.engine.program_book import Program, ProgramChange, Progress
from desk.model.instrument import Instrument
from desk.model.numbers import plain
from desk.model.order_commands import CancelAll, CancelScope, SubmitLadder, SubmitTwap
from desk.model.orders import OrderTerms
from desk.risk.context import OrderContext, Review
from desk.risk.together import review_together

NS_PER_MS = 1_000_000


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A program and what the pipeline says of it."""

    program: Program
    whole: OrderContext
    """The one order that its parts make together."""
    contexts: tuple[OrderContext, ...]
    """Of the orders that are sent at once."""
    review: Review
    repeats: int
    """Programs like it within the repetition window, this one excluded."""


def judged(
    desk: Desk,
    command: SubmitLadder | SubmitTwap,
    program: Program,
    whole: OrderTerms,
    parts: Sequence[OrderTerms],
    *,
    over_rate: bool,
) -> Judged:
    """Send a program through the pipeline: as the order it makes, and each order sent at once."""
    instrument = desk.catalogue.get(program.instrument)
    assert instrument is not None, f"a program in {program.instrument}, which is unknown"
    repeats, again = _repeats(desk, program.asked)
    base = context_of(desk, whole, instrument, desk.state.accounts[program.account])
    base = msgspec.structs.replace(
        base, over_rate=over_rate, repeats=repeats, repeated_at_once=again and not command.confirmed
    )
    contexts = tuple(msgspec.structs.replace(base, order=one) for one in parts)
    return Judged(
        program=program,
        whole=base,
        contexts=contexts,
        review=review_together(base, contexts),
        repeats=repeats,
    )


def begin(desk: Desk, one: Judged, plan: Plan) -> int:
    """Record a program that passed, and the orders it sends at once; return how often it was
    begun before."""
    if not one.review.accepted:
        raise Refusal(*one.review.denials)
    program = one.program
    if not program.id:
        raise refuse("ID", "A ladder or TWAP needs an id: its orders are named for it.")
    parts = [plain(part) for part in program.parts]
    plan.add(
        plan.about,
        Change(
            what=decision_of(desk, one.whole, one.review) | {"parts": parts},
            orders=leaving(desk, plan, [(part.order, one.whole) for part in one.contexts]),
            programs=ProgramChange(begun=program),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=program.account,
        reserve=one.review.reduces,
    )
    if program.every_ms:  # told in boot time at once: no correction of the wall clock moves it
        desk.parts_due_ns[program.id] = (2, desk.now_ns + program.every_ms * NS_PER_MS)
    return one.repeats


def free_ids(desk: Desk, command_id: str, count: int) -> None:
    """Refuse a program whose parts would have ids that name something already."""
    state = desk.state
    names = (f"{command_id}-{number}" for number in range(1, count + 1))
    taken = [name for name in names if name in state.orders or name in state.contents]
    if taken:
        raise refuse(
            "ID_REUSED", f"Its orders would be {command_id}-1, …; {taken[0]} is something else."
        )


def asked_of(command: SubmitLadder | SubmitTwap) -> str:
    """Return what like programs have in common."""
    return digest(msgspec.structs.replace(command, id=""))


def _repeats(desk: Desk, asked: str) -> tuple[int, bool]:
    """Count the programs like this one in the repetition window; say whether one was just begun."""
    since_ms = desk.wall_ms - desk.rules.repeat_window_s * 1000
    known = [one for one in desk.state.programs.all() if one.program.asked == asked]
    recent = [one.started_ms for one in known if one.started_ms >= since_ms]
    asks_ms = desk.rules.profile.number("ord.repeat_throttle", "ask_within_s") * 1000
    return len(recent), bool(recent) and desk.wall_ms - max(recent) < asks_ms


def covered(desk: Desk, command: CancelAll) -> Iterator[Progress]:
    """Yield the running programs that a cancel of many orders ends."""
    for one in desk.state.programs.running:
        program = one.program
        scoped = command.scope is CancelScope.ALL or (
            command.scope is CancelScope.ENTRIES and not program.reduce_only
        )
        if (
            scoped
            and command.instrument in {None, program.instrument}
            and command.account in {None, program.account}
            and command.side in {None, program.side}
        ):
            yield one


def ending(programs: Sequence[Progress], why: str) -> ProgramChange | None:
    """Return what ends programs, or None where there is none."""
    ended = {one.program.id: why for one in programs}
    return ProgramChange(ended=ended) if ended else None


def known_instrument(desk: Desk, name: str) -> Instrument:
    """Return the instrument of a program that was accepted."""
    instrument = desk.catalogue.get(name)
    assert instrument is not None, f"a program in {name}, which is unknown"
    return instrument


def present(desk: Desk, program_id: str) -> dict[str, object]:
    """Return how far a program has come, for one that is asked for again."""
    one = desk.state.programs.get(program_id)
    if one is None:
        return {}
    total = len(one.program.parts)
    return {"parts": total, "parts_sent": one.reached - one.missed, "ended": one.ended or None}
