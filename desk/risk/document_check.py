"""`desk risk check`: the pre-trade pipeline over a portfolio document with a ticket.

The same checks as in the live desk. What a document has no field for (book state, sources, rates,
repetition, permission) denies nothing here; what it has a field for and leaves out denies.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.model.events import Denial
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE, ZERO
from desk.model.orders import MarginMode, OrderTerms, OrderType, Side, TimeInForce
from desk.risk.context import MarketNow, OrderContext, WorkingOrder
from desk.risk.denial import deny
from desk.risk.evaluation import Evaluation, evaluate, quality
from desk.risk.json_place import FieldError
from desk.risk.limits import limits_of
from desk.risk.portfolio import PerpetualAccount, SpotAccount, Ticket
from desk.risk.pretrade import review
from desk.risk.prices import usd_price
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
    context = _context(evaluation, ticket, instrument, account)
    found = review(context)
    denials = list(found.denials)
    if not found.reduces and quality(evaluation) == "UNKNOWN":
        denials.append(_unknown(evaluation))
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
    held = next((p for p in pool.positions if p.instrument.id == ticket.instrument), None)
    leverage = ticket.leverage or (None if held is None else held.leverage) or default
    mode = ticket.margin_mode or (MarginMode.CROSS if held is None else held.margin_mode)
    positions = tuple(
        msgspec.structs.replace(p, leverage=leverage) if p is held and ticket.leverage else p
        for p in pool.positions
    )
    return msgspec.structs.replace(
        pool,
        positions=positions,
        leverages={**pool.leverages, ticket.instrument: leverage},
        modes={**pool.modes, ticket.instrument: mode},
        terms=situation.terms,
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
    names = () if figures is None else (p.instrument for p in figures.positions if p.quantity)
    return tuple(
        name for name in names if name != instrument.id and situation.mark_quality(name) == "STALE"
    )


def _after(evaluation: Evaluation, after: AccountFigures | None) -> dict[str, Any] | None:
    if after is None:
        return None
    return perpetual_row(after, evaluation.rate(after.id), {})


def _unknown(evaluation: Evaluation) -> Denial:
    missing = [word for figures in evaluation.perpetual.values() for word in figures.unknown]
    said = "; ".join(missing) or "a held asset has no price"
    return deny(
        "DATA_UNKNOWN", "price.mark_sources", f"Figures of this portfolio are unknown: {said}."
    )
