"""`desk feed check` against the simulator: what is there, and what is silent."""

import json

import pytest
from helpers.processes import Market, desk

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.xdist_group("feed check"),
]  # they share what is slow to make


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with Market(tmp_path_factory.mktemp("market")) as running:
        yield running


def rows(done):
    return {row["name"]: row for row in json.loads(done.stdout)["rows"]}


def test_every_stream_of_a_live_market_is_reported(market):
    done = desk(
        "feed", "check", "--market", market.ready, "--venue", "binance-usdm", "--seconds", 4
    )
    found = rows(done)
    assert done.returncode == 0, done.stdout
    assert found["binance-usdm btcusdt@markPrice@1s first data"]["value"] is not None
    assert found["binance-usdm btcusdt@depth@100ms rate"]["value"] > 5
    assert found["BTCUSDT-PERP.BINANCE gaps"]["value"] == 0
    assert abs(found["BINANCE clock skew"]["value"]) < 250
    assert not any(name.startswith("binance-spot") for name in found)


def test_a_silent_stream_is_named_and_the_exit_says_so(tmp_path):
    dead = tmp_path / "dead.json"
    dead.write_text('{"kraken": {"rest": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9"}}')
    done = desk("feed", "check", "--market", dead, "--seconds", 1)
    assert done.returncode == 1
    assert rows(done)["kraken book:BTC/USD first data"]["note"] == "no data"


def test_an_unknown_venue_is_one_line_and_exit_2():
    done = desk("feed", "check", "--venue", "nowhere")
    assert done.returncode == 2
    assert "--venue: expected one of binance" in done.stderr
