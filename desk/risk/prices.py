"""Prices of assets in a portfolio document: each in the document's currency."""

from __future__ import annotations

from decimal import Decimal

from desk.margin.rounding import finely
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE
from desk.risk.portfolio import Portfolio

HKD_PER_USD_LOW = Decimal("7.75")
"""The strong edge of the peg band 7.75-7.85."""

FIAT = frozenset(
    {
        "USD",
        "HKD",
        "EUR",
        "GBP",
        "JPY",
        "CNY",
        "CNH",
        "SGD",
        "AUD",
        "NZD",
        "CAD",
        "CHF",
        "KRW",
        "TWD",
    }
)
"""Money of states. Anything else that is held as an asset is a virtual asset."""

AT_PAR = frozenset({"USD", "USDT", "USDC"})
"""What is taken for a dollar where nothing says what it is worth."""


def price_of(portfolio: Portfolio, asset: str) -> Decimal | None:
    """Return what an asset is worth in the document's currency; None is unknown."""
    return ONE if asset == portfolio.currency else portfolio.prices.get(asset)


@finely
def price_in(portfolio: Portfolio, asset: str, other: str) -> Decimal | None:
    """Return what an asset is worth in another asset; None is unknown."""
    if asset == other:
        return ONE
    price, unit = price_of(portfolio, asset), price_of(portfolio, other)
    return None if price is None or unit is None else price / unit


def index_price(portfolio: Portfolio, instrument: Instrument) -> Decimal | None:
    """Return what the document's asset prices say of an instrument's price; None is unknown."""
    quote = instrument.quote if instrument.contract is Contract.INVERSE else instrument.settle
    return price_in(portfolio, instrument.base, quote)


def usd_price(portfolio: Portfolio, asset: str) -> Decimal | None:
    """Return what an asset is worth in USD; None is unknown.

    A report in HKD without a price of USD is converted at the stricter edge of the peg band: the
    one that makes a USD figure larger, 7.75.
    """
    price = price_in(portfolio, asset, "USD")
    if price is None and portfolio.currency == "HKD":
        own = price_of(portfolio, asset)
        return None if own is None else own / HKD_PER_USD_LOW
    return price
