"""Websocket paths, stream names and the commands of a connection."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sim.binance.commands import MAX_STREAMS, obey
from desk.sim.binance.streams import DepthKind, Route, is_carried, parse_depth, parse_route

TWO = ("btcusdt@trade", "ethusdt@depth@100ms")


@pytest.mark.parametrize(
    ("section", "path", "route"),
    [
        ("spot", "/ws", Route("any", False, ())),
        ("spot", "/ws/btcusdt@trade", Route("any", False, TWO[:1])),
        ("spot", "/ws/btcusdt@trade/ethusdt@depth@100ms", Route("any", False, TWO)),
        ("spot", "/stream?streams=btcusdt@trade/ethusdt@depth@100ms", Route("any", True, TWO)),
        ("spot", "/stream?streams=btcusdt%40trade", Route("any", True, TWO[:1])),
        ("spot", "/stream/ws/0", Route("any", False, ())),
        ("usdm", "/public/ws/0", Route("public", False, ())),
        ("usdm", "/market/ws", Route("market", False, ())),
        ("usdm", "/public/stream?streams=btcusdt@trade", Route("public", True, TWO[:1])),
        ("usdm", "/ws/12", Route("any", False, ())),
        ("coinm", "/ws/0", Route("any", False, ())),
        ("coinm", "/stream?streams=btcusd_perp@trade", Route("any", True, ("btcusd_perp@trade",))),
        ("coinm", "/public/ws", None),
        ("spot", "/public/ws", None),
        ("usdm", "/private/stream", Route("private", True, ())),
        ("spot", "/private/stream", None),
        ("usdm", "/public", None),
        ("spot", "/", None),
        ("spot", "/api/v3/time", None),
    ],
)
def test_paths(section, path, route):
    assert parse_route(path, section) == route


@given(st.text(max_size=60))
def test_no_path_is_an_exception(path):
    parse_route("/" + path, "usdm")


@pytest.mark.parametrize(
    ("stream", "public"),
    [
        ("btcusdt@depth@100ms", True),
        ("btcusdt@depth20@100ms", True),
        ("btcusdt@bookTicker", True),
        ("btcusdt@trade", True),
        ("btcusdt@aggTrade", False),
        ("btcusdt@markPrice@1s", False),
        ("btcusdt@kline_1m", False),
        ("btcusdt@miniTicker", False),
        ("btcusdt@forceOrder", False),
        ("!bookTicker", True),
        ("!markPrice@arr@1s", False),
    ],
)
def test_each_stream_has_its_route(stream, public):
    assert is_carried(stream, "public") is public
    assert is_carried(stream, "market") is not public
    assert is_carried(stream, "any")
    assert not is_carried(stream, "private")


@pytest.mark.parametrize(
    ("kind", "is_spot", "depth"),
    [
        ("depth@100ms", True, DepthKind(100)),
        ("depth", True, DepthKind(1000)),
        ("depth", False, DepthKind(250)),
        ("depth@0ms", False, DepthKind(50)),
        ("depth@500ms", False, DepthKind(500)),
        ("depth20@100ms", True, DepthKind(100, 20)),
        ("depth7", True, None),
        ("depth@77ms", True, None),
        ("trade", True, None),
    ],
)
def test_depth_kinds(kind, is_spot, depth):
    assert parse_depth(kind, is_spot=is_spot) == depth


def command(method, params=(), number=1):
    return json.dumps({"method": method, "params": list(params), "id": number})


def test_subscribe_and_unsubscribe_are_acknowledged_and_listed():
    streams = set()
    assert obey(command("SUBSCRIBE", TWO), streams) == b'{"result":null,"id":1}'
    assert obey(command("UNSUBSCRIBE", TWO[:1], 2), streams) == b'{"result":null,"id":2}'
    assert json.loads(obey(command("LIST_SUBSCRIPTIONS", number="x"), streams)) == {
        "result": [TWO[1]],
        "id": "x",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"method":1,"id":1}',
        '{"method":"SUBSCRIBE","params":"btcusdt@trade","id":1}',
        '{"method":"SUBSCRIBE","params":["no stream at all"],"id":1}',
        '{"method":"FLY","params":[],"id":1}',
        b"\xff\xfe",
    ],
)
def test_a_bad_command_is_answered_with_an_error_and_changes_nothing(text):
    streams = set(TWO)
    answer = json.loads(obey(text, streams))
    assert answer["code"] == 2
    assert answer["msg"].startswith("Invalid request")
    assert streams == set(TWO)


def test_streams_of_a_connection_are_limited():
    names = [f"s{number}@trade" for number in range(MAX_STREAMS)]
    streams = set()
    assert b'"result":null' in obey(command("SUBSCRIBE", names), streams)
    assert b'"code":2' in obey(command("SUBSCRIBE", ["one@more"]), streams)
    assert len(streams) == MAX_STREAMS


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80)))
def test_no_command_is_an_exception(text):
    assert json.loads(obey(text, set()))
