"""`desk risk check`: the pre-trade pipeline over a portfolio document with a ticket.

The same checks as in the live desk. What a document has no field for (book state, sources, rates,
repetition, permission) denies nothing here; what it has a field for and leaves out denies.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput, PositionInput
from desk.margin.wallet import isolated_wallet
from desk.model.events import Denial
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE, ZERO
from desk.model.orders import MarginMode, OrderTerms, OrderType, Side, TimeInForce
from desk.risk.context import MarketNow, OrderContext, WorkingOrder
from desk.risk.denial import attributed, deny, with_hint
from desk.risk.evaluation import Evaluation, evaluate, marks_used, quality
from desk.risk.json_place import FieldError
from desk.risk.limits import limits_of
from desk.risk.portfolio import PerpetualAccount, SpotAccount, Ticket
from desk.risk.pretrade import review
from desk.risk.prices import AT_PAR, usd_price
from desk.risk.report import account_row
from desk.risk.report_rows import perpetual_row
from desk.risk.situation import Situation


def check_document(situation: Situation) -> dict[str, Any]:
    """Return `{accepted, denials, before, after}`; raise InputError without a ticket."""
    ticket = situation.portfolio.ticket
    if ticket is None:
        raise situation.source.refusal(FieldError(("ticket",), "a ticket to check", "nothing"))
    evaluation = evaluate(situation)
    account = next(a for a in situation.portfolio.accounts if a.id == ticket.account)
    instrument = situation.instruments[ticket.instrument]
    kind = Kind.PERPETUAL if isinstance(account, PerpetualAccount) else Kind.SPOT
    if instrument.kind is not kind or not isinstance(account, PerpetualAccount | SpotAccount):
        expected = f"an account that trades {instrument.kind.value} instruments"
        raise situation.source.refusal(FieldError(("ticket", "account"), expected, ticket.account))
    if account.venue not in {None, instrument.venue}:
        expected = f"an instrument of {account.venue}: one account, one venue"
        place = ("ticket", "instrument")
        raise situation.source.refusal(FieldError(place, expected, ticket.instrument))
    context = _context(evaluation, ticket, instrument, account)
    found = review(context)
    doubts = () if found.reduces else _doubts(evaluation, ticket, instrument)
    told = [with_hint(doubt, context) for doubt in doubts]
    denials = [*found.denials, *attributed(told, situation.profile)]
    return {
        "accepted": not denials,
        "denials": msgspec.to_builtins(denials),
        "before": account_row(evaluation, account),
        "after": _after(evaluation, found.after),
    }


def _context(
    evaluation: Evaluation,
    ticket: Ticket,
    instrument: Instrument,
    account: PerpetualAccount | SpotAccount,
) -> OrderContext:
    situation = evaluation.situation
    limits = limits_of(situation.profile)
    pool = _pool(situation, ticket, limits.max_leverage)
    figures = None if pool is None else account_figures(pool)
    spot = account if isinstance(account, SpotAccount) else None
    rate = usd_price(situation.portfolio, instrument.settle)
    return OrderContext(
        order=_terms(ticket),
        instrument=instrument,
        state="ACTIVE",
        state_reason="",
        closing=False,
        id_conflict=False,
        level="NORMAL" if figures is None else figures.level,
        position=_position(pool, spot, instrument),
        working=_working(pool),
        market=_market(situation, instrument),
        doubted_elsewhere=_stale_elsewhere(situation, figures, instrument),
        permitted=True,
        account=pool,
        free_balance=None if spot is None else _free(spot, instrument, ticket.side),
        client=situation.portfolio.client,
        today=situation.today,
        profile=situation.profile,
        limits=limits,
        usd_per_settle=ONE if rate is None else rate,
        over_rate=False,
        repeats=0,
        repeated_at_once=False,
        around=None,
    )


def _terms(ticket: Ticket) -> OrderTerms:
    default = TimeInForce.IOC if ticket.type is OrderType.MARKET else TimeInForce.GTC
    return OrderTerms(
        id="ticket",
        account=ticket.account,
        instrument=ticket.instrument,
        side=ticket.side,
        quantity=ticket.quantity,
        type=ticket.type,
        price=ticket.price,
        tif=ticket.tif or default,
        post_only=ticket.post_only,
        reduce_only=ticket.reduce_only,
    )


def _pool(situation: Situation, ticket: Ticket, default: Decimal) -> AccountInput | None:
    """Return the ticket's account with the leverage and mode that the ticket is judged at."""
    pool = situation.accounts.get(ticket.account)
    if pool is None:
        return None
    held = _held_position(situation, ticket)
    leverage = ticket.leverage or (None if held is None else held.leverage) or default
    modes = {} if ticket.margin_mode is None else {ticket.instrument: ticket.margin_mode}
    return msgspec.structs.replace(
        pool,
        positions=tuple(
            _set_to(p, leverage, ticket.margin_mode) if p is held else p for p in pool.positions
        ),
        leverages={**pool.leverages, ticket.instrument: leverage},
        modes={**pool.modes, **modes},
        terms=situation.terms,
    )


