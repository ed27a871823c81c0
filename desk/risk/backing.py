"""What stands behind positions: the house's buffer over maintenance, and a loss that ends there.

The buffer (`perp.maintenance_margin`): equity behind a pool or an isolated position is at least
1.25 times the larger of the house's and the venue's maintenance margin. The end of loss
(`perp.loss_limited_to_margin`, SFC): what slippage may cost at a close-out is covered by margin.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountFigures
from desk.margin.pool import total
from desk.model.numbers import ZERO, plain
from desk.model.orders import MarginMode


class Backing(msgspec.Struct, frozen=True, kw_only=True):
    """A cross pool, or an isolated position, with what stands behind it; None is unknown."""

    name: str
    """The account, or the instrument of the isolated position."""
    isolated: bool
    equity: Decimal | None
    notional: Decimal | None
    maintenance: Decimal | None
    """The venue's."""

    def needed(self, house: Decimal) -> Decimal | None:
        """Return the larger of the house's and the venue's maintenance margin."""
        if self.notional is None or self.maintenance is None:
            return None
        return max(self.notional * house, self.maintenance)

    def asked_by(self, house: Decimal) -> str:
        """Say whose maintenance margin `needed` is: on the screen stands the venue's alone."""
        if self.needed(house) == self.maintenance:
            return "the venue's maintenance margin"
        return f"the house's maintenance margin ({plain(house * 100)}% of notional)"


def backings(figures: AccountFigures) -> Iterator[Backing]:
    """Return the cross pool, if it carries a position, and each isolated position."""
    open_ones = [position for position in figures.positions if position.quantity]
    cross = [p for p in open_ones if p.margin_mode is MarginMode.CROSS]
    if cross:
        yield Backing(
            name=figures.id,
            isolated=False,
            equity=figures.collateral_value,
            notional=total(position.notional for position in cross),
            maintenance=figures.maintenance_margin,
        )
    for position in open_ones:
        if position.margin_mode is MarginMode.ISOLATED:
            yield Backing(
                name=position.instrument,
                isolated=True,
                equity=total((position.isolated_wallet, position.unrealized_pnl)),
                notional=position.notional,
                maintenance=position.maintenance_margin,
            )


def short_of_buffer(one: Backing, house: Decimal, buffer: Decimal) -> bool:
    """Whether equity is known to be below the buffer; what is unknown is denied elsewhere."""
    needed = one.needed(house)
    return one.equity is not None and needed is not None and one.equity < buffer * needed


def loss_beyond(one: Backing, reserve: Decimal) -> Decimal:
    """Return what slippage could cost beyond the margin; 0 when margin covers it, or unknown."""
    if one.equity is None or one.notional is None:
        return ZERO
    return max(ZERO, one.notional * reserve - one.equity)
