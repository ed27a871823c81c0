"""A position at cost, and how fills change it.

Cost, not the average price, is kept: an average is a quotient and drifts. The cost of what is
closed is rounded to what the ledger can hold and the remainder stays in the position, so that
realized plus unrealized P&L equals cash flow plus value exactly.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ZERO, posted


def signed_value(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what a signed quantity is worth in the settle asset, so that P&L is value − cost.

    Linear: quantity × size × price. Inverse: −quantity × size ÷ price, rounded to what the
    ledger can hold because the quotient has no end.
    """
    size = quantity * instrument.contract_size
    if instrument.contract is Contract.LINEAR:
        return size * price
    return posted(-size / price)


class Position(msgspec.Struct, frozen=True):
    """A net position in one instrument; amounts in its settle asset."""

    quantity: Decimal = ZERO
    """Signed: positive is long."""
    cost: Decimal = ZERO
    """Signed value at which the open quantity was taken on."""
    realized_pnl: Decimal = ZERO
    """Before fees."""
    charges: Decimal = ZERO
    """Fees paid for opening what is open and funding paid on it, less funding received. A part
    that is closed takes its share of them with it, as it does of the cost."""

    def entry_price(self, instrument: Instrument) -> Decimal | None:
        """Return the average entry price: arithmetic for linear, harmonic for inverse."""
        if not self.quantity:
            return None
        size = self.quantity * instrument.contract_size
        return self.cost / size if instrument.contract is Contract.LINEAR else -size / self.cost

    def unrealized_pnl(self, instrument: Instrument, mark: Decimal) -> Decimal:
        """Return value at the mark minus cost."""
        return signed_value(instrument, self.quantity, mark) - self.cost

    def charged(self, amount: Decimal) -> Position:
        """Return the position after funding was paid on it (negative: received)."""
        return msgspec.structs.replace(self, charges=self.charges + amount)

    def filled(
        self, instrument: Instrument, quantity: Decimal, price: Decimal, fee: Decimal = ZERO
    ) -> Position:
        """Return the position after buying (positive) or selling (negative) a quantity.

        Of the fee only the share of what is opened stays with it.
        """
        closing = min(abs(quantity), abs(self.quantity)) if self.quantity * quantity < 0 else ZERO
        closed = closing.copy_sign(quantity)
        opened = quantity - closed
        released, spent = self._shares(closing)
        realized = -signed_value(instrument, closed, price) - released if closing else ZERO
        return Position(
            quantity=self.quantity + quantity,
            cost=self.cost - released + signed_value(instrument, opened, price),
            realized_pnl=self.realized_pnl + realized,
            charges=self.charges - spent + (posted(fee * opened / quantity) if opened else ZERO),
        )

    def _shares(self, closing: Decimal) -> tuple[Decimal, Decimal]:
        """Return the cost and the charges of a part that is closed."""
        if closing == abs(self.quantity):
            return self.cost, self.charges
        held = abs(self.quantity)
        return posted(self.cost * closing / held), posted(self.charges * closing / held)
