"""Candles of the time before, page by page, and what no answer or a bad one comes to."""

import asyncio
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from desk.cli.shipped import shipped
from desk.io import pasts
from desk.io.pasts import LARGEST_PAGES, PastMissing, ask_candles, ask_fundings
from desk.venues.connections import PASTS

OKX = shipped().catalogue.get("BTC-USDT-SWAP.OKX")
SPOT = shipped().catalogue.get("BTCUSDT.BINANCE")
NOW = 1_800_000_030_000
MINUTE = 60_000


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(pasts, "PAUSE_S", 0)


class Venue:
    """OKX with a candle for each of so many minutes up to now."""

    def __init__(self, minutes, spoil=lambda n, body: body):
        self.first = NOW // MINUTE * MINUTE - (minutes - 1) * MINUTE
        self.spoil = spoil
        self.asked = []

    async def ask(self, request):
        query = dict(parse_qsl(urlsplit(request.path).query))
        self.asked.append(query)
        before, limit = int(query["after"]), int(query["limit"])
        newest = (before - 1) // MINUTE * MINUTE
        starts = range(newest, max(self.first, newest - (limit - 1) * MINUTE) - 1, -MINUTE)
        rows = [[str(at), "1", "2", "1", "2", "5", "0.05", "0.05", "1"] for at in starts]
        return self.spoil(len(self.asked), json.dumps({"code": "0", "data": rows}).encode())


def asked(venue, count):
    return asyncio.run(ask_candles(PASTS["okx"], OKX, 60, NOW, venue.ask, count))


def test_pages_are_put_together_oldest_first():
    venue = Venue(5_000)
    told = asked(venue, 700)
    assert [one.start_ms for one in told] == [
        NOW // MINUTE * MINUTE - n * MINUTE for n in range(699, -1, -1)
    ]
    assert [query["limit"] for query in venue.asked] == ["300", "300", "100"]


def test_where_the_venue_has_no_more_nothing_more_is_asked():
    venue = Venue(310)
    assert len(asked(venue, 10_000)) == 310
    assert len(venue.asked) == 2


def test_pages_are_bounded():
    venue = Venue(1_000_000)
    assert len(asked(venue, 1_000_000)) == 300 * LARGEST_PAGES


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n, body: None,
        lambda n, body: b"<html>",
        lambda n, body: body if n == 1 else b'{"code":"0","data":[["1","1"]]}',
        lambda n, body: body + b" " * pasts.MAX_PAST_BYTES,
        lambda n, body: b"[" * 100_000,
    ],
)
def test_one_bad_page_is_no_past_at_all(spoil):
    with pytest.raises(PastMissing):
        asked(Venue(5_000, spoil), 600)


def test_a_page_of_nothing_is_no_fault():
    assert asked(Venue(0), 600) == []


def test_fundings_are_asked_for_of_perpetuals_alone():
    async def none(request):
        raise AssertionError(request)

    assert asyncio.run(ask_fundings(PASTS["binance-spot"], SPOT, none)) == []

    async def html(request):
        return b"<html>"

    with pytest.raises(PastMissing):
        asyncio.run(ask_fundings(PASTS["okx"], OKX, html))
