"""The same account after a fill, or after all working orders have filled.

Marks do not move; what changes is the position, the settle balance and the isolated wallet.
Figures of the result are `desk.margin.account.account_figures` of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from desk.margin.account import NO_TERMS, market_of
from desk.margin.inputs import AccountInput, OrderInput, PositionInput
from desk.margin.requirement import expected_price, worst_side
from desk.margin.rounding import counted, finely
from desk.margin.wallet import isolated_wallet, put_up_at_entry
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode, Side


@finely
def after_fill(
    account: AccountInput,
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    fee_rate: Decimal,
) -> AccountInput:
    """Return the account with one more fill.

    Positions net at average cost (harmonic for inverse contracts); realized P&L and the fee go
    to the settle balance. An isolated wallet takes notional / leverage for what opens (and the fee
    to close, where the model keeps it there) and gives back its share for what closes, or what
    that loses where it is more: what is left behind the rest is what the ledger will hold.
    """
    held = _held(account, instrument)
    signed = quantity * side.sign
    closing = min(quantity, abs(held.quantity)) if held.quantity * signed < 0 else ZERO
    opening = quantity - closing
    realized = instrument.pnl(closing.copy_sign(held.quantity), held.entry_price, price)
    fee = instrument.notional(quantity, price) * fee_rate
    changes = {"quantity": held.quantity + signed, "entry_price": _entry(held, signed, price)}
    moved = ZERO
    if held.margin_mode is MarginMode.ISOLATED:
        wallet = isolated_wallet(held) or ZERO
        leaving = ZERO
        if closing:
            lost = fee * closing / quantity - realized
            leaving = max(wallet * closing / abs(held.quantity), min(wallet, lost))
        moved = counted(_entering(held, opening * side.sign, price) - leaving)
        changes |= {"isolated_margin": wallet + moved, "extra_margin": ZERO}
    balances = dict(account.balances)
    balances[instrument.settle] = (
        balances.get(instrument.settle, ZERO) + counted(realized - fee) - moved
    )
    return msgspec.structs.replace(
        account,
        balances=balances,
        positions=_replaced(account, msgspec.structs.replace(held, **changes)),
    )


def _held(account: AccountInput, instrument: Instrument) -> PositionInput:
    for position in account.positions:
        if position.instrument.id == instrument.id:
            return position
    mark = account.marks.get(instrument.id)
    return PositionInput(
        instrument=instrument,
        terms=account.terms.get(instrument.id, NO_TERMS),
        quantity=ZERO,
        entry_price=mark or Decimal(1),
        mark=mark,
        leverage=account.leverages.get(instrument.id),
        margin_mode=account.modes.get(instrument.id, MarginMode.CROSS),
    )


def _replaced(account: AccountInput, changed: PositionInput) -> tuple[PositionInput, ...]:
    """Return the positions with one changed in its place, new at the end, or gone when flat."""
    positions = {p.instrument.id: p for p in account.positions}
    positions[changed.instrument.id] = changed
    return tuple(p for p in positions.values() if p.quantity or p is not changed)


def _entry(held: PositionInput, signed: Decimal, price: Decimal) -> Decimal:
    """Return the average entry price after a signed fill."""
    after = held.quantity + signed
    if held.quantity * signed < 0:
        flipped = held.quantity * after < 0
        return price if flipped else held.entry_price
    if not held.quantity:
        return price
    if held.instrument.contract is Contract.INVERSE:
        return after / (held.quantity / held.entry_price + signed / price)
    return (held.quantity * held.entry_price + signed * price) / after


def _entering(held: PositionInput, opening: Decimal, price: Decimal) -> Decimal:
    opened = msgspec.structs.replace(held, quantity=opening, entry_price=price)
    put_up = put_up_at_entry(opened)
    # Without a leverage the whole notional is put up: never less than what would be needed.
    return held.instrument.notional(opening, price) if put_up is None else put_up


@finely
def after_working_orders(account: AccountInput) -> AccountInput:
    """Return the account after the worse of all buys and all sells of each instrument filled.

    The side is that of order margin; reduce-only orders never fill here. Each order fills at
    its price (market: mark ± collar) and pays the taker fee. An instrument whose orders cannot
    be priced keeps them, so that its order margin stays unknown.
    """
    by_instrument: dict[str, list[OrderInput]] = {}
    for order in account.orders:
        if not order.reduce_only:
            by_instrument.setdefault(order.instrument.id, []).append(order)
    result = msgspec.structs.replace(account, orders=())
    for orders in by_instrument.values():
        market = market_of(account, orders)
        worse = worst_side(market, orders)
        if worse.margin is None:
            result = msgspec.structs.replace(result, orders=(*result.orders, *orders))
            continue
        for order in worse.orders if worse.extra else ():
            price = expected_price(order, market.mark, market.collar_rate)
            assert price is not None  # a side with a margin has prices
            fee_rate = order.instrument.taker_fee_rate
            result = after_fill(
                result, order.instrument, order.side, order.quantity, price, fee_rate
            )
    return result


@finely
def at_marks(account: AccountInput, marks: Mapping[str, Decimal]) -> AccountInput:
    """Return the account at other marks; an instrument that is not named keeps its own."""
    return msgspec.structs.replace(
        account,
        positions=tuple(
            position
            if (mark := marks.get(position.instrument.id, position.mark)) == position.mark
            else msgspec.structs.replace(position, mark=mark)
            for position in account.positions
        ),
        marks={**account.marks, **marks},
    )
