"""Reversing: a position is turned round by two market orders, one that closes and one that opens.

Together they add risk, and are judged as the one order of twice the quantity that they are. The
first is reduce-only: where the old stop acts before they arrive it does nothing, and no more is
opened than was judged. A reversal is denied where the book does not hold twice
the position; where it fills short all the same, the rest keeps what protected it: that is cancelled
once nothing is left of the old position. Being reduce-only it cannot act on the new one before.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.cancelling import adds_risk
from desk.engine.change import Change, NewOrder
from desk.engine.desk import Desk
from desk.engine.ordering import collar_price, context_of, decision_of, find_instrument
from desk.engine.plan import Plan, Refusal, refuse
from desk.ledger.book import wallet
from desk.margin.inputs import AccountFigures
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import plain
from desk.model.order_commands import ReversePosition
from desk.model.orders import MarginMode, OrderTerms, OrderType, Side, TimeInForce
from desk.risk.context import OrderContext
from desk.risk.pretrade import review


def reverse(desk: Desk, command: ReversePosition, plan: Plan, *, over_rate: bool) -> None:
    """Turn a position round, or say why not."""
    context = reversal(desk, command, over_rate=over_rate)
    found = review(context)
    if not found.accepted:
        raise Refusal(*found.denials)
    terms = context.order
    halves = _halves(desk, terms, abs(context.position))
    what = decision_of(desk, context, found) | {"held": plain(context.position)}
    what["pocket"] = _pocket(desk, context, found.after)
    plan.add(
        plan.about,
        Change(
            what=what,
            orders=tuple(
                NewOrder(terms=half, collar_price=collar_price(desk, half)) for half in halves
            ),
            turns=_protecting(desk, terms),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=terms.account,
    )


def _halves(desk: Desk, whole: OrderTerms, held: Decimal) -> tuple[OrderTerms, OrderTerms]:
    """Return what closes the position, and what opens as large a one on the other side."""
    name = closing_half(whole.id)
    if name in desk.state.orders or name in desk.state.contents:
        raise refuse("ID_REUSED", f"The id {name} already names an order or a command.")
    opens = msgspec.structs.replace(whole, quantity=held)
    return msgspec.structs.replace(opens, id=name, reduce_only=True), opens


def closing_half(name: str) -> str:
    """Return the id of the order that closes, of a reversal of this name."""
    return f"{name}-close"


def reversal(desk: Desk, command: ReversePosition, *, over_rate: bool = False) -> OrderContext:
    """Return the whole that turns a position round, as the pipeline looks at it."""
    instrument, account = find_instrument(desk, command.instrument, command.account)
    if instrument.kind is Kind.SPOT:
        raise refuse("NO_POSITION", f"{instrument.id} is spot: there is no position to turn round.")
    held = desk.state.position(account.id, instrument.id).quantity
    if not held:
        raise refuse("NO_POSITION", f"There is no position in {instrument.id}.")
    if desk.state.state != "ACTIVE":
        raise refuse(
            f"STATE_{desk.state.state}",
            f"The desk is {desk.state.state}: a reversal adds risk. "
            f"`close {instrument.id}` gets out of the position.",
            "kill.switch",
        )
    terms = OrderTerms(
        id=command.id,
        account=account.id,
        instrument=instrument.id,
        side=Side.SELL if held > 0 else Side.BUY,
        quantity=2 * abs(held),
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
    )
    _reaches(desk, instrument, terms)
    context = context_of(desk, terms, instrument, account)
    return msgspec.structs.replace(context, over_rate=over_rate)


def _reaches(desk: Desk, instrument: Instrument, terms: OrderTerms) -> None:
    """Refuse what would stop half way; without a usable book the pipeline says so itself."""
    book, collar = desk.book(instrument.id), desk.collar(terms)
    if book is None or not book.synced or collar is None:
        return
    within = Decimal(0)
    for ticks, lots in book.levels(terms.side.opposite):
        if (instrument.price(ticks) - collar) * terms.side.sign > 0:
            break
        within += instrument.quantity(lots)
    if within >= terms.quantity:
        return
    raise refuse(
        "REVERSE_BOOK",
        f"The book holds {plain(within)} up to the collar; twice the position is "
        f"{plain(terms.quantity)}. A reversal that stops half way would stand unprotected: "
        f"`close {instrument.id}` first.",
        "ord.price_collar",
    )


def _protecting(desk: Desk, terms: OrderTerms) -> tuple[str, ...]:
    """Return the reduce-only orders of the old position, which end with it."""
    return tuple(
        order.id
        for order in desk.state.live_orders(terms.account)
        if order.terms.instrument == terms.instrument
        and order.terms.side is terms.side
        and not adds_risk(desk, order)
    )


def tend(desk: Desk) -> Plan | None:
    """Cancel what stood behind a position that has been turned round, or is gone."""
    for name, protecting in desk.state.turns.items():
        legs = [desk.state.orders[leg] for leg in protecting]
        owed = [leg for leg in legs if leg.is_live and leg.id not in desk.state.cancels]
        if not owed:
            continue
        terms = desk.state.orders[name].terms
        if desk.held(terms.account, terms.instrument) * terms.side.sign >= 0:
            plan = Plan(about="reverse")
            cancels = tuple(leg.id for leg in owed)
            plan.add(
                "reverse",
                Change(what={"turned": name}, cancels=cancels),
                time_ms=desk.wall_ms,
                account=terms.account,
                reserve=True,
            )
            return plan
    return None


def _pocket(desk: Desk, context: OrderContext, after: AccountFigures | None) -> str | None:
    """Say what becomes of the margin of an isolated position; None of a cross one."""
    terms, instrument = context.order, context.instrument
    if desk.state.mode(terms.account, instrument.id) is not MarginMode.ISOLATED:
        return None
    before = desk.state.ledger.balance(wallet(terms.account, instrument.id), instrument.settle)
    turned = [] if after is None else [p for p in after.positions if p.instrument == instrument.id]
    behind = turned[0].isolated_wallet if turned else None
    put_up = "an unknown amount" if behind is None else f"{behind:,.2f}"
    return (
        f"{before:,.2f} {instrument.settle} of isolated margin comes back to {terms.account}; "
        f"{put_up} is put up for the new position."
    )
