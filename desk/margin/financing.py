"""Figures of a margin loan against virtual assets, securities and cash; one currency.

margin value = market value × (1 − haircut), where virtual assets count only if they are eligible
and only up to caps on the total margin value before any cut: each alone first, then all of them
together. Securities and cash are not cut. utilization = loan / Σ margin value, loan-to-value =
loan / market value, excess = Σ margin value − loan (SFC circular 26EC5; the numbers are the rule
profile's). A fall is one relative fall of all virtual assets, the rest standing still.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from desk.margin.levels import CLOSE_OUT, NORMAL, UNKNOWN, reached
from desk.margin.rounding import counted, finely, ratio_up, required, unbiased
from desk.model.numbers import ONE, ZERO


class Pledge(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of collateral."""

    market_value: Decimal | None
    """In the account's currency; None is unknown."""
    haircut: Decimal
    is_virtual: bool
    """A virtual asset: it falls with the market and its counted value is capped."""
    eligible: bool = True
    """Ineligible collateral has margin value 0."""
    asset: str | None = None
    """Virtual pledges of one asset are capped as one; None: it stands alone."""


class LoanTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule profile says of loans."""

    single_cap: Decimal
    """Most of the total margin value that one virtual asset may be."""
    group_cap: Decimal
    """Most that all virtual assets together may be."""
    warn: Decimal
    call: Decimal
    close_out: Decimal


class LoanInput(msgspec.Struct, frozen=True, kw_only=True):
    """A loan for stress: what moves each piece of collateral and each part of the debt."""

    pledges: Sequence[tuple[str, Pledge]]
    """Asset (of securities, the currency they are valued in) and the pledge."""
    owed: Sequence[tuple[str, Decimal | None]]
    """Asset and what is owed in it, in the reporting currency; None is unknown."""
    terms: LoanTerms


class LoanFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What margin makes of a loan; None is unknown unless said otherwise."""

    level: str
    market_value: Decimal | None
    margin_values: tuple[Decimal | None, ...]
    """Of each pledge, after caps."""
    margin_value: Decimal | None
    capital_value: Decimal | None
    """The firm's view: virtual assets are worth nothing (100 % haircut)."""
    loan: Decimal | None
    loan_to_value: Decimal | None
    utilization: Decimal | None
    excess: Decimal | None
    known: bool
    fall_to_call: Decimal | None
    """0: already there. None with `known`: no fall reaches it."""
    fall_to_close_out: Decimal | None
    fall_to_shortfall: Decimal | None
    shares: tuple[Decimal | None, ...]
    """Of each pledge in the total margin value before any cut."""
    largest_share: Decimal | None
    """Of one virtual asset in the total before any cut."""
    group_share: Decimal | None
    securities_share: Decimal | None
    """Of everything that is not virtual, in the margin value after caps."""


@finely
def loan_figures(pledges: Sequence[Pledge], loan: Decimal | None, terms: LoanTerms) -> LoanFigures:
    """Return the figures of a loan; what cannot be known is None."""
    known = loan is not None and all(pledge.market_value is not None for pledge in pledges)
    curve = _Curve(pledges, terms)
    if not known or loan is None:
        return _unknown(pledges, loan)
    market_value = sum((p.market_value for p in pledges if p.market_value is not None), ZERO)
    values = curve.margin_values()
    margin_value = counted(curve.margin_value(ONE))
    raw = curve.raw_total
    virtual = curve.coins.values()
    return LoanFigures(
        level=loan_level(loan, margin_value, terms),
        market_value=market_value,
        margin_values=values,
        margin_value=margin_value,
        capital_value=counted(curve.fixed),
        loan=required(loan),
        loan_to_value=ratio_up(loan, market_value),
        utilization=ratio_up(loan, margin_value),
        excess=counted(margin_value - loan),
        known=True,
        fall_to_call=_fall_to(curve, loan, terms.call),
        fall_to_close_out=_fall_to(curve, loan, terms.close_out),
        fall_to_shortfall=_fall_to_shortfall(pledges, loan) if loan else None,
        shares=tuple(ratio_up(value, raw) for value in curve.raw),
        largest_share=ratio_up(max(virtual, default=ZERO), raw),
        group_share=ratio_up(sum(virtual, ZERO), raw),
        securities_share=ratio_up(curve.fixed, margin_value),
    )


def _fall_to(curve: _Curve, loan: Decimal, threshold: Decimal) -> Decimal | None:
    """Return the fall at which utilization reaches a threshold; one of 0 is reached by any loan."""
    if not loan:
        return None
    return curve.fall_to(loan / threshold) if threshold else ZERO


def stressed(
    pledges: Sequence[Pledge], loan: Decimal | None, terms: LoanTerms, move: Decimal
) -> LoanFigures:
    """Return the figures after one relative move of all virtual assets, the rest standing still."""
    moved = [
        msgspec.structs.replace(pledge, market_value=pledge.market_value * (ONE + move))
        if pledge.is_virtual and pledge.market_value is not None
        else pledge
        for pledge in pledges
    ]
    return loan_figures(moved, loan, terms)


def loan_level(
    loan: Decimal, margin_value: Decimal, terms: LoanTerms, relief: Decimal = ZERO
) -> str:
    """Return the level of a loan; `relief` makes its utilization so much worse."""
    if not loan:
        return NORMAL
    steps = (
        (terms.close_out, CLOSE_OUT),
        (terms.call, "MARGIN_CALL"),
        (terms.warn, "WARNING"),
    )
    return reached(loan + relief * margin_value, margin_value, steps)


