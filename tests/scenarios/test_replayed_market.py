"""`desk market --replay`: a recording over sockets, for the desk and for any other client."""

import json
import urllib.error
import urllib.request

import pytest
from helpers import binance_frames as b
from helpers import in_band_frames as f
from helpers.processes import Console, Market
from helpers.recordings import BTC, SWAP, Recording, steady
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from desk.cli.market import run
from desk.cli.shipped import shipped
from desk.model.errors import InputError
from desk.venues.protocol import RestRequest

OKX_PATH = "/ws/v5/public"
PATIENCE_S = 20


def okx():
    return Recording(shipped().catalogue.get(SWAP)).open("okx")


def received(socket, count):
    return [socket.recv(timeout=PATIENCE_S) for _ in range(count)]


@pytest.mark.thorough
def test_a_desk_lives_on_a_served_recording(tmp_path):
    path = steady(tmp_path / "x.jsonl", 60)
    with Market(tmp_path, "--replay", path) as market:
        ready = json.loads(market.ready.read_text())
        assert ready.keys() == {"binance", "okx"}
        assert ready["binance"].keys() == {"usdm"}
        with Console(tmp_path / "desk", "--market", str(market.ready)) as console:
            console.ask("deposit 100000 USDT")
            assert console.ask(f"wait {BTC} {SWAP} 30")["type"] == "status"
            assert console.ask(f"buy 0.5 {BTC} market")["type"] == "ack"
            assert console.until("fill")["fill"]["price"] == "61000.1"


def test_frames_come_byte_for_byte_and_in_order_to_every_client(tmp_path):
    frames = [f.raw(f.okx_snapshot(10)), b'{"a": 1,  "b":"\\u00e9"}', b"\xff\xfe", b"pong"]
    path = okx().receive("okx", *frames).write(tmp_path / "x")
    with Market(tmp_path, "--replay", path) as market:
        url = json.loads(market.ready.read_text())["okx"]["ws"] + OKX_PATH
        for _ in range(2):
            with connect(url) as socket:
                socket.send("whatever")
                said = received(socket, len(frames))
        assert [x if isinstance(x, bytes) else x.encode() for x in said] == frames
        assert isinstance(said[2], bytes)


@pytest.mark.thorough
def test_sockets_follow_each_other_as_they_did(tmp_path):
    recording = okx().receive("okx", b"first").say("okx", "closed", b"gone")
    recording.open("okx").receive("okx", b"second")
    with Market(tmp_path, "--replay", recording.write(tmp_path / "x")) as market:
        url = json.loads(market.ready.read_text())["okx"]["ws"] + OKX_PATH
        with connect(url) as socket:
            assert received(socket, 1) == ["first"]
            with pytest.raises(ConnectionClosed, match="as recorded"):
                socket.recv(timeout=PATIENCE_S)
        with connect(url) as socket:
            assert received(socket, 1) == ["second"]


def get(url, body=None):
    with urllib.request.urlopen(url, data=body, timeout=PATIENCE_S) as answer:
        return answer.read()


@pytest.mark.thorough
def test_requests_are_answered_as_they_were(tmp_path):
    depth = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
    recording = Recording(shipped().catalogue.get(BTC)).open(b.USDM)
    for at, answer in enumerate((b'{"n":1}', b"", b'{"n":2}')):
        asked = RestRequest(b.USDM, depth, "BTCUSDT")
        recording.say(
            b.USDM, "answered", answer, path=depth, request=asked, after_ms=at * 3_600_000
        )
    posted = RestRequest(b.USDM, "/info", "", body=b'{"type":"meta"}')
    recording.say(b.USDM, "answered", b"[]", path="/info", request=posted)
    with Market(tmp_path, "--replay", recording.write(tmp_path / "x")) as market:
        url = json.loads(market.ready.read_text())["binance"]["usdm"]["rest"]
        with connect(url.replace("http", "ws") + "/public/stream"):
            assert get(url + depth) == b'{"n":1}'
            assert get(url + "/fapi/v1/depth?limit=5&symbol=BTCUSDT") == b'{"n":1}'
        assert get(url + "/info", b'{"type":"meta"}') == b"[]"
        for path, body in (("/fapi/v1/depth?symbol=ETHUSDT", None), ("/info", b"{}")):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(url + path, body)


def test_only_own_recordings_are_served(tmp_path):
    (tmp_path / "x").write_bytes(b"1 {}\n")
    with pytest.raises(InputError, match="expected a recording of desk record"):
        run(["--replay", str(tmp_path / "x")])
