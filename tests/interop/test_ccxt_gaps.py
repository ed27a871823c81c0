"""A book that misses changes: clients that watch for it find out, and are right again after it.

ccxt does so on Binance and OKX. It does not look at Bybit's, Deribit's and Coinbase's numbers, and
its check of Kraken's checksum, off by default, fails in Python (4.5.90 splits a float).
"""

import json

import pytest
from helpers.processes import Market
from interop_clients import run_client
from interop_venues import REST_BOOK, VENUES
from sightings import Sighting

pytestmark = pytest.mark.interop

LOOKING_S = 12.0
GAPS = "gap:p=0.08"
"""One change in twelve is lost, whenever the client comes: some ten gaps of each book."""


def looked(venue, folder):
    """What ccxt saw of the books of a market that loses changes."""
    with Market(folder, "--dialect", venue.dialect, "--faults", GAPS) as market:
        ready = json.loads(market.ready.read_text())
        plan = venue.plan(ready, seconds=LOOKING_S, streams=["order book", REST_BOOK])
        sighting = Sighting(run_client("ccxt_client.py", plan))
    assert sighting.escaped == []
    assert sighting.errors(REST_BOOK) == []
    return sighting


@pytest.mark.parametrize(
    "venue",
    [
        pytest.param(venue, id=venue.name, marks=pytest.mark.xdist_group(f"{venue.name} gaps"))
        for venue in VENUES
        if venue.finds_gaps
    ],
)
def test_ccxt_finds_the_gaps_and_recovers(venue, tmp_path, cell):
    cell("ccxt", venue.name, "gap found")
    looked(venue, tmp_path).recovered_order_book()


def test_a_book_that_missed_changes_unnoticed_is_not_taken_for_the_venues(tmp_path):
    (venue,) = (venue for venue in VENUES if venue.name == "bybit linear")
    sighting = looked(venue, tmp_path)
    assert sighting.errors("order book") == []
    with pytest.raises(AssertionError):
        sighting.order_book()
