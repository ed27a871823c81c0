"""What a fill costs at the venue."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Instrument, Kind
from desk.model.numbers import POSTING_INCREMENT, round_up
from desk.model.orders import Liquidity


def fee_asset(instrument: Instrument) -> str:
    """Return the asset fees are paid in: settle, and for spot the quote currency."""
    return instrument.quote if instrument.kind is Kind.SPOT else instrument.settle


def fee_of(
    instrument: Instrument, quantity: Decimal, price: Decimal, liquidity: Liquidity
) -> Decimal:
    """Return notional × the maker or taker rate, rounded up to 1e-8: a rebate is rounded down."""
    maker = liquidity is Liquidity.MAKER
    rate = instrument.maker_fee_rate if maker else instrument.taker_fee_rate
    return round_up(instrument.notional(quantity, price) * rate, POSTING_INCREMENT)
