"""What the venue tells about its instruments: exchangeInfo, section by section."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk.model.instrument import Instrument
from desk.sim.binance.spelling import Spelling

ONBOARD_MS = 1_569_398_400_000
NEVER_MS = 4_133_404_800_000
"""Delivery date of a perpetual."""


def spot_symbol(instrument: Instrument, spelling: Spelling) -> dict[str, Any]:
    """Describe a spot pair."""
    notional = {
        "filterType": "NOTIONAL",
        "minNotional": _fixed(instrument.min_notional, 8),
        "applyMinToMarket": True,
        "avgPriceMins": 5,
    }
    return {
        "symbol": instrument.symbol,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [*_grid(instrument, spelling), notional],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def usdm_symbol(instrument: Instrument, spelling: Spelling) -> dict[str, Any]:
    """Describe a USDⓈ-M perpetual."""
    notional = {"filterType": "MIN_NOTIONAL", "notional": f"{instrument.min_notional:f}"}
    described = _perpetual(instrument, spelling)
    return {**described, "status": "TRADING", "filters": [*described["filters"], notional]}


def coinm_symbol(instrument: Instrument, spelling: Spelling) -> dict[str, Any]:
    """Describe a coin-margined perpetual."""
    return {
        **_perpetual(instrument, spelling),
        "contractStatus": "TRADING",
        "contractSize": int(instrument.contract_size),
        "equalQtyPrecision": 4,
    }


def _perpetual(instrument: Instrument, spelling: Spelling) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "pair": spelling.pair,
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER_MS,
        "onboardDate": ONBOARD_MS,
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.settle,
        "pricePrecision": spelling.numbers.price_decimals,
        "quantityPrecision": spelling.numbers.quantity_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": _grid(instrument, spelling),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _grid(instrument: Instrument, spelling: Spelling) -> list[dict[str, Any]]:
    """Return the filters for price and quantity."""
    price, quantity = spelling.numbers.price_decimals, spelling.numbers.quantity_decimals
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": _fixed(instrument.tick_size, price),
            "maxPrice": _fixed(Decimal(1_000_000), price),
            "tickSize": _fixed(instrument.tick_size, price),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": _fixed(instrument.min_quantity, quantity),
            "maxQty": _fixed(Decimal(9_000), quantity),
            "stepSize": _fixed(instrument.lot_size, quantity),
        },
    ]


def _fixed(value: Decimal, decimals: int) -> str:
    return f"{value:.{decimals}f}"
