"""Where each connection is listed, and what the shipped rows add to a listing."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from helpers.protocols import CONNECTIONS

from desk.cli.shipped import shipped
from desk.io.listings import ListingMissing, ask_listing
from desk.venues import (
    bybit_listing,
    coinbase_listing,
    deribit_listing,
    hyperliquid_listing,
    kraken_listing,
    okx_listing,
)
from desk.venues.listing_figures import Listing, ListingSource, completed
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import UNREADABLE

SOURCES = {
    name: source
    for module in (
        bybit_listing,
        coinbase_listing,
        deribit_listing,
        hyperliquid_listing,
        kraken_listing,
        okx_listing,
    )
    for name, source in module.SOURCES.items()
}
ROW = shipped().catalogue.get("BTC-USDT-SWAP.OKX")


def test_every_connection_but_binances_is_listed_somewhere():
    assert set(SOURCES) == {name for name in CONNECTIONS if not name.startswith("binance")}
    for name, source in SOURCES.items():
        assert {request.connection for request in source.requests} == {name}
        assert len({request.key for request in source.requests}) == len(source.requests) > 0
        assert all(request.path.startswith("/") for request in source.requests)


def test_hyperliquid_is_asked_by_post_and_each_answer_is_read_as_what_was_asked():
    source = SOURCES["hyperliquid"]
    assert [request.body for request in source.requests] == [
        b'{"type":"meta"}',
        b'{"type":"spotMeta"}',
    ]
    perpetuals, spot = source.requests
    body = b'{"universe":[{"name":"BTC","szDecimals":5}]}'
    assert [row.symbol for row in source.read(perpetuals, body).instruments] == ["BTC"]
    with pytest.raises(UNREADABLE):
        source.read(spot, body)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"[" * 100_000])
def test_an_answer_that_is_no_listing_is_refused(name, body):
    for request in SOURCES[name].requests:
        with pytest.raises(UNREADABLE):
            SOURCES[name].read(request, body)


@pytest.mark.parametrize(("listed_h", "comes_to_h"), [(None, 8), (4, 4)])
def test_a_listed_interval_counts_and_one_that_is_not_told_survives(listed_h, comes_to_h):
    shipped_row = msgspec.structs.replace(ROW, funding_interval_h=8)
    listed = msgspec.structs.replace(ROW, funding_interval_h=listed_h, tick_size=Decimal("0.5"))
    (row,) = completed(Listing([listed], {}), {ROW.id: shipped_row})
    assert (row.funding_interval_h, row.tick_size) == (comes_to_h, Decimal("0.5"))


@pytest.mark.parametrize(("tells_fees", "rate"), [(False, "0.0002"), (True, "0.0009")])
def test_fees_are_the_shipped_ones_unless_the_venue_tells_its_own(tells_fees, rate):
    shipped_row = msgspec.structs.replace(ROW, taker_fee_rate=Decimal("0.0002"))
    listed = msgspec.structs.replace(ROW, taker_fee_rate=Decimal("0.0009"))
    (row,) = completed(Listing([listed], {}, tells_fees), {ROW.id: shipped_row})
    assert row.taker_fee_rate == Decimal(rate)


def test_an_instrument_that_is_not_shipped_is_as_listed():
    assert completed(Listing([ROW], {}), {}) == [ROW]


def test_how_old_a_usable_mark_may_be_is_what_ships():
    shipped_row = msgspec.structs.replace(ROW, mark_limit_ms=5000)
    (row,) = completed(Listing([ROW], {}), {ROW.id: shipped_row})
    assert row.mark_limit_ms == 5000


@pytest.mark.parametrize(("second", "tells"), [(True, True), (False, False)])
def test_a_listing_in_parts_tells_fees_when_every_part_does(second, tells):
    parts = iter([Listing([ROW], {}, tells_fees=True), Listing([], {}, tells_fees=second)])
    requests = tuple(RestRequest("okx", f"/{n}", str(n)) for n in range(2))

    async def ask(_):
        return b"{}"

    listing = asyncio.run(ask_listing(ListingSource(requests, lambda *_: next(parts)), ask))
    assert (listing.instruments, listing.tells_fees) == ([ROW], tells)


WANTED = {
    "okx": (
        b'{"code":"0","data":[%b]}',
        (
            b'{"instId":"BTC-USDT","instType":"SPOT","state":"live","tickSz":"0.1","lotSz":"0.01",'
            b'"minSz":"0.01","baseCcy":"BTC","quoteCcy":"USDT"}'
        ),
        b'"tickSz":"0.01",',
    ),
    "bybit-spot": (
        b'{"retCode":0,"result":{"category":"spot","list":[%b]}}',
        (
            b'{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","status":"Trading",'
            b'"lotSizeFilter":{"basePrecision":"0.000001","minOrderQty":"0.000011",'
            b'"minOrderAmt":"5"},"priceFilter":{"tickSize":"0.1"}}'
        ),
        b'"priceFilter":{"tickSize":"0.01"},',
    ),
    "deribit": (
        b'{"jsonrpc":"2.0","result":[%b]}',
        (
            b'{"kind":"future","instrument_name":"BTC-PERPETUAL","maker_commission":0.0,'
            b'"taker_commission":0.0005,"instrument_type":"reversed","is_active":true,'
            b'"tick_size":0.5,"contract_size":10.0,"min_trade_amount":10.0,'
            b'"settlement_currency":"BTC","settlement_period":"perpetual","base_currency":"BTC",'
            b'"counter_currency":"USD","quote_currency":"USD","tick_size_steps":[]}'
        ),
        b'"tick_size":0.05,',
    ),
    "kraken": (
        b'{"error":[],"result":{"XXBTZUSD":%b}}',
        (
            b'{"wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,"lot_multiplier":1,'
            b'"fees":[[0,0.4]],"fees_maker":[[0,0.25]],"ordermin":"0.00005","costmin":"0.5",'
            b'"tick_size":"0.1","status":"online"}'
        ),
        b'"tick_size":"0.01",',
    ),
    "coinbase": (
        b'{"products":[%b]}',
        (
            b'{"product_id":"BTC-USD","base_increment":"0.00000001","quote_increment":"0.01",'
            b'"price_increment":"0.01","base_min_size":"0.00000001","quote_min_size":"1",'
            b'"base_currency_id":"BTC","quote_currency_id":"USD","product_type":"SPOT",'
            b'"status":"online","is_disabled":false,"trading_disabled":false,"view_only":false}'
        ),
        b'"price_increment":"0.1",',
    ),
}
"""An answer, a row of it, and what the row says once more in other words."""


@pytest.mark.parametrize("name", WANTED)
def test_a_row_that_says_a_thing_twice_is_refused(name):
    answer, row, again = WANTED[name]
    request = SOURCES[name].requests[0]
    listing = SOURCES[name].read(request, answer % row)
    assert (len(listing.instruments), listing.refused) == (1, {})
    listing = SOURCES[name].read(request, answer % (b"{" + again + row[1:]))
    assert listing.instruments == []
    assert list(listing.refused.values()) == ["a key twice"]


@pytest.mark.parametrize("parts", [1, 2], ids=["in one answer", "in two"])
def test_an_instrument_listed_twice_in_different_terms_makes_it_no_listing(parts):
    other = msgspec.structs.replace(ROW, contract_size=ROW.contract_size * 10)
    requests = tuple(RestRequest("okx", f"/{n}", str(n)) for n in range(parts))

    async def ask(_):
        return b"{}"

    def listed(second):
        told = iter([[ROW, second]] if parts == 1 else [[ROW], [second]])
        source = ListingSource(requests, lambda *_: Listing(next(told), {}))
        return asyncio.run(ask_listing(source, ask)).instruments

    assert listed(ROW) == [ROW], "the same word twice is no doubt"
    with pytest.raises(ListingMissing, match="a symbol twice"):
        listed(other)
