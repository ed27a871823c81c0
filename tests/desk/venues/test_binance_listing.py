"""Binance's listings to instruments, and the rows that ship."""

import copy
import json
from decimal import Decimal as D
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers import binance_frames as b
from hypothesis import given
from hypothesis import strategies as st

from desk.model.instrument import Contract, Kind
from desk.venues.binance_listing import SOURCES
from desk.venues.unreadable import UNREADABLE

PRICE = {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00"}
LOT = {"filterType": "LOT_SIZE", "maxQty": "9000"}
MARKET_LOT = {"filterType": "MARKET_LOT_SIZE", "minQty": "0.5", "maxQty": "99", "stepSize": "0.5"}
PERCENT = {"filterType": "PERCENT_PRICE", "multiplierUp": "1.05", "multiplierDecimal": 4}

PAIR = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quoteAsset": "USDT",
    "orderTypes": ["LIMIT", "MARKET"],
    "isSpotTradingAllowed": True,
    "filters": [
        PRICE | {"tickSize": "0.01000000"},
        LOT | {"minQty": "0.00001000", "stepSize": "0.00001000"},
        MARKET_LOT | {"minQty": "0.00000000", "stepSize": "0.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ],
    "permissions": [],
    "permissionSets": [["SPOT", "MARGIN"]],
}
LINEAR = {
    "symbol": "ETHUSDT",
    "pair": "ETHUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4_133_404_800_000,
    "status": "TRADING",
    "baseAsset": "ETH",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "pricePrecision": 2,
    "filters": [
        PRICE | {"tickSize": "0.01"},
        LOT | {"minQty": "0.001", "stepSize": "0.001"},
        MARKET_LOT,
        {"filterType": "MIN_NOTIONAL", "notional": "20"},
        PERCENT,
    ],
}
INVERSE = {
    "symbol": "BTCUSD_PERP",
    "pair": "BTCUSD",
    "contractType": "PERPETUAL",
    "contractStatus": "TRADING",
    "contractSize": 100,
    "baseAsset": "BTC",
    "quoteAsset": "USD",
    "marginAsset": "BTC",
    "filters": [
        PRICE | {"tickSize": "0.10"},
        LOT | {"minQty": "1", "stepSize": "1"},
        MARKET_LOT,
        PERCENT,
    ],
}
OUTSIDE = "missing or out of range"

ROWS = {b.SPOT: PAIR, b.USDM: LINEAR, b.COINM: INVERSE}


def read(connection, *rows):
    source = SOURCES[connection]
    return source.read(source.requests[0], answer(*rows))


def answer(*rows):
    return b.raw({"timezone": "UTC", "serverTime": 1, "rateLimits": [], "symbols": rows})


def sized(row, type_, **fields):
    """A row with other fields in one of its filters."""
    row = copy.deepcopy(row)
    for rule in row["filters"]:
        if rule["filterType"] == type_:
            rule.update(fields)
    return row


@pytest.mark.parametrize("connection", ROWS)
def test_a_listed_row_is_the_row_that_ships_but_for_the_interval(connection):
    listing = read(connection, ROWS[connection])
    (listed,) = listing.instruments
    shipped = b.CATALOGUE.get(listed.id)
    assert listed.funding_interval_h is None
    for name in listed.__struct_fields__:
        if name != "funding_interval_h":
            assert getattr(listed, name) == getattr(shipped, name), name
            assert str(getattr(listed, name)) == str(getattr(shipped, name)), name


def test_pairs_and_contracts_of_the_other_stablecoin_are_instruments_too():
    (pair,) = read(b.SPOT, PAIR | {"symbol": "BTCUSDC", "quoteAsset": "USDC"}).instruments
    usdc = {"symbol": "ETHUSDC", "quoteAsset": "USDC", "marginAsset": "USDC"}
    (linear,) = read(b.USDM, LINEAR | usdc).instruments
    assert (pair.id, pair.kind, pair.settle) == ("BTCUSDC.BINANCE", Kind.SPOT, "USDC")
    assert (linear.id, linear.contract) == ("ETHUSDC-PERP.BINANCE", Contract.LINEAR)


@pytest.mark.parametrize(
    ("connection", "row"),
    [
        (b.SPOT, PAIR | {"symbol": "BTCEUR", "quoteAsset": "EUR"}),
        (b.SPOT, PAIR | {"symbol": "DOGEUSDT", "baseAsset": "DOGE"}),
        (b.USDM, LINEAR | {"symbol": "ETHUSDT_261225", "contractType": "CURRENT_QUARTER"}),
        (b.USDM, LINEAR | {"symbol": "ETHBTC", "quoteAsset": "BTC"}),
        (b.COINM, INVERSE | {"symbol": "BTCUSD_261225", "contractType": "CURRENT_QUARTER"}),
        (b.COINM, {"symbol": "NEW", "shape": []}),
    ],
)
def test_what_the_desk_does_not_trade_is_passed_over(connection, row):
    listing = read(connection, row, ROWS[connection])
    assert len(listing.instruments) == 1
    assert listing.refused == {}


@pytest.mark.parametrize(
    ("connection", "row", "reason"),
    [
        (b.SPOT, PAIR | {"status": "BREAK"}, "not trading"),
        (b.USDM, LINEAR | {"status": "SETTLING"}, "not trading"),
        (b.COINM, INVERSE | {"contractStatus": "PENDING_TRADING"}, "not trading"),
        (b.COINM, INVERSE | {"contractSize": 0}, "contract size missing or out of range"),
        (b.USDM, LINEAR | {"marginAsset": "ETH"}, "unexpected margin asset"),
        (b.USDM, LINEAR | {"filters": []}, "0 filters of the type PRICE_FILTER"),
        (b.USDM, LINEAR | {"filters": LINEAR["filters"] * 2}, "2 filters of the type PRICE_FILTER"),
        (b.USDM, sized(LINEAR, "PRICE_FILTER", tickSize="0"), f"tick size {OUTSIDE}"),
        (b.USDM, sized(LINEAR, "LOT_SIZE", stepSize="NaN"), f"lot size {OUTSIDE}"),
        (b.USDM, sized(LINEAR, "LOT_SIZE", minQty="-1"), f"smallest quantity {OUTSIDE}"),
        (b.USDM, sized(LINEAR, "MIN_NOTIONAL", notional=""), f"smallest notional {OUTSIDE}"),
        (b.SPOT, sized(PAIR, "NOTIONAL", minNotional="1e9"), f"smallest notional {OUTSIDE}"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_the_reason_and_costs_no_other(
    connection, row, reason
):
    other = {b.SPOT: "ETHUSDT", b.USDM: "BTCUSDT", b.COINM: "ETHUSD_PERP"}[connection]
    listing = read(connection, row, ROWS[connection] | {"symbol": other})
    assert listing.refused == {row["symbol"]: reason}
    assert [instrument.symbol for instrument in listing.instruments] == [other]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b'{"code":-1121,"msg":"Invalid symbol."}', answer(PAIR, PAIR)],
)
def test_what_is_no_listing_is_refused_whole(body):
    source = SOURCES[b.SPOT]
    with pytest.raises(UNREADABLE):
        source.read(source.requests[0], body)


def test_spot_is_asked_for_the_pairs_of_the_desk_alone():
    (request,) = SOURCES[b.SPOT].requests
    url = urlsplit(request.path)
    assert url.path == "/api/v3/exchangeInfo"
    assert json.loads(parse_qs(url.query)["symbols"][0]) == [
        "BTCUSDT",
        "ETHUSDT",
        "BTCUSDC",
        "ETHUSDC",
    ]


@given(st.sampled_from(list(ROWS)), st.data())
def test_any_cut_or_flipped_byte_gives_sound_terms_or_a_refusal(connection, data):
    body = bytearray(answer(ROWS[connection]))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255))
    source = SOURCES[connection]
    try:
        listing = source.read(source.requests[0], bytes(body))
    except UNREADABLE:
        return
    for instrument in listing.instruments:
        assert 0 < instrument.tick_size <= D(1_000_000)
        assert 0 < instrument.lot_size <= D(1_000_000)
        assert instrument.contract_size > 0
