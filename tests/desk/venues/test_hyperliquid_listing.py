"""Hyperliquid's listings become instruments, and the shipped ones are those they list."""

import json
from decimal import Decimal

import pytest
from helpers import hyperliquid_frames as h
from hypothesis import given
from hypothesis import strategies as st

from desk.venues.hyperliquid_listing import read_perpetuals, read_spot
from desk.venues.unreadable import UNREADABLE

META = {
    "marginTables": [[56, {"description": "tiered 40x", "marginTiers": []}]],
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25, "isDelisted": None},
        {"name": "ATOM", "szDecimals": 2, "maxLeverage": 5},
    ],
}
SPOT_META = {
    "tokens": [
        {"name": "USDC", "szDecimals": 8, "index": 0},
        {"name": "HYPE", "szDecimals": 2, "index": 150},
        {"name": "UBTC", "szDecimals": 5, "index": 197},
        {"name": "UETH", "szDecimals": 4, "index": 221},
        {"name": "USDH", "szDecimals": 2, "index": 360},
    ],
    "universe": [
        {"name": "@107", "tokens": [150, 0], "index": 107, "isCanonical": False},
        {"name": "@142", "tokens": [197, 0], "index": 142, "isCanonical": False},
        {"name": "@151", "tokens": [221, 0], "index": 151, "isCanonical": False},
        {"name": "@234", "tokens": [197, 360], "index": 234, "isCanonical": False},
        {"name": "@999", "tokens": [197, 9_999], "index": 999},
    ],
}


def body(document):
    return json.dumps(document).encode()


def universe(*rows):
    return read_perpetuals(body({"universe": rows}))


def test_the_shipped_instruments_are_what_the_listings_give():
    perpetuals, spot = read_perpetuals(body(META)), read_spot(body(SPOT_META))
    assert perpetuals.refused == spot.refused == {}
    assert perpetuals.instruments + spot.instruments == h.CATALOGUE.all()


@pytest.mark.parametrize(
    ("decimals", "tick", "lot"),
    [(0, "0.000001", "1"), (4, "0.01", "0.0001"), (5, "0.1", "0.00001"), (6, "1", "0.000001")],
)
def test_tick_and_lot_come_from_the_decimals_of_the_size(decimals, tick, lot):
    (btc,) = universe({"name": "BTC", "szDecimals": decimals}).instruments
    assert (btc.tick_size, btc.lot_size) == (Decimal(tick), Decimal(lot))


@given(st.integers(0, 6), st.integers(1, 99_999), st.integers(0, 6))
def test_the_tick_represents_every_price_that_the_rule_allows(decimals, figures, places):
    (btc,) = universe({"name": "BTC", "szDecimals": decimals}).instruments
    if places <= 6 - decimals:
        price = Decimal(figures).scaleb(-places)
        assert btc.price(btc.ticks(price)) == price


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"isDelisted": True}, "delisted"),
        ({"szDecimals": 7}, "szDecimals out of range"),
        ({"szDecimals": -1}, "szDecimals out of range"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_stand(row, reason):
    listing = universe({"name": "BTC", "szDecimals": 5} | row, {"name": "ETH", "szDecimals": 4})
    assert listing.refused == {"BTC": reason}
    assert [instrument.symbol for instrument in listing.instruments] == ["ETH"]


def test_a_spot_token_with_too_many_decimals_is_refused():
    tokens = [token | {"szDecimals": 9} for token in SPOT_META["tokens"]]
    assert read_spot(body(SPOT_META | {"tokens": tokens})).refused == {
        "@142": "szDecimals out of range",
        "@151": "szDecimals out of range",
    }


@pytest.mark.parametrize("read", [read_perpetuals, read_spot])
@pytest.mark.parametrize(
    "bad", [b"", b"[]", b"{}", b'{"universe":{}}', b'{"universe":[1]}', b"\xff"]
)
def test_what_is_no_listing_is_refused(read, bad):
    with pytest.raises(UNREADABLE):
        read(bad)
