"""Where each connection is listed, and what the shipped rows add to a listing."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from helpers.protocols import CONNECTIONS

from desk.cli.shipped import shipped
from desk.io.listings import ask_listing
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
