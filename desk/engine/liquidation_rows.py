"""What a liquidation by the venue writes and says: cancels, the take-over, its end."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import msgspec

from desk.engine.change import Change, Liquidation, Unit
from desk.engine.close_out_rows import DANGER, ratio_text, said
from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.engine.state import LIQUIDATED
from desk.execution.fees import fee_asset
from desk.execution.order import Order
from desk.ledger.book import INSURANCE, TRADING, Posting, transfer, wallet
from desk.ledger.break_even import break_even_price
from desk.ledger.position import Position
from desk.margin.inputs import AccountInput, PositionInput
from desk.model.events import Alerted, AnyEvent, OrderChanged
from desk.model.events import Filled as FilledEvent
from desk.model.numbers import ZERO, plain, posted, round_down, round_up
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
    """Close everything at the prices that leave nothing, in one row."""
    account, instrument = unit
    holder = account if instrument is None else wallet(account, instrument)
    prices = _prices(desk, account, holder, pool)
    orders: list[OrderTerms] = []
    fills: list[Fill] = []
    realized = ZERO
    for held in pool.positions:
        number_of = len(orders) + 1
        terms = _terms(desk, account, held, f"liquidation-{number}-{number_of}")
        price = prices[held.instrument.id]
        orders.append(terms)
        fills.append(_fill(desk, terms, held, price))
        before = desk.state.position(account, held.instrument.id)
        after = before.filled(held.instrument, terms.quantity * terms.side.sign, price)
        realized += after.realized_pnl - before.realized_pnl
    left = desk.state.ledger.balance(holder, pool.settle) + realized
    done = Liquidation(
        account=account,
        instrument=instrument,
        number=number,
        orders=tuple(orders),
        fills=tuple(fills),
        ended=True,
    )
    what: dict[str, object] = {"phase": "taken over", **_judged(pool, margin), "left": plain(left)}
    change = Change(
        what=what,
        liquidation=done,
        postings=_postings(holder, pool.settle, realized, left),
        cancels=tuple(o.id for o in open_orders(desk, unit) if o.id not in desk.state.cancels),
    )
    return _row(desk, change, unit, _said(unit, margin, orders, fills))


def _prices(desk: Desk, account: str, holder: str, pool: AccountInput) -> dict[str, Decimal]:
    """Return where each position is taken over: the largest where nothing is left of the pool."""
    marks = {p.instrument.id: p.mark for p in pool.positions if p.mark is not None}
    assert len(marks) == len(pool.positions), "a position without a mark is not judged"

    def notional(position: PositionInput) -> tuple[Decimal, str]:
        name = position.instrument.id
        return position.instrument.notional(position.quantity, marks[name]), name

    largest = max(pool.positions, key=notional)
    rest = desk.state.ledger.balance(holder, pool.settle)
    for other in pool.positions:
        if other is not largest:
            held = desk.state.position(account, other.instrument.id)
            rest += held.unrealized_pnl(other.instrument, marks[other.instrument.id])
    held = desk.state.position(account, largest.instrument.id)
    bankrupt = _bankruptcy_price(held, largest, rest)
    if bankrupt is not None:
        marks[largest.instrument.id] = bankrupt
    return {p.instrument.id: _on_tick(p, marks[p.instrument.id]) for p in pool.positions}


def _bankruptcy_price(held: Position, position: PositionInput, rest: Decimal) -> Decimal | None:
    """Return where a position's P&L uses up the rest of its pool; None: at no price above 0."""
    free = msgspec.structs.replace(position.instrument, taker_fee_rate=ZERO)
    return break_even_price(msgspec.structs.replace(held, charges=-rest), free)


def _on_tick(position: PositionInput, price: Decimal) -> Decimal:
    """Round to the tick on the side that leaves something rather than lacks it."""
    tick = position.instrument.tick_size
    rounded = round_up if position.quantity > 0 else round_down
    return max(tick, rounded(price, tick))


def _terms(desk: Desk, account: str, held: PositionInput, name: str) -> OrderTerms:
    state = desk.state
    names = (name if n == 0 else f"{name}-{n}" for n in count())
    return OrderTerms(
        id=next(n for n in names if n not in state.orders and n not in state.contents),
        account=account,
        instrument=held.instrument.id,
        side=Side.SELL if held.quantity > 0 else Side.BUY,
        quantity=abs(held.quantity),
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
        reduce_only=True,
    )


def _fill(desk: Desk, terms: OrderTerms, held: PositionInput, price: Decimal) -> Fill:
    return Fill(
        id=f"{terms.id}-fill",
        order_id=terms.id,
        account=terms.account,
        instrument=terms.instrument,
        side=terms.side,
        quantity=terms.quantity,
        price=price,
        fee=ZERO,
        fee_asset=fee_asset(held.instrument),
        liquidity=Liquidity.TAKER,
        time_ms=desk.wall_ms,
    )


def _postings(holder: str, settle: str, realized: Decimal, left: Decimal) -> tuple[Posting, ...]:
    """Book the loss, and settle what is left, or missing, with the insurance fund."""
    return (
        *transfer(TRADING, holder, settle, realized),
        *transfer(holder, INSURANCE, settle, left),
    )


def _judged(pool: AccountInput, margin: Margin) -> dict[str, object]:
    """Return what the venue judged by, for readers of the journal."""
    return {
        "maintenance_margin": plain(posted(margin.maintenance)),
        "margin_balance": plain(posted(margin.value)),
        "marks": {p.instrument.id: plain(p.mark) for p in pool.positions if p.mark is not None},
    }


def _said(
    unit: Unit, margin: Margin, orders: list[OrderTerms], fills: list[Fill]
) -> list[AnyEvent]:
    taken = ", ".join(
        f"{f.side.value} {plain(f.quantity)} {f.instrument} at {f.price:,f}" for f in fills
    )
    message = (
        f"The venue has liquidated {said(unit)} at {ratio_text(margin)}: {taken}. Its margin is "
        "lost; the insurance fund bears the rest."
    )
    events: list[AnyEvent] = []
    for terms, fill in zip(orders, fills, strict=True):
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
