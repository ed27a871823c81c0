"""Kraken's listing of pairs (GET /0/public/AssetPairs) to instruments."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from desk.model.instrument import Instrument
from desk.venues.listing_figures import FeeRates, Listing, not_negative, positive, source
from desk.venues.repeated_keys import refuse_any_repeated
from desk.venues.unreadable import Unusable, reason_of
from desk.venues.usd_pairs import BASES, QUOTE, usd_pair

LISTING_PATHS = ("/0/public/AssetPairs",)
"""GET path, to be put behind the REST address."""

_NAMES = {"XBT": "BTC"}
"""The listing's names that the websocket, version 2, writes otherwise."""

_Decimals: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=18)]
_FeeTier: TypeAlias = tuple[Decimal, Decimal]


class _Named(msgspec.Struct):
    wsname: str = ""


class _Pair(msgspec.Struct):
    status: str
    pair_decimals: _Decimals
    lot_decimals: _Decimals
    tick_size: str
    ordermin: str
    costmin: str
    fees: list[_FeeTier]
    """Traded volume from which a tier holds, and the taker's fee in per cent."""
    fees_maker: list[_FeeTier]


class _Answer(msgspec.Struct):
    result: dict[str, msgspec.Raw]
    error: list[str] = []


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_named = msgspec.json.Decoder(_Named).decode
_decode_pair = msgspec.json.Decoder(_Pair).decode


def read_listing(body: bytes) -> Listing:
    """Read the pairs of BTC, ETH, USDT and USDC against the dollar.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    answer = _decode_answer(body)
    if answer.error:
        raise Unusable("refused by the venue")
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for raw in answer.result.values():
        base, _, quote = _decode_named(raw).wsname.partition("/")
        base = _NAMES.get(base, base)
        if base not in BASES or quote != QUOTE:
            continue
        symbol = f"{base}/{quote}"
        try:
            refuse_any_repeated(bytes(raw))
            instruments.append(_instrument(symbol, base, _decode_pair(raw)))
        except (Unusable, msgspec.ValidationError) as error:
            refused[symbol] = reason_of(error)
    return Listing(instruments, refused, tells_fees=True)


SOURCES = {"kraken": source("kraken", LISTING_PATHS, read_listing)}
"""By connection."""


def _instrument(symbol: str, base: str, pair: _Pair) -> Instrument:
    if pair.status != "online":
        raise Unusable("not online")
    tick = positive(pair.tick_size, "tick_size")
    if tick.normalize().as_tuple().exponent != -pair.pair_decimals:
        # The checksum is over prices at the pair's precision, which the tick must then tell.
        raise Unusable("tick_size and pair_decimals disagree")
    return usd_pair(
        venue="KRAKEN",
        symbol=symbol,
        base=base,
        increments=(tick, Decimal(1).scaleb(-pair.lot_decimals)),
        minima=(not_negative(pair.ordermin, "ordermin"), not_negative(pair.costmin, "costmin")),
        fees=FeeRates(_fee_rate(pair.fees_maker), _fee_rate(pair.fees)),
    )


def _fee_rate(tiers: list[_FeeTier]) -> Decimal:
    """Return the entry tier's fee as a fraction."""
    # NaN cannot be compared without an exception.
    if not tiers or not tiers[0][1].is_finite() or not 0 <= tiers[0][1] <= 10:
        raise Unusable("fees are none")
    return tiers[0][1] / 100
