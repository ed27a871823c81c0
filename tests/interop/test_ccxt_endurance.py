"""Pings answered and limits kept, by ccxt's own judgement of the connection."""

from itertools import pairwise

import pytest
from interop_clients import run_client, run_clients
from interop_venues import REST_BOOK, VENUES
from sightings import Sighting

pytestmark = pytest.mark.interop

OFTEN_MS = 1_000
PINGING_S = 6.0
LONG_S = 70.0
"""Longer than any interval of the default keep-alives of ccxt that are below Binance's 180 s."""
LONGEST_SILENCE_MS = 10_000


@pytest.mark.parametrize(
    "venue",
    [
        pytest.param(venue, id=venue.name, marks=pytest.mark.xdist_group(f"{venue.name} pings"))
        for venue in VENUES
    ],
)
def test_a_client_that_pings_each_second_is_answered(venue, market, cell):
    """Two answers missed in a row would be ccxt's RequestTimeout."""
    cell("ccxt", venue.name, "pings")
    often = {"streaming": {"keepAlive": OFTEN_MS}}
    plan = venue.plan(market, seconds=PINGING_S, streams=["trades", "order book"], settings=often)
    sighting = Sighting(run_client("ccxt_client.py", plan))
    assert sighting.errors("order book") == sighting.errors("trades") == sighting.escaped == []
    stamps = sighting.received_ms("order book")
    assert stamps[-1] - stamps[0] > (PINGING_S - 2) * 1000


@pytest.mark.slow
def test_every_venue_keeps_its_clients_for_more_than_a_minute(market, cell):
    """Each with ccxt's own keep-alive, and REST as often as ccxt's own throttle lets it."""
    for venue in VENUES:
        cell("ccxt", venue.name, "70 s")
    plans = [
        venue.plan(market, seconds=LONG_S, streams=["order book", "trades", REST_BOOK], levels=1)
        for venue in VENUES
    ]
    for venue, seen in zip(VENUES, run_clients("ccxt_client.py", plans), strict=True):
        sighting = Sighting(seen)
        for stream in ("order book", "trades", REST_BOOK):
            assert sighting.errors(stream) == [], venue.name
        stamps = sighting.received_ms("order book")
        assert stamps[-1] - stamps[0] > (LONG_S - LONGEST_SILENCE_MS / 1000) * 1000, venue.name
        silences = [after - before for before, after in pairwise(stamps)]
        assert max(silences) < LONGEST_SILENCE_MS, venue.name