def _held_position(situation: Situation, ticket: Ticket) -> PositionInput | None:
    pool = situation.accounts.get(ticket.account)
    held = () if pool is None else pool.positions
    return next((p for p in held if p.instrument.id == ticket.instrument), None)


def _set_to(position: PositionInput, leverage: Decimal, mode: MarginMode | None) -> PositionInput:
    """Return a position at another setting: its wallet holds what it held before."""
    if not position.quantity:
        mode = mode or position.margin_mode
        return msgspec.structs.replace(position, leverage=leverage, margin_mode=mode)
    if position.leverage == leverage:
        return position
    wallet = position.isolated_margin
    if position.margin_mode is MarginMode.ISOLATED and wallet is None:
        wallet = isolated_wallet(position)
    extra = position.extra_margin if wallet is None else ZERO
    return msgspec.structs.replace(
        position, leverage=leverage, isolated_margin=wallet, extra_margin=extra
    )


def _position(
    pool: AccountInput | None, spot: SpotAccount | None, instrument: Instrument
) -> Decimal:
    if spot is not None:
        return _held(spot, instrument.base)
    positions = () if pool is None else pool.positions
    return next((p.quantity for p in positions if p.instrument.id == instrument.id), ZERO)


def _held(spot: SpotAccount, asset: str) -> Decimal:
    return next((row.quantity for row in spot.balances if row.asset == asset), ZERO)


def _free(spot: SpotAccount, instrument: Instrument, side: Side) -> Decimal:
    return _held(spot, instrument.quote if side is Side.BUY else instrument.base)


def _working(pool: AccountInput | None) -> tuple[WorkingOrder, ...]:
    return tuple(
        WorkingOrder(
            id=f"orders[{index}]",
            instrument=order.instrument.id,
            side=order.side,
            remaining=order.quantity,
            price=order.price,
            reduce_only=order.reduce_only,
        )
        for index, order in enumerate(() if pool is None else pool.orders)
    )


def _market(situation: Situation, instrument: Instrument) -> MarketNow:
    age = situation.mark_age_ms(instrument.id)
    return MarketNow(
        mark=situation.portfolio.marks.get(instrument.id),
        quality=situation.mark_quality(instrument.id),
        mark_age_ms=None if age is None else int(age),
        book_state="SYNCED",
        expected_price=None,
    )


def _stale_elsewhere(
    situation: Situation, figures: AccountFigures | None, instrument: Instrument
) -> tuple[str, ...]:
    names = () if figures is None else marks_used(situation.accounts[figures.id])
    return tuple(
        name for name in names if name != instrument.id and situation.mark_quality(name) == "STALE"
    )


def _after(evaluation: Evaluation, after: AccountFigures | None) -> dict[str, Any] | None:
    if after is None:
        return None
    return perpetual_row(after, evaluation.rate(after.id), {})


def _doubts(evaluation: Evaluation, ticket: Ticket, instrument: Instrument) -> Iterator[Denial]:
    """Say why nothing is added to this portfolio, whatever the order."""
    situation = evaluation.situation
    found = quality(evaluation)
    if found == "UNKNOWN":
        yield _unknown(evaluation)
    elif found == "STALE":
        names = {one for pool in situation.accounts.values() for one in marks_used(pool)}
        old = ", ".join(sorted(one for one in names if situation.mark_quality(one) == "STALE"))
        said = f"This portfolio stands on marks that are not fresh: {old}."
        yield deny("DATA_STALE", "price.mark_sources", said)
    settle = instrument.settle
    if settle not in AT_PAR and usd_price(situation.portfolio, settle) is None:
        said = f"What {settle} is worth in USD is unknown, and with it every limit in money."
        yield deny("VALUE_UNKNOWN", "ord.max_value", said)
    held = _held_position(situation, ticket)
    if held is None or not held.quantity or ticket.margin_mode in {None, held.margin_mode}:
        return
    said = f"The margin mode of {instrument.id} changes only when flat."
    yield deny("NOT_FLAT", "ord.no_limit_no_trade", said)


def _unknown(evaluation: Evaluation) -> Denial:
    missing = [word for figures in evaluation.perpetual.values() for word in figures.unknown]
    said = " ".join(missing) or "A held asset has no price."
    return deny(
        "DATA_UNKNOWN", "price.mark_sources", f"Figures of this portfolio are unknown. {said}"
    )
