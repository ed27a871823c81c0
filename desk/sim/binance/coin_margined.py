"""Binance's coin-margined contracts: the market's perpetuals, in contracts of US dollars."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Instrument
from desk.sim.contracts import ContractListing, inverse
from desk.sim.listing import Listing

CONTRACT_SIZES = {"BTC": Decimal(100), "ETH": Decimal(10)}
"""US dollars a contract."""

CONNECTION = "binance-coinm"


def coin_margined(source: Listing) -> ContractListing:
    """Return the listing of the inverse contract of the coin that a perpetual is about."""
    return ContractListing(source, _terms)


def _terms(linear: Instrument) -> Instrument:
    pair = f"{linear.base}USD"
    name = f"{pair}-PERP.{linear.venue}"
    size = CONTRACT_SIZES[linear.base]
    return inverse(linear, size, id=name, connection=CONNECTION, symbol=f"{pair}_PERP")
