"""What a position and the working orders require: notional, initial, maintenance, order margin."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from desk.margin.common_move import Leg
from desk.margin.curve import Curve, maintenance_at
from desk.margin.inputs import MarginTerms, OrderInput, PositionInput
from desk.margin.liquidation import Exposure
from desk.margin.models import Lack, curve_of
from desk.margin.rounding import finely, required
from desk.margin.tiers import initial_margin, is_beyond, leverage_at, size_of
from desk.margin.wallet import closing_fee, direction
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO
from desk.model.orders import Side


class Requirement(NamedTuple):
    """One position at its mark, in its own settle asset; None is unknown."""

    position: PositionInput
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    initial: Decimal | None
    maintenance: Decimal | None
    leverage: Decimal | None
    """What initial margin is taken at."""
    curve: Curve | None
    """Maintenance by notional."""
    unknown: tuple[str, ...] = ()
    """What is missing, one sentence each."""
    warnings: tuple[str, ...] = ()


class Motion(NamedTuple):
    """How a position moves; None is unknown."""

    exposure: Exposure | None
    """With its price, as if nothing stood behind it."""
    leg: Leg | None
    """With all prices, where its settle asset is the account's."""


def requirement(position: PositionInput) -> Requirement:
    """Measure one position, once: what was found stays with the value.

    notional = |quantity| × contract size × mark (inverse: contracts × size ÷ mark, in coin);
    initial = notional × max(1 / leverage, the tier's initial rate), and the fee to close where the
    model keeps it; maintenance = the model's curve at the notional. A flat position requires
    nothing, whatever is known about its market.
    """
    kept = vars(position)
    found: Requirement | None = kept.get(KEPT)
    if found is None:
        found = kept[KEPT] = _measured(position)
    return found


KEPT = "requirement"
_KEPT_MOTION = "motion"


def motion_of(measured: Requirement) -> Motion:
    """Return how a position moves: no mark is decided by it.

    So it is worked out when it is first asked for, and then kept as well.
    """
    kept = vars(measured.position)
    found: Motion | None = kept.get(_KEPT_MOTION)
    if found is None:
        found = kept[_KEPT_MOTION] = _motion(measured)
    return found


@finely
def _measured(position: PositionInput) -> Requirement:
    if not position.quantity:
        return Requirement(position, ZERO, ZERO, ZERO, ZERO, position.leverage, None)
    found = curve_of(position)
    curve, lack = (None, (found,)) if isinstance(found, Lack) else (found, ())
    if position.mark is None:
        unknown = _said(position, ("has no mark price", *lack))
        return Requirement(
            position, None, None, None, None, position.leverage, curve, unknown=unknown
        )
    size = size_of(position.instrument, position.quantity, position.mark)
    notional = size.notional
    leverage = leverage_at(position.terms, size, position.leverage)
    lack = lack if leverage is not None else (*lack, NO_LEVERAGE)
    maintenance = None if curve is None else required(maintenance_at(curve, notional))
    return Requirement(
        position,
        notional,
        position.instrument.pnl(position.quantity, position.entry_price, position.mark),
        _initial(position, notional, leverage),
        maintenance,
        leverage,
        curve,
        _said(position, lack),
        _warnings(position, notional),
    )


NO_LEVERAGE: Lack = "has neither a leverage nor margin tiers to take one from"


def _said(position: PositionInput, lacks: tuple[Lack, ...]) -> tuple[str, ...]:
    return tuple(f"{position.instrument.id} {lack}." for lack in lacks) if lacks else ()


def _warnings(position: PositionInput, notional: Decimal) -> tuple[str, ...]:
    name, terms = position.instrument.id, position.terms
    if position.maintenance_rate is not None:
        return ()
    said: list[str] = []
    if terms.partial:
        said.append(f"The margin tiers of {name} are known in part only.")
    if is_beyond(terms, notional):
        said.append(f"{name} is beyond the last tier, which goes on.")
    return tuple(said)


@finely
def _motion(measured: Requirement) -> Motion:
    position, notional, curve = measured.position, measured.notional, measured.curve
    if notional is None or curve is None or measured.maintenance is None:
        return Motion(None, None)
    gain = Decimal(direction(position))
    exposure = Exposure(
        constant=measured.maintenance - notional * gain,
        gain=gain,
        size=abs(position.quantity) * position.instrument.contract_size,
        inverse=position.instrument.contract is Contract.INVERSE,
    )
    return Motion(exposure, Leg(notional * gain, notional, curve, ONE))


