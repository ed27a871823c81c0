"""What a close-out writes and says: its beginning, its steps, its end, and a loss beyond margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from itertools import count

import msgspec

from desk.engine.change import Change, CloseOut, NewOrder, Unit
from desk.engine.desk import Desk
from desk.engine.ordering import collar_price
from desk.engine.plan import Plan
from desk.execution.order import Order
from desk.ledger.book import LOSS, Posting, transfer, wallet
from desk.margin.inputs import AccountInput
from desk.margin.rounding import written
from desk.model.events import Alerted, AnyEvent
from desk.model.numbers import plain
from desk.model.orders import MarginMode, OrderTerms, OrderType, TimeInForce
from desk.risk.close_out import held_at
from desk.risk.close_out_step import CloseOutStep, Margin

DANGER, WARNING = "danger", "warning"


def said(unit: Unit) -> str:
    """Name what is closed out, in words."""
    account, instrument = unit
    return account if instrument is None else f"the isolated {instrument} of {account}"


def ratio_text(margin: Margin) -> str:
    """Write a margin ratio; without collateral there is none."""
    if margin.value <= 0:
        return "no collateral left"
    return f"margin ratio {margin.maintenance / margin.value * 100:.2f}%"


def saying(code: str, message: str, severity: str = DANGER) -> Plan:
    """Return a plan that changes nothing and says something."""
    return Plan(about="close_out", events=[Alerted(severity=severity, code=code, message=message)])


def in_the_way(desk: Desk, unit: Unit) -> list[Order]:
    """Return the working orders that count for margin: they could undo what is reduced.

    Of a pool all of its account, of an isolated position those in its instrument. Reduce-only
    orders protect, and are held to the position at each fill.
    """
    account, instrument = unit
    return [
        order
        for order in desk.state.live_orders(account)
        if not order.terms.reduce_only and instrument in {None, order.terms.instrument}
    ]


def trigger_plan(
    desk: Desk, unit: Unit, pool: AccountInput, margin: Margin, confirmed: Sequence[str]
) -> Plan:
    """Begin a close-out, and cancel what stands in its way."""
    account, instrument = unit
    marks = {p.instrument.id: plain(p.mark) for p in pool.positions if p.mark is not None}
    at = ", ".join(f"{name} {mark}" for name, mark in marks.items())
    reason = (
        f"Close-out of {said(unit)} begins: {ratio_text(margin)} at {at}, "
        f"confirmed by {'; '.join(dict.fromkeys(confirmed))}."
    )
    one = CloseOut(
        account=account,
        instrument=instrument,
        number=1 + max((known.number for known in desk.state.close_outs.values()), default=0),
        triggered_ms=desk.wall_ms,
        at_trigger=held_at(pool),
        reason=reason,
    )
    cancels = [order.id for order in in_the_way(desk, unit)]
    what: dict[str, object] = {
        "phase": "triggered",
        "maintenance_margin": plain(written(margin.maintenance)),
        "collateral_value": plain(written(margin.value)),
        "marks": marks,
        "confirmed_by": list(confirmed),
        "profile_hash": desk.rules.hash,
    }
    plan = saying("CLOSE_OUT", one.reason)
    add_row(desk, plan, Change(what=what, close_out=one, cancels=tuple(cancels)), account)
    return plan


def step_plan(desk: Desk, one: CloseOut, step: CloseOutStep) -> Plan:
    """Send the next step: a reduce-only market order within the collar."""
    number = len(one.orders) + 1
    terms = OrderTerms(
        id=free_order_id(desk, one, number),
        account=one.account,
        instrument=step.instrument,
        side=step.side,
        quantity=step.quantity,
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
        reduce_only=True,
    )
    held = abs(desk.state.position(one.account, step.instrument).quantity)
    cancels = _protecting(desk, one, step.instrument) if step.quantity >= held else []
    ratio = step.margin_ratio_after
    what: dict[str, object] = {
        "phase": "step",
        "step": number,
        "expected_price": plain(written(step.expected_price)),
        "fee": plain(written(step.fee)),
        "margin_ratio_after": None if ratio is None else plain(written(ratio)),
    }
    message = (
        f"Close-out of {said(one.unit)}, step {number}: {step.side.value} {plain(step.quantity)} "
        f"{step.instrument} at about {step.expected_price:,.2f}."
    )
    order = NewOrder(terms=terms, collar_price=collar_price(desk, terms))
    change = Change(what=what, orders=(order,), step_of=one.unit, cancels=tuple(cancels))
    plan = saying("CLOSE_OUT_STEP", message, WARNING)
    add_row(desk, plan, change, one.account)
    return plan


def free_order_id(desk: Desk, one: CloseOut, number: int) -> str:
    """Return an order id that nobody has used: a client may have thought of the same."""
    names = (f"close-out-{one.number}-{n}" for n in count(number))
    state = desk.state
    return next(name for name in names if name not in state.orders and name not in state.contents)


def _protecting(desk: Desk, one: CloseOut, instrument: str) -> list[str]:
    """Return the reduce-only orders of a position that is closed whole: nothing is left for them.

    Steps of this close-out are not among them.
    """
    return [
        order.id
        for order in desk.state.live_orders(one.account)
        if order.terms.instrument == instrument and order.id not in one.orders
    ]


def cancel_plan(desk: Desk, one: CloseOut, orders: Iterable[Order], message: str) -> Plan:
    """Cancel orders that a close-out cannot leave alone."""
    cancels = tuple(order.id for order in orders)
    plan = saying("CLOSE_OUT_CANCELS", message, WARNING)
    add_row(desk, plan, Change(what={"phase": "cancels"}, cancels=cancels), one.account)
    return plan


def end_plan(desk: Desk, one: CloseOut, why: str) -> Plan:
    """End a close-out."""
    message = f"Close-out of {said(one.unit)} is over: {why}."
    ended = msgspec.structs.replace(one, ended_ms=desk.wall_ms, reason=message)
    plan = saying("CLOSE_OUT_DONE", message, WARNING)
    what: dict[str, object] = {"phase": "ended", "steps": len(one.orders), "why": why}
    add_row(desk, plan, Change(what=what, close_out=ended), one.account)
    return plan


def loss_plan(desk: Desk, account: str, closing: AbstractSet[Unit]) -> Plan | None:
    """Book a loss beyond margin, or give back what a closed-out wallet has left.

    What is still being closed out is left alone.
    """
    state, settle = desk.state, desk.state.accounts[account].settle
    assert settle is not None, f"{account} has no margin pool"
    held = {i: position for (a, i), position in state.positions.items() if a == account}
    for instrument, position in held.items():
        pocket = wallet(account, instrument)
        left = state.ledger.balance(pocket, settle)
        if left and not position.quantity and (account, instrument) not in closing:
            return _emptied(desk, account, pocket, settle, left)
    cross = any(
        position.quantity and state.mode(account, instrument) is MarginMode.CROSS
        for instrument, position in held.items()
    )
    balance = state.ledger.balance(account, settle)
    if balance < 0 and not cross and (account, None) not in closing:
        return _emptied(desk, account, account, settle, balance)
    return None


def _emptied(desk: Desk, account: str, holder: str, asset: str, left: Decimal) -> Plan:
    """Bring a ledger account to 0: a loss from the loss account, a rest to the account."""
    amount = f"{abs(left):,.2f} {asset}"
    if left > 0:
        about, plan = "release", saying("WALLET_RELEASED", released(holder, amount), "info")
        postings = transfer(holder, account, asset, left)
    else:
        about, plan = "loss", saying("LOSS_ALLOCATED", loss_message(holder, amount))
        postings = transfer(LOSS, holder, asset, -left)
    what: dict[str, object] = {"amount": plain(abs(left)), "asset": asset, "of": holder}
    add_row(desk, plan, Change(what=what, postings=postings), account, about)
    return plan


def released(holder: str, amount: str) -> str:
    """Say that a wallet without a position is emptied."""
    return f"{holder} is flat: its {amount} go back to the account."


def loss_message(holder: str, amount: str) -> str:
    """Say that a loss ends at its margin."""
    return f"{holder} has lost {amount} more than its margin: the loss account bears it."


def losses_said(terms: OrderTerms, postings: Iterable[Posting]) -> list[AnyEvent]:
    """Say aloud what a fill books to the loss account: an isolated position ended below zero."""
    holder = wallet(terms.account, terms.instrument)
    return [
        Alerted(
            severity=DANGER,
            code="LOSS_ALLOCATED",
            message=loss_message(holder, f"{-posting.amount:,.2f} {posting.asset}"),
        )
        for posting in postings
        if posting.account == LOSS
    ]


def add_row(desk: Desk, plan: Plan, change: Change, account: str, about: str = "close_out") -> None:
    """Add a row of a close-out: it may use the reserve of a full disk."""
    plan.add(about, change, time_ms=desk.wall_ms, account=account, reserve=True)
