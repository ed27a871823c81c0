"""Coinbase Advanced's listing of products (GET /api/v3/brokerage/market/products)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Instrument
from desk.venues.listing_figures import FeeRates, Listing, not_negative, positive, source
from desk.venues.repeated_keys import refuse_any_repeated
from desk.venues.unreadable import Unusable, reason_of
from desk.venues.usd_pairs import BASES, QUOTE, usd_pair

LISTING_PATHS = ("/api/v3/brokerage/market/products?product_type=SPOT",)
"""GET path, to be put behind the REST address."""

ENTRY_FEES = FeeRates(Decimal("0.006"), Decimal("0.012"))
"""Maker and taker at the entry tier, of the venue's schedule as of 2026-05: the listing has no
fees. Those of stablecoins are lower, so that a cost worked out with these is not too small."""


class _Named(msgspec.Struct):
    product_id: str = ""
    base_currency_id: str = ""
    quote_currency_id: str = ""
    product_type: str = ""


class _Product(msgspec.Struct):
    status: str
    base_increment: str
    quote_increment: str
    base_min_size: str
    quote_min_size: str
    price_increment: str = ""
    is_disabled: bool = False
    trading_disabled: bool = False
    view_only: bool = False


class _Answer(msgspec.Struct):
    products: list[msgspec.Raw]


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_named = msgspec.json.Decoder(_Named).decode
_decode_product = msgspec.json.Decoder(_Product).decode


def read_listing(body: bytes, fees: FeeRates = ENTRY_FEES) -> Listing:
    """Read the products of BTC, ETH, USDT and USDC against the dollar.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    answer = _decode_answer(body)
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for raw in answer.products:
        named = _decode_named(raw)
        base, quote = named.base_currency_id, named.quote_currency_id
        if base not in BASES or quote != QUOTE or named.product_type != "SPOT":
            continue
        symbol = f"{base}-{quote}"
        try:
            refuse_any_repeated(bytes(raw))
            if named.product_id != symbol:
                raise Unusable("product_id is another")
            instruments.append(_instrument(symbol, base, _decode_product(raw), fees))
        except (Unusable, msgspec.ValidationError) as error:
            refused[symbol] = reason_of(error)
    return Listing(instruments, refused)


SOURCES = {"coinbase": source("coinbase", LISTING_PATHS, read_listing)}
"""By connection."""


def _instrument(symbol: str, base: str, product: _Product, fees: FeeRates) -> Instrument:
    closed = product.is_disabled or product.trading_disabled or product.view_only
    if product.status != "online" or closed:
        raise Unusable("not online")
    return usd_pair(
        venue="COINBASE",
        symbol=symbol,
        base=base,
        increments=(
            positive(product.price_increment or product.quote_increment, "price_increment"),
            positive(product.base_increment, "base_increment"),
        ),
        minima=(
            not_negative(product.base_min_size, "base_min_size"),
            not_negative(product.quote_min_size, "quote_min_size"),
        ),
        fees=fees,
    )