def _initial(
    position: PositionInput, notional: Decimal, leverage: Decimal | None
) -> Decimal | None:
    fee = closing_fee(position)
    return None if leverage is None or fee is None else required(notional / leverage + fee)


class Market(NamedTuple):
    """What order margin needs to know of one instrument."""

    instrument: Instrument
    position: Decimal
    mark: Decimal | None
    terms: MarginTerms
    leverage: Decimal | None
    collar_rate: Decimal


class SideMargin(NamedTuple):
    """The orders of one side that could fill, and what they would add to the position."""

    orders: tuple[OrderInput, ...]
    extra: Decimal
    """Quantity by which the position would grow beyond what it is now."""
    margin: Decimal | None
    """Initial margin of that; None is unknown."""


def expected_price(order: OrderInput, mark: Decimal | None, collar_rate: Decimal) -> Decimal | None:
    """Return the price an order is margined at: its limit, or the mark ± the collar."""
    if order.price is not None:
        return order.price
    return None if mark is None else mark * (ONE + order.side.sign * collar_rate)


def side_margin(market: Market, orders: Sequence[OrderInput], side: Side) -> SideMargin:
    """Margin the case that every order of one side fills and none of the other.

    Of orders that first close and then open, the dearest are taken to open.
    """
    ours = tuple(order for order in orders if order.side is side and not order.reduce_only)
    total = sum((order.quantity for order in ours), ZERO)
    held = abs(market.position)
    extra = max(ZERO, abs(market.position + side.sign * total) - held)
    if not extra:
        return SideMargin(ours, extra, ZERO)
    priced = _dearest_first(market, ours)
    if priced is None:
        return SideMargin(ours, extra, None)
    notional, left = ZERO, extra
    for quantity, price in priced:
        taken = min(left, quantity)
        notional += market.instrument.notional(taken, price)
        left -= taken
    reference = market.mark or priced[0][1]
    after = size_of(market.instrument, held + extra, reference)
    margin = initial_margin(market.terms, after, market.leverage, notional)
    return SideMargin(ours, extra, margin)


def _dearest_first(
    market: Market, orders: Sequence[OrderInput]
) -> list[tuple[Decimal, Decimal]] | None:
    priced: list[tuple[Decimal, Decimal]] = []
    for order in orders:
        price = expected_price(order, market.mark, market.collar_rate)
        if price is None:
            return None
        priced.append((order.quantity, price))
    notional = market.instrument.notional
    return sorted(priced, key=lambda one: notional(ONE, one[1]), reverse=True)


def worst_side(market: Market, orders: Sequence[OrderInput]) -> SideMargin:
    """Return the side whose fills would require more; unknown if either is."""
    buys = side_margin(market, orders, Side.BUY)
    sells = side_margin(market, orders, Side.SELL)
    if buys.margin is None or (sells.margin is not None and buys.margin >= sells.margin):
        return buys
    return sells


def opening_loss(market: Market, orders: Sequence[OrderInput]) -> Decimal | None:
    """Return what orders would lose against the mark at once, if they filled at their price.

    max(0, side × (price − mark)) × quantity, summed; for an inverse contract the same loss in
    coin.
    """
    total = ZERO
    for order in orders:
        if order.reduce_only:
            continue
        price = expected_price(order, market.mark, market.collar_rate)
        if price is None or market.mark is None:
            return None
        signed = order.quantity * order.side.sign
        total += max(ZERO, -market.instrument.pnl(signed, price, market.mark))
    return total


def order_margin(market: Market, orders: Sequence[OrderInput]) -> Decimal | None:
    """Return what the working orders of one instrument require; None if unknown.

    The larger of |position + all buys| and |position − all sells| minus |position|, at each
    order's price and the instrument's leverage, plus the opening loss. Reduce-only counts 0.
    """
    if all(order.reduce_only for order in orders):
        return ZERO
    margin = worst_side(market, orders).margin
    loss = opening_loss(market, orders)
    return None if margin is None or loss is None else required(margin + loss)
