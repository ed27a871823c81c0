"""Connectors that venues publish themselves, of which only the addresses are changed."""

import pytest
from interop_clients import run_client
from interop_venues import REST_BOOK, STREAMS
from sightings import Sighting

LOOKING_S = 6.0

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("connectors")]


BY_BINANCE = [name for name in STREAMS if name != "liquidations"]
BY_COINBASE = ["order book", "trades", "ticker", "best bid/ask", "candles"]


def looked(program, urls, streams):
    plan = {**urls, "seconds": LOOKING_S, "levels": 20, "streams": [*streams, REST_BOOK]}
    return Sighting(run_client(program, plan))


@pytest.fixture(scope="module")
def by_binance(market):
    """What Binance's connector for USDⓈ-M saw, all streams at once."""
    return looked("binance_client.py", market["binance"]["usdm"], BY_BINANCE)


@pytest.fixture(scope="module")
def by_coinbase(market):
    """What Coinbase's connector saw, all channels on one connection."""
    return looked("coinbase_client.py", market["coinbase"], BY_COINBASE)


@pytest.mark.parametrize("stream", BY_BINANCE)
def test_binances_own_connector_sees_the_market_as_it_is(stream, by_binance, cell):
    cell("binance-sdk", "binance usdm", stream)
    by_binance.check(stream)


@pytest.mark.parametrize("stream", BY_COINBASE)
def test_coinbases_own_connector_sees_the_market_as_it_is(stream, by_coinbase, cell):
    cell("coinbase-advanced-py", "coinbase spot", stream)
    by_coinbase.check(stream)
