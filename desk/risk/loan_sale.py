"""The close-out of a margin loan: which pledged coins are sold next, how many, until it is enough.

A coin that is sold brings its net price to repay the loan, and takes what it counts, after caps,
from the margin value. So utilization comes to a target t by selling

    (loan − t × margin value) / (net price − t × margin value of a coin)

A step takes at most a quarter of the coins as they were at the trigger, at least a lot, and never
more than there are. Each is verified by its fill before the next is sized, which also makes up for
caps that move with the sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from desk.margin.financing import LoanFigures, LoanTerms, Pledge, loan_figures
from desk.margin.relief import Cover, closing_size
from desk.model.numbers import ZERO, round_down, round_up

CURED = Decimal("0.95")
"""Utilization that brings a loan just out of a call."""

STEP_SHARE = Decimal("0.25")

MOST_STEPS = 5
"""A coin: four of a quarter each, and one more that is sized."""


class Sellable(msgspec.Struct, frozen=True, kw_only=True):
    """Pledged coins, and what a sale of them would bring; money in the account's currency."""

    pledge: int
    """Its place among the pledges."""
    instrument: str
    quantity: Decimal
    at_trigger: Decimal
    """Coins as they were then: a step takes a share of them."""
    price: Decimal
    """What a coin counts."""
    net: Decimal
    """What the sale of a coin leaves after the book's depth and the fee."""
    lot_size: Decimal


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """One step."""

    pledge: int
    """The place of what is sold among the pledges: a coin may be pledged in several pieces."""
    instrument: str
    quantity: Decimal
    utilization_after: Decimal | None
    """None: no margin value is left to divide by."""


class Secured(msgspec.Struct, frozen=True, kw_only=True):
    """A loan with what secures it."""

    pledges: tuple[Pledge, ...]
    loan: Decimal
    terms: LoanTerms

    @property
    def figures(self) -> LoanFigures:
        """Its figures."""
        return loan_figures(self.pledges, self.loan, self.terms)


def is_cured(figures: LoanFigures) -> bool:
    """Whether a loan is out of its call with some room; one of which nothing is known is not."""
    if figures.loan == 0:
        return True
    return figures.utilization is not None and figures.utilization <= CURED


def sale_plan(
    secured: Secured, coins: Sequence[Sellable], preference: Sequence[str] = ()
) -> list[Sale]:
    """Return the steps that bring a loan back, or sell everything where that is not enough."""
    steps: list[Sale] = []
    left = list(coins)
    for _ in range(MOST_STEPS * len(coins)):
        step = next_sale(secured, left, preference)
        if step is None:
            break
        sold = next(one for one in left if one.pledge == step.pledge)
        secured = after_sale(secured, sold, step.quantity)
        left = [
            msgspec.structs.replace(one, quantity=one.quantity - step.quantity)
            if one is sold
            else one
            for one in left
        ]
        steps.append(step)
    return steps


def next_sale(
    secured: Secured, coins: Sequence[Sellable], preference: Sequence[str] = ()
) -> Sale | None:
    """Return the next step; None when the loan is cured, unknown, or nothing can be sold."""
    figures = secured.figures
    if not figures.known or is_cured(figures):
        return None
    open_to_sale = [one for one in coins if one.quantity >= one.lot_size and one.net > 0]
    if not open_to_sale:
        return None
    chosen = min(open_to_sale, key=lambda one: _rank(one, figures, preference))
    quantity = _quantity(chosen, secured, figures)
    after = after_sale(secured, chosen, quantity).figures
    return Sale(
        pledge=chosen.pledge,
        instrument=chosen.instrument,
        quantity=quantity,
        utilization_after=after.utilization,
    )


def _rank(
    coin: Sellable, figures: LoanFigures, preference: Sequence[str]
) -> tuple[int, Decimal, Decimal]:
    """Order: as the trader prefers, then by relief per value sold, then the larger holding."""
    place = preference.index(coin.instrument) if coin.instrument in preference else len(preference)
    relief = (coin.net - CURED * _counted(coin, figures)) / coin.price
    return place, -relief, -coin.quantity * coin.price


def _counted(coin: Sellable, figures: LoanFigures) -> Decimal:
    """Return the margin value of one coin, after caps."""
    return (figures.margin_values[coin.pledge] or ZERO) / coin.quantity


def _quantity(coin: Sellable, secured: Secured, figures: LoanFigures) -> Decimal:
    cover = Cover(secured.loan, figures.margin_value or ZERO)
    needed = closing_size(cover.shortage(CURED), coin.net, CURED * _counted(coin, figures))
    most = min(
        round_down(coin.quantity, coin.lot_size),
        round_up(coin.at_trigger * STEP_SHARE, coin.lot_size),
    )
    return most if needed is None else min(most, round_up(needed, coin.lot_size))


def after_sale(secured: Secured, coin: Sellable, quantity: Decimal) -> Secured:
    """Return the loan when so many coins are sold and their proceeds have repaid it."""
    pledges = list(secured.pledges)
    before = pledges[coin.pledge]
    value = ZERO  # of all coins: value ÷ quantity × quantity would leave a rounding's worth
    if quantity < coin.quantity:
        value = (before.market_value or ZERO) - quantity * coin.price
    pledges[coin.pledge] = msgspec.structs.replace(before, market_value=max(ZERO, value))
    return msgspec.structs.replace(
        secured,
        pledges=tuple(pledges),
        loan=max(ZERO, secured.loan - quantity * coin.net),
    )
