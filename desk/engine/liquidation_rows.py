"""What a liquidation by the venue writes and says: cancels, the take-over, its end."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import NamedTuple

import msgspec

from desk.engine.change import Change, Liquidation, Unit
from desk.engine.close_out_rows import DANGER, ratio_text, said
from desk.engine.desk import Desk
from desk.engine.liquidation_size import Part, reduction, whole
from desk.engine.plan import Plan
from desk.engine.state import LIQUIDATED
from desk.execution.fees import fee_asset
from desk.execution.order import Order
from desk.ledger.book import FEES, INSURANCE, TRADING, transfer, wallet
from desk.margin.inputs import AccountInput
from desk.model.events import Alerted, AnyEvent, OrderChanged
from desk.model.events import Filled as FilledEvent
from desk.model.numbers import ZERO, plain, posted
from desk.model.orders import (
    Fill,
    Liquidity,
    MarginMode,
    OrderStatus,
    OrderTerms,
    OrderType,
    Side,
    TimeInForce,
)
from desk.risk.close_out_step import Margin


def cancels_plan(
    desk: Desk, unit: Unit, number: int, pool: AccountInput, margin: Margin, orders: list[Order]
) -> Plan:
    """Begin: cancel the open orders."""
    message = (
        f"The venue liquidates {said(unit)}: {ratio_text(margin)} at its mark. Open orders are "
        "cancelled."
    )
    begun = Liquidation(account=unit[0], instrument=unit[1], number=number)
    what: dict[str, object] = {"phase": "cancels", **_judged(pool, margin)}
    change = Change(what=what, liquidation=begun, cancels=tuple(o.id for o in orders))
    return _row(desk, change, unit, [_alert(message)])


def covered_plan(desk: Desk, begun: Liquidation) -> Plan:
    """End: what the venue has begun is no longer due."""
    ended = msgspec.structs.replace(begun, ended=True)
    message = f"The venue stops liquidating {said(begun.unit)}: its margin is covered."
    change = Change(what={"phase": "ended"}, liquidation=ended)
    return _row(desk, change, begun.unit, [_alert(message)])


def open_orders(desk: Desk, unit: Unit) -> list[Order]:
    """Return what the venue cancels: of a pool the orders in whatever is margined by it."""
    account, instrument = unit
    return [
        order
        for order in desk.state.live_orders(account)
        if (
            desk.state.mode(account, order.terms.instrument) is MarginMode.CROSS
            if instrument is None
            else order.terms.instrument == instrument
        )
    ]


def take_over_plan(desk: Desk, unit: Unit, number: int, pool: AccountInput, margin: Margin) -> Plan:
    """Reduce a position where that is enough, else take everything over; in one row."""
    account, instrument = unit
    holder = account if instrument is None else wallet(account, instrument)
    reduced = reduction(pool, margin)
    parts = whole(desk, holder, pool) if reduced is None else [reduced]
    taken = [_taken(desk, account, part, f"{number}-{n}") for n, part in enumerate(parts, start=1)]
    realized = sum((one.realized for one in taken), ZERO)
    fees = sum((part.fee for part in parts), ZERO)
    left = desk.state.ledger.balance(holder, pool.settle) + realized
    left = left if reduced is None else ZERO
    done = Liquidation(
        account=account,
        instrument=instrument,
        number=number,
        orders=tuple(one.order for one in taken),
        fills=tuple(one.fill for one in taken),
        ended=True,
    )
    what: dict[str, object] = {
        "phase": "taken over" if reduced is None else "reduced",
        **_judged(pool, margin),
        "fee": plain(fees),
        "insurance": plain(left),
    }
    change = Change(
        what=what,
        liquidation=done,
        postings=(
            *transfer(TRADING, holder, pool.settle, realized),
            *transfer(holder, FEES, pool.settle, fees),
            *transfer(holder, INSURANCE, pool.settle, left),
        ),
        cancels=tuple(o.id for o in open_orders(desk, unit) if o.id not in desk.state.cancels),
    )
    end = (
        "Its margin is lost; the insurance fund bears the rest."
        if reduced is None
        else f"The clearance fee is {fees:,.2f} {pool.settle}; the margin is covered again."
    )
    return _row(desk, change, unit, _said(unit, margin, taken, end))


class Taken(NamedTuple):
    """A part as the venue takes it: by an order of its own."""

    order: OrderTerms
    fill: Fill
    realized: Decimal


def _taken(desk: Desk, account: str, part: Part, number: str) -> Taken:
    terms = _terms(desk, account, part, f"liquidation-{number}")
    before = desk.state.position(account, terms.instrument)
    signed = terms.quantity * terms.side.sign
    after = before.filled(part.position.instrument, signed, part.price)
    return Taken(terms, _fill(desk, terms, part), after.realized_pnl - before.realized_pnl)


def _terms(desk: Desk, account: str, part: Part, name: str) -> OrderTerms:
    state, held = desk.state, part.position
    names = (name if n == 0 else f"{name}-{n}" for n in count())
    return OrderTerms(
        id=next(n for n in names if n not in state.orders and n not in state.contents),
        account=account,
        instrument=held.instrument.id,
        side=Side.SELL if held.quantity > 0 else Side.BUY,
        quantity=part.quantity,
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
        reduce_only=True,
    )


def _fill(desk: Desk, terms: OrderTerms, part: Part) -> Fill:
    return Fill(
        id=f"{terms.id}-fill",
        order_id=terms.id,
        account=terms.account,
        instrument=terms.instrument,
        side=terms.side,
        quantity=terms.quantity,
        price=part.price,
        fee=part.fee,
        fee_asset=fee_asset(part.position.instrument),
        liquidity=Liquidity.TAKER,
        time_ms=desk.wall_ms,
    )


def _judged(pool: AccountInput, margin: Margin) -> dict[str, object]:
    """Return what the venue judged by, for readers of the journal."""
    return {
        "maintenance_margin": plain(posted(margin.maintenance)),
        "margin_balance": plain(posted(margin.value)),
        "marks": {p.instrument.id: plain(p.mark) for p in pool.positions if p.mark is not None},
    }


def _said(unit: Unit, margin: Margin, taken: list[Taken], end: str) -> list[AnyEvent]:
    fills = [one.fill for one in taken]
    what = ", ".join(
        f"{f.side.value} {plain(f.quantity)} {f.instrument} at {f.price:,.2f}" for f in fills
    )
    message = f"The venue has liquidated {said(unit)} at {ratio_text(margin)}: {what}. {end}"
    events: list[AnyEvent] = []
    for terms, fill, _ in taken:
        filled = OrderStatus.FILLED
        events.append(FilledEvent(fill=fill))
        events.append(
            OrderChanged(order=terms, status=filled, filled=terms.quantity, reason=LIQUIDATED)
        )
    return [*events, _alert(message)]


def _alert(message: str) -> Alerted:
    return Alerted(severity=DANGER, code="VENUE_LIQUIDATION", message=message)


def _row(desk: Desk, change: Change, unit: Unit, events: list[AnyEvent]) -> Plan:
    plan = Plan(about="liquidation", events=events)
    plan.add("liquidation", change, time_ms=desk.wall_ms, account=unit[0], reserve=True)
    return plan
