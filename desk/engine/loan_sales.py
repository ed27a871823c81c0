"""What the coins of a margin loan would bring on the spot venue now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.engine.book_walk import walk_price
from desk.engine.conversion import worth
from desk.engine.desk import Desk
from desk.engine.loans import Loan
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE, ZERO, round_up
from desk.model.orders import Side
from desk.risk.loan_sale import STEP_SHARE, Secured, Sellable


def spot_of(desk: Desk, coin: str) -> Instrument | None:
    """Return where this desk sells a coin: the first spot instrument that takes its orders."""
    return next(
        (
            instrument
            for instrument in desk.catalogue.all()
            if instrument.kind is Kind.SPOT
            and instrument.base == coin
            and instrument.connection in desk.settings.traded
        ),
        None,
    )


def coins_held(desk: Desk, loan: Loan) -> dict[str, Decimal]:
    """Return the pledged coins that can be sold here, a lot of each at least, by instrument."""
    found: dict[str, Decimal] = {}
    for piece in loan.collateral:
        instrument = spot_of(desk, piece.asset or "")
        if instrument is None or piece.quantity is None:
            continue
        if piece.quantity >= instrument.lot_size:
            found[instrument.id] = piece.quantity
    return found


def secured_of(desk: Desk, loan: Loan) -> Secured | None:
    """Return a loan as sales are planned for it; None while its figures are unknown."""
    if not loan.figures.known or loan.figures.loan is None:
        return None
    return Secured(
        pledges=tuple(loan.pledges), loan=loan.figures.loan, terms=desk.rules.loans.terms
    )


def sellable_coins(
    desk: Desk, loan: Loan, at_trigger: Mapping[str, Decimal] | None = None
) -> list[Sellable]:
    """Return the coins with what a step of them would bring; those without a book are left out."""
    found: list[Sellable] = []
    for place, piece in enumerate(loan.collateral):
        instrument = spot_of(desk, piece.asset or "")
        value, quantity = piece.pledge.market_value, piece.quantity
        if instrument is None or not quantity or value is None:
            continue
        base = (at_trigger or {}).get(instrument.id, quantity)
        net = _net(desk, loan, instrument, round_up(base * STEP_SHARE, instrument.lot_size))
        if net is not None:
            found.append(
                Sellable(
                    pledge=place,
                    instrument=instrument.id,
                    quantity=quantity,
                    at_trigger=base,
                    price=value / quantity,
                    net=net,
                    lot_size=instrument.lot_size,
                )
            )
    return found


def sale_price(desk: Desk, loan: Loan, instrument: Instrument, quantity: Decimal) -> Decimal | None:
    """Return what the book gives for a coin, in the account's currency, before the fee."""
    walked = walk_price(desk, instrument, Side.SELL, quantity, ZERO)
    rate = worth(desk, instrument.quote, loan.account.currency)
    return None if walked is None or rate is None else walked * rate


def _net(desk: Desk, loan: Loan, instrument: Instrument, quantity: Decimal) -> Decimal | None:
    price = sale_price(desk, loan, instrument, quantity)
    return None if price is None else price * (ONE - instrument.taker_fee_rate)
