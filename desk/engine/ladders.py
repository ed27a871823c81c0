"""Ladders: limit orders at even distances between two prices, all or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.ordering import find_instrument, resolved_quantity
from desk.engine.plan import refuse
from desk.engine.program_book import LADDER, Program
from desk.engine.programs import Judged, asked_of, free_ids, judged
from desk.engine.sharing import even_prices, shared, weights_of
from desk.model.instrument import Instrument
from desk.model.numbers import ZERO, round_up
from desk.model.order_commands import SubmitLadder
from desk.model.orders import OrderTerms, OrderType

FEWEST, MOST = 2, 50
"""Orders of one ladder."""


def judged_ladder(desk: Desk, command: SubmitLadder, *, over_rate: bool = False) -> Judged:
    """Work a ladder out and send it through the pipeline, all of it together."""
    if not FEWEST <= command.count <= MOST:
        raise refuse("LADDER_COUNT", f"A ladder has {FEWEST} to {MOST} orders.")
    instrument, account = find_instrument(desk, command.instrument, command.account)
    prices = even_prices(instrument, command.first_price, command.last_price, command.count)
    weights = weights_of(command.weight, command.count)
    quantity = resolved_quantity(
        desk,
        command.quantity,
        instrument,
        account,
        command.side,
        price=_average(instrument, prices, [Decimal(weight) for weight in weights]),
        stop=command.stop_loss,
        rests=command.post_only,
    )
    parts = shared(instrument, quantity, weights)
    free_ids(desk, command.id, command.count)
    program = Program(
        id=command.id,
        kind=LADDER,
        account=account.id,
        instrument=instrument.id,
        side=command.side,
        parts=parts,
        reduce_only=command.reduce_only,
        asked=asked_of(command),
    )
    orders = [
        _terms(command, program, program.part_id(number), part, price)
        for number, (part, price) in enumerate(zip(parts, prices, strict=True), start=1)
    ]
    average = _average(instrument, prices, parts)
    whole = _terms(command, program, command.id, quantity, average)
    return judged(desk, command, program, whole, orders, over_rate=over_rate)


def _average(
    instrument: Instrument, prices: Sequence[Decimal], weights: Sequence[Decimal]
) -> Decimal:
    """Return the average price on the tick, up: what is bought is never valued too low."""
    weighed = sum((p * w for p, w in zip(prices, weights, strict=True)), ZERO)
    return round_up(weighed / sum(weights, ZERO), instrument.tick_size)


def _terms(
    command: SubmitLadder, program: Program, order_id: str, quantity: Decimal, price: Decimal
) -> OrderTerms:
    return OrderTerms(
        id=order_id,
        account=program.account,
        instrument=program.instrument,
        side=program.side,
        quantity=quantity,
        type=OrderType.LIMIT,
        price=price,
        post_only=command.post_only,
        reduce_only=command.reduce_only,
        stop_loss=command.stop_loss,
        take_profit=command.take_profit,
        program=program.id,
    )