def _unknown(pledges: Sequence[Pledge], loan: Decimal | None) -> LoanFigures:
    return LoanFigures(
        level=UNKNOWN if loan is None or loan > 0 else NORMAL,
        market_value=None,
        margin_values=tuple(
            counted(p.market_value * (ONE - p.haircut))
            if p.market_value is not None and p.eligible and not p.is_virtual
            else None
            for p in pledges
        ),
        margin_value=None,
        capital_value=None,
        loan=loan,
        loan_to_value=None,
        utilization=None,
        excess=None,
        known=False,
        fall_to_call=None,
        fall_to_close_out=None,
        fall_to_shortfall=None,
        shares=(None,) * len(pledges),
        largest_share=None,
        group_share=None,
        securities_share=None,
    )


class _Curve:
    """Margin value as virtual assets keep a share `z` of their price, from 1 (now) to 0."""

    def __init__(self, pledges: Sequence[Pledge], terms: LoanTerms) -> None:
        self._terms = terms
        self._rows = [
            (capped_as(number, pledge), _uncut(pledge)) for number, pledge in enumerate(pledges)
        ]
        self.raw = [value for _, value in self._rows]
        """Margin value of each pledge before any cut, now."""
        self.raw_total = sum(self.raw, ZERO)
        self.coins: dict[str, Decimal] = {}
        """The same of each virtual asset, over all its pledges."""
        for coin, value in self._rows:
            if coin is not None:
                self.coins[coin] = self.coins.get(coin, ZERO) + value
        self._moving = sum(self.coins.values(), ZERO)
        self.fixed = self.raw_total - self._moving

    def margin_value(self, z: Decimal) -> Decimal:
        """Return the margin value of everything: each coin capped alone, then all together."""
        total = self.fixed + z * self._moving
        single = self._terms.single_cap * total
        alone = sum((min(value * z, single) for value in self.coins.values()), ZERO)
        return self.fixed + min(alone, self._terms.group_cap * total)

    def margin_values(self) -> tuple[Decimal, ...]:
        """Return the margin value of each pledge now: pledges share a cut evenly."""
        single = self._terms.single_cap * self.raw_total
        group = sum((min(value, single) for value in self.coins.values()), ZERO)
        room = self._terms.group_cap * self.raw_total
        kept = room / group if group > room else ONE
        shares = {c: min(v, single) * kept / v if v else ONE for c, v in self.coins.items()}
        return tuple(
            counted(value if coin is None else value * shares[coin]) for coin, value in self._rows
        )

    def fall_to(self, needed: Decimal) -> Decimal | None:
        """Return the fall at which margin value has come down to what is needed.

        0 when it is there already, None when even a fall to nothing leaves more. The curve is
        linear between the shares at which a cap begins to bind, and never rises on the way down.
        """
        if self.margin_value(ONE) <= needed:
            return ZERO
        if self.margin_value(ZERO) > needed:
            return None
        for above, below in pairwise([ONE, *self._bends(), ZERO]):
            value_above, value_below = self.margin_value(above), self.margin_value(below)
            if value_below <= needed:
                share = (value_above - needed) / (value_above - value_below)
                return unbiased(ONE - above + share * (above - below))
        return None

    def _bends(self) -> list[Decimal]:
        """Return the shares between 1 and 0 at which a cap begins or ends to bind, falling."""
        cap, group_cap = self._terms.single_cap, self._terms.group_cap
        bends: set[Decimal] = set()
        for value in self.coins.values():
            bends |= self._meeting(value, ZERO, cap)
        # Between those, the group before its cap is a line: some coins capped, the rest not.
        for below, above in pairwise(sorted({ZERO, ONE, *bends})):
            middle = (below + above) / 2
            total = self.fixed + middle * self._moving
            free = [v for v in self.coins.values() if v * middle <= cap * total]
            capped = cap * (len(self.coins) - len(free))
            slope = sum(free, ZERO) + capped * self._moving
            bends |= self._meeting(slope, capped * self.fixed, group_cap)
        return sorted((z for z in bends if ZERO < z < ONE), reverse=True)

    def _meeting(self, slope: Decimal, constant: Decimal, limit: Decimal) -> set[Decimal]:
        """Return where constant + slope × z meets its cap, limit × total."""
        gain = slope - limit * self._moving
        return {(limit * self.fixed - constant) / gain} if gain else set()


def _uncut(pledge: Pledge) -> Decimal:
    return (pledge.market_value or ZERO) * (ONE - pledge.haircut) if pledge.eligible else ZERO


def capped_as(number: int, pledge: Pledge) -> str | None:
    """Name what a pledge is capped as, by its place if alone; None for what is not virtual."""
    if not pledge.is_virtual:
        return None
    return str(number) if pledge.asset is None else pledge.asset


def _fall_to_shortfall(pledges: Sequence[Pledge], loan: Decimal) -> Decimal | None:
    """Return the fall at which the loan is more than everything is worth."""
    moving = sum((p.market_value or ZERO for p in pledges if p.is_virtual), ZERO)
    fixed = sum((p.market_value or ZERO for p in pledges if not p.is_virtual), ZERO)
    if loan > fixed + moving:
        return ZERO
    if fixed >= loan:
        return None
    return unbiased((fixed + moving - loan) / moving)
