"""TWAPs: a quantity in equal parts over time, each an order that is judged when it is due."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.ordering import find_instrument, resolved_quantity
from desk.engine.plan import refuse
from desk.engine.program_book import TWAP, Program
from desk.engine.programs import Judged, asked_of, free_ids, judged
from desk.engine.sharing import shared
from desk.model.order_commands import SubmitTwap
from desk.model.orders import OrderTerms, OrderType, TimeInForce

FEWEST, MOST = 2, 500
"""Parts of one TWAP."""
SHORTEST_S = 5
"""From one part to the next."""
LONGEST_S = 86_400
"""From the first part to the last."""


def judged_twap(desk: Desk, command: SubmitTwap, *, over_rate: bool = False) -> Judged:
    """Work a TWAP out and send it through the pipeline: its whole quantity, and its first part."""
    count = _count(command)
    if desk.state.state != "ACTIVE" and not command.reduce_only:
        raise refuse(
            f"STATE_{desk.state.state}",
            f"The desk is {desk.state.state}: of TWAPs only one that is reduce-only passes.",
            "kill.switch",
        )
    instrument, account = find_instrument(desk, command.instrument, command.account)
    quantity = resolved_quantity(
        desk,
        command.quantity,
        instrument,
        account,
        command.side,
        price=command.limit,
        stop=None,
        at_market=command.limit is None,
    )
    parts = shared(instrument, quantity, [1] * count)
    free_ids(desk, command.id, count)
    program = Program(
        id=command.id,
        kind=TWAP,
        account=account.id,
        instrument=instrument.id,
        side=command.side,
        parts=parts,
        every_ms=command.every_s * 1000,
        limit=command.limit,
        reduce_only=command.reduce_only,
        asked=asked_of(command),
    )
    whole = _terms(program, command.id, quantity)
    return judged(desk, command, program, whole, [part_terms(program, 1)], over_rate=over_rate)


def _count(command: SubmitTwap) -> int:
    """Return how many parts there are: one at once, then one each interval to the end."""
    over_s, every_s = command.over_s, command.every_s
    if every_s < SHORTEST_S:
        raise refuse("TWAP_SCHEDULE", f"Parts are at least {SHORTEST_S} s apart.")
    if over_s > LONGEST_S:
        raise refuse("TWAP_SCHEDULE", "A TWAP takes at most 24 hours.")
    count, rest = divmod(over_s, every_s)
    if rest:
        raise refuse("TWAP_SCHEDULE", f"{over_s} s are no whole number of times {every_s} s.")
    if not FEWEST <= count + 1 <= MOST:
        raise refuse("TWAP_SCHEDULE", f"That is {count + 1} parts; a TWAP has {FEWEST} to {MOST}.")
    return count + 1


def part_terms(program: Program, number: int) -> OrderTerms:
    """Return the order that is a part; parts count from 1."""
    return _terms(program, program.part_id(number), program.parts[number - 1])


def _terms(program: Program, order_id: str, quantity: Decimal) -> OrderTerms:
    return OrderTerms(
        id=order_id,
        account=program.account,
        instrument=program.instrument,
        side=program.side,
        quantity=quantity,
        type=OrderType.MARKET if program.limit is None else OrderType.LIMIT,
        price=program.limit,
        tif=TimeInForce.IOC,
        reduce_only=program.reduce_only,
        program=program.id,
    )
