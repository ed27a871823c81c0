"""Connectors that venues publish themselves, of which only the addresses are changed."""

import pytest
from interop_clients import run_client
from interop_venues import REST_BOOK, STREAMS
from sightings import Sighting

LOOKING_S = 6.0

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("connectors")]


@pytest.fixture(scope="module")
def by_binance(market):
    """What Binance's connector for USDⓈ-M saw, all streams at once."""
    streams = [name for name in (*STREAMS, REST_BOOK) if name != "liquidations"]
    plan = {**market["binance"]["usdm"], "seconds": LOOKING_S, "streams": streams}
    return Sighting(run_client("binance_client.py", plan))


@pytest.mark.parametrize("stream", [name for name in STREAMS if name != "liquidations"])
def test_binances_own_connector_sees_the_market_as_it_is(stream, by_binance, cell):
    cell("binance-sdk", "binance usdm", stream)
    by_binance.check(stream)
