"""The listings of Kraken and Coinbase, and the catalogue files that stand in for them."""

import json
from contextlib import suppress
from decimal import Decimal as D

import pytest
from helpers import coinbase_frames, kraken_frames
from hypothesis import given
from hypothesis import strategies as st

from desk.venues import coinbase_listing, kraken_listing
from desk.venues.listing_figures import Listing
from desk.venues.unreadable import UNREADABLE, Unusable

PAIR = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "base": "XXBT",
    "quote": "ZUSD",
    "pair_decimals": 1,
    "lot_decimals": 8,
    "lot_multiplier": 1,
    "fees": [[0, 0.4], [10000, 0.35]],
    "fees_maker": [[0, 0.25], [10000, 0.2]],
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}

PRODUCT = {
    "product_id": "BTC-USD",
    "price": "61000.01",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "price_increment": "0.01",
    "base_min_size": "0.00000001",
    "quote_min_size": "1",
    "base_currency_id": "BTC",
    "quote_currency_id": "USD",
    "product_type": "SPOT",
    "status": "online",
    "is_disabled": False,
    "trading_disabled": False,
    "view_only": False,
}


def kraken(**rows):
    return kraken_listing.read_listing(json.dumps({"error": [], "result": rows}).encode())


def coinbase(*rows):
    body = {"products": rows, "num_products": len(rows)}
    return coinbase_listing.read_listing(json.dumps(body).encode())


def test_krakens_pair_is_the_row_of_the_catalogue():
    """The websocket says BTC where the listing says XBT."""
    (row,) = kraken(XXBTZUSD=PAIR).instruments
    assert row == kraken_frames.CATALOGUE.get("BTC/USD.KRAKEN")


def test_coinbases_product_is_the_row_of_the_catalogue():
    (row,) = coinbase(PRODUCT).instruments
    assert row == coinbase_frames.CATALOGUE.get("BTC-USD.COINBASE")


def test_what_the_desk_does_not_trade_is_passed_over():
    others = kraken(A=PAIR | {"wsname": "XBT/EUR"}, B=PAIR | {"wsname": "ADA/USD"})
    assert others == Listing([], {}, tells_fees=True)
    perpetual = PRODUCT | {"product_id": "BTC-PERP-INTX", "product_type": "FUTURE"}
    listing = coinbase(PRODUCT | {"quote_currency_id": "EUR"}, perpetual)
    assert listing == Listing([], {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "cancel_only"}, "not online"),
        ({"tick_size": "0"}, "tick_size missing or out of range"),
        ({"tick_size": "NaN"}, "tick_size missing or out of range"),
        ({"tick_size": "0." + "0" * 19 + "1"}, "tick_size missing or out of range"),
        ({"tick_size": "0.01"}, "tick_size and pair_decimals disagree"),
        ({"ordermin": "-1"}, "ordermin missing or out of range"),
        ({"fees": []}, "fees are none"),
        ({"fees": [[0, -1]]}, "fees are none"),
        ({"fees": [["0", "NaN"]]}, "fees are none"),
    ],
    ids=str,
)
def test_a_pair_of_kraken_that_cannot_be_used_is_named_and_the_rest_is_read(change, reason):
    listing = kraken(A=PAIR | change, B=PAIR | {"wsname": "ETH/USD"})
    assert listing.refused == {"BTC/USD": reason}
    assert [row.id for row in listing.instruments] == ["ETH/USD.KRAKEN"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "delisted"}, "not online"),
        ({"trading_disabled": True}, "not online"),
        ({"price_increment": "1e-2"}, "price_increment missing or out of range"),
        ({"base_increment": "-1"}, "base_increment missing or out of range"),
        ({"quote_min_size": "much"}, "quote_min_size missing or out of range"),
        ({"product_id": "BTC-USDC"}, "product_id is another"),
    ],
    ids=str,
)
def test_a_product_of_coinbase_that_cannot_be_used_is_named_and_the_rest_is_read(change, reason):
    ether = PRODUCT | {"product_id": "ETH-USD", "base_currency_id": "ETH"}
    listing = coinbase(PRODUCT | change, ether)
    assert listing.refused == {"BTC-USD": reason}
    assert [row.id for row in listing.instruments] == ["ETH-USD.COINBASE"]


def test_an_older_listing_has_no_price_increment_of_its_own():
    row = {key: value for key, value in PRODUCT.items() if key != "price_increment"}
    assert coinbase(row).instruments[0].tick_size == D("0.01")


def test_a_refusal_is_no_listing():
    body = b'{"error":["EGeneral:Too many requests"],"result":{}}'
    with pytest.raises(Unusable, match="refused by the venue"):
        kraken_listing.read_listing(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_listing_and_raise_nothing_else(body):
    for read in (kraken_listing.read_listing, coinbase_listing.read_listing):
        with pytest.raises(UNREADABLE):
            read(body)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just([])


@given(st.sampled_from(sorted(PAIR)), st.sampled_from(sorted(PRODUCT)), values)
def test_any_value_in_any_place_gives_a_sound_row_or_none(in_pair, in_product, value):
    rows = []
    with suppress(*UNREADABLE):
        rows += kraken(A=PAIR | {in_pair: value}).instruments
    with suppress(*UNREADABLE):
        rows += coinbase(PRODUCT | {in_product: value}).instruments
    for row in rows:
        assert row.tick_size > 0
        assert row.lot_size > 0
        assert row.min_quantity >= 0
        assert 0 <= row.maker_fee_rate < 1


@pytest.mark.parametrize("catalogue", [kraken_frames.CATALOGUE, coinbase_frames.CATALOGUE])
def test_the_shipped_rows_are_whole(catalogue):
    assert catalogue.as_of
    for row in catalogue.all():
        assert row.id == f"{row.symbol}.{row.venue}"
        assert row.connection == row.venue.lower()
        assert (row.quote, row.settle, row.contract_size) == ("USD", "USD", 1)
