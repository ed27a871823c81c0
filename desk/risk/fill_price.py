"""What a quantity would trade at, where there is no book to walk: the mark, and a little worse."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.model.instrument import Instrument
from desk.model.numbers import ONE
from desk.model.orders import Side
from desk.risk.close_out_step import PriceFor

ASSUMED_SLIPPAGE = Decimal("0.0002")
"""Of a portfolio document, which holds no book (HOUSE)."""


def price_beside_mark(marks: Mapping[str, Decimal]) -> PriceFor:
    """Return prices for marks: worse than the mark by the assumed slippage, whatever is taken."""

    def price(
        instrument: Instrument, side: Side, quantity: Decimal, taken: Decimal
    ) -> Decimal | None:
        del quantity, taken
        mark = marks.get(instrument.id)
        return None if mark is None else mark * (ONE + side.sign * ASSUMED_SLIPPAGE)

    return price
