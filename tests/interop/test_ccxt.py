"""ccxt's websocket client, of which only the addresses are changed, on every venue and stream."""

import pytest
from interop_clients import run_client
from interop_venues import REST_BOOK, VENUES
from sightings import Sighting

pytestmark = pytest.mark.interop

LOOKING_S = 8.0
CELLS = [
    pytest.param(
        venue, stream, id=f"{venue.name} {stream}", marks=pytest.mark.xdist_group(venue.name)
    )
    for venue in VENUES
    for stream in venue.streams()
]


@pytest.fixture(scope="module")
def sighting_of(market):
    """What ccxt saw of a venue: one run of it, all streams at once, however many ask."""
    seen = {}

    def look(venue):
        if venue.name not in seen:
            plan = venue.plan(market, seconds=LOOKING_S, streams=[*venue.streams(), REST_BOOK])
            seen[venue.name] = Sighting(run_client("ccxt_client.py", plan))
        return seen[venue.name]

    return look


@pytest.mark.parametrize(("venue", "stream"), CELLS)
def test_ccxt_sees_the_market_as_it_is(venue, stream, sighting_of, cell):
    cell("ccxt", venue.name, stream)
    sighting = sighting_of(venue)
    sighting.check(stream)
    if sighting.is_silent(stream):  # a market without forced orders: subscribed, nothing refused
        cell("ccxt", venue.name, stream, word="none came")
