"""ccxt's websocket client, of which only the addresses are changed, on every venue and stream."""

import pytest
from interop_clients import run_client, run_clients
from interop_venues import REST_BOOK, VENUES
from sightings import Sighting

pytestmark = pytest.mark.interop

LOOKING_S = 8.0
FORCED, PATIENCE_S = "liquidations", 100.0
TERMS = {
    "binance spot": (None, False, 0.01),
    "binance usdm": (1.0, False, 0.1),
    "binance coinm": (100.0, True, 0.1),
    "okx linear": (0.01, False, 0.1),
    "okx inverse": (100.0, True, 0.1),
    "bybit linear": (1.0, False, 0.1),
    "bybit inverse": (1.0, True, 0.1),
    "deribit inverse": (10.0, True, 0.5),
    "deribit linear": (0.0001, False, 0.1),
    "hyperliquid perp": (1.0, False, 1.0),
    "coinbase spot": (None, False, 0.01),
    "kraken spot": (None, False, 0.1),
}
"""BTC's contract, in coin or dollars, whether it is settled in coin, and the tick (Nov 2026)."""
CELLS = [
    pytest.param(
        venue, stream, id=f"{venue.name} {stream}", marks=pytest.mark.xdist_group(venue.name)
    )
    for venue in VENUES
    for stream in venue.streams()
    if stream != FORCED
]


@pytest.fixture(scope="module")
def sighting_of(market):
    """What ccxt saw of a venue: one run of it, all streams at once, however many ask."""
    seen = {}

    def look(venue):
        if venue.name not in seen:
            streams = [REST_BOOK, *(name for name in venue.streams() if name != FORCED)]
            often = venue.asked_often
            plan = venue.plan(market, seconds=LOOKING_S, streams=streams, settings=often)
            seen[venue.name] = Sighting(run_client("ccxt_client.py", plan))
        return seen[venue.name]

    return look


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        pytest.param(name, terms, id=name, marks=pytest.mark.xdist_group(name))
        for name, terms in TERMS.items()
    ],
)
def test_ccxt_reads_the_terms_that_the_venue_publishes(name, terms, sighting_of):
    (venue,) = (venue for venue in VENUES if venue.name == name)
    contract, is_inverse, tick = terms
    assert sighting_of(venue).terms == {
        "contractSize": contract,
        "linear": None if contract is None else not is_inverse,
        "inverse": None if contract is None else is_inverse,
        "tick": tick,
    }


@pytest.mark.parametrize(("venue", "stream"), CELLS)
def test_ccxt_sees_the_market_as_it_is(venue, stream, sighting_of, cell):
    cell("ccxt", venue.name, stream)
    sighting_of(venue).check(stream)


def test_ccxt_hears_of_positions_closed_by_force(fast_market, cell):
    venues = [venue for venue in VENUES if FORCED in venue.streams()]
    for venue in venues:
        cell("ccxt", venue.name, FORCED)
    plans = [
        venue.plan(fast_market, seconds=PATIENCE_S, streams=[FORCED, "ticker"], enough=1)
        for venue in venues
    ]
    for sighting in run_clients("ccxt_client.py", plans):
        seen = Sighting(sighting)
        assert seen.errors("ticker") == []
        seen.check(FORCED)
