"""Wanted and active: asked for within the venue's limits, shown by it, asked for again."""

import json
from itertools import pairwise

import pytest
from helpers import binance_frames as b

from desk.model.instrument import InstrumentId
from desk.venues.protocol import StreamHealth

MARKET, PUBLIC = "/market/stream", "/public/stream"
S = 1_000_000_000


@pytest.fixture
def usdm():
    return b.protocol(b.USDM)


def opened(protocol, path=MARKET, now_ns=S):
    """Open a socket; returns the request for all that it should carry."""
    protocol.connection_made(path, now_ns)
    (request,) = requests_of(protocol, path)
    return request


def requests_of(protocol, path=MARKET, method="SUBSCRIBE"):
    frames = protocol.frames_to_send(path)
    return [frame for frame in frames if json.loads(frame)["method"] == method]


def names_in(request):
    return json.loads(request)["params"]


def active(protocol):
    return {stream.name for stream in protocol.streams() if stream.active}


def wanted(protocol, path=MARKET):
    return {
        s for endpoint in protocol.endpoints() if endpoint.path == path for s in endpoint.streams
    }


def asked_during(protocol, seconds, path=MARKET, answer=None):
    """Let time pass in quarters; returns (second, names) of each request."""
    asked = []
    for quarter in range(4, 4 * seconds):
        protocol.tick(quarter * S // 4)
        for request in requests_of(protocol, path):
            asked.append((quarter / 4, names_in(request)))
            if answer is not None:
                protocol.receive_frame(answer(request), quarter * S // 4)
    return asked


def test_an_open_socket_asks_for_all_it_should_carry_at_once(usdm):
    request = json.loads(opened(usdm))
    assert request["method"] == "SUBSCRIBE"
    assert set(request["params"]) == wanted(usdm)
    assert usdm.frames_to_send(MARKET) == usdm.frames_to_send(PUBLIC) == []


def test_a_stream_is_active_when_the_venue_has_accepted_its_request_and_not_before(usdm):
    market, public = opened(usdm), opened(usdm, PUBLIC)
    assert active(usdm) == set()
    usdm.receive_frame(b.accepted(market), 2 * S)
    assert active(usdm) == wanted(usdm)
    usdm.receive_frame(b.accepted(public), 2 * S)
    assert active(usdm) == wanted(usdm) | wanted(usdm, PUBLIC)
    usdm.connection_lost(MARKET, "closed", 3 * S)
    assert active(usdm) == wanted(usdm, PUBLIC)
    again = opened(usdm, now_ns=4 * S)
    usdm.receive_frame(b.accepted(market), 5 * S)
    assert active(usdm) == wanted(usdm, PUBLIC), "the answer to a request of the socket before"
    usdm.receive_frame(b.accepted(again), 5 * S)
    assert active(usdm) == wanted(usdm) | wanted(usdm, PUBLIC)


def test_a_stream_is_active_by_its_data_too(usdm):
    opened(usdm)
    usdm.receive_frame(b.wrapped("btcusdt@markPrice@1s", b.mark()), 2 * S)
    usdm.receive_frame(b.wrapped("ethusdt@markPrice@1s", b.mark("-1", symbol="ETHUSDT")), 2 * S)
    assert active(usdm) == {"btcusdt@markPrice@1s"}


def test_what_the_venue_accepts_and_does_not_list_is_not_active_and_asked_for_again(usdm):
    usdm.receive_frame(b.accepted(opened(usdm)), S)
    usdm.tick(2 * S)
    (question,) = requests_of(usdm, method="LIST_SUBSCRIPTIONS")
    left_out = {"btcusdt@forceOrder", "ethusdt@kline_1m"}
    usdm.receive_frame(b.listed(question, wanted(usdm) - left_out), 2 * S)
    assert active(usdm) == wanted(usdm) - left_out
    usdm.tick(6 * S)
    (request,) = requests_of(usdm)
    assert set(names_in(request)) == left_out
    usdm.receive_frame(b.accepted(request), 6 * S)
    usdm.tick(7 * S)
    (question,) = requests_of(usdm, method="LIST_SUBSCRIPTIONS")
    usdm.receive_frame(b.listed(question, wanted(usdm)), 7 * S)
    assert active(usdm) == wanted(usdm)


@pytest.mark.parametrize("result", [{}, "btcusdt@trade", 1, [1], [None], True])
def test_a_list_that_is_none_changes_nothing(usdm, result):
    usdm.receive_frame(b.accepted(opened(usdm)), S)
    usdm.tick(2 * S)
    (question,) = requests_of(usdm, method="LIST_SUBSCRIPTIONS")
    usdm.receive_frame(b.raw({"result": result, "id": json.loads(question)["id"]}), 2 * S)
    assert active(usdm) == wanted(usdm)
    assert usdm.counters.rejected == 1


@pytest.mark.parametrize("more", [b'"id":1,', b'"result":null,', b'"id":99,'])
def test_an_answer_that_says_something_twice_proves_nothing(usdm, more):
    answer = b.accepted(opened(usdm))
    usdm.receive_frame(b"{" + more + answer[1:], 2 * S)
    assert active(usdm) == set()
    assert usdm.counters.reasons == {"repeated key": 1}


def test_a_list_of_the_socket_before_changes_nothing(usdm):
    usdm.receive_frame(b.accepted(opened(usdm)), S)
    usdm.tick(2 * S)
    (question,) = requests_of(usdm, method="LIST_SUBSCRIPTIONS")
    usdm.connection_lost(MARKET, "closed", 3 * S)
    usdm.receive_frame(b.accepted(opened(usdm, now_ns=3 * S)), 3 * S)
    usdm.receive_frame(b.listed(question, []), 3 * S)
    assert active(usdm) == wanted(usdm)


def test_what_is_not_answered_is_asked_for_again_at_doubling_distances(usdm):
    opened(usdm)
    asked = asked_during(usdm, 400)
    times = [second for second, _ in asked]
    assert times[:5] == [6.0, 16.0, 36.0, 76.0, 136.0]
    assert {later - earlier for earlier, later in pairwise(times[3:])} == {60.0}
    assert all(set(names) == wanted(usdm) for _, names in asked)


def test_after_a_refusal_each_stream_is_asked_for_by_itself(usdm):
    usdm.receive_frame(b.refused(opened(usdm)), 2 * S)

    def answer(request):
        bad = "btcusdt@forceOrder" in names_in(request)
        return b.refused(request) if bad else b.accepted(request)

    asked = asked_during(usdm, 20, answer=answer)
    assert all(len(names) == 1 for _, names in asked)
    assert {name for _, (name,) in asked} == wanted(usdm)
    assert active(usdm) == wanted(usdm) - {"btcusdt@forceOrder"}


@pytest.mark.parametrize(("connection", "limit"), [(b.SPOT, 5), (b.USDM, 10), (b.COINM, 10)])
def test_requests_stay_below_the_venues_limit_in_any_second(connection, limit):
    protocol = b.protocol(connection)
    path = protocol.endpoints()[-1].path
    times = []
    for n in range(3):  # three sockets, each refused at first
        protocol.connection_made(path, 1 + n * 30 * S)
        for tenth in range(n * 300, n * 300 + 300):
            protocol.tick(tenth * S // 10)
            for request in protocol.frames_to_send(path):
                times.append(tenth)
                protocol.receive_frame(b.refused(request), tenth * S // 10)
        protocol.connection_lost(path, "closed", n * 30 * S)
    assert len(times) > 12
    busiest = max(sum(at <= t < at + 10 for t in times) for at in times)
    assert busiest <= limit - 2, "a ping and a pong count as well"


def test_a_stream_that_falls_silent_is_asked_for_again_though_it_was_accepted(usdm):
    usdm.receive_frame(b.accepted(opened(usdm)), S)
    for second in range(2, 12):
        usdm.receive_frame(b.wrapped("btcusdt@markPrice@1s", b.mark()), second * S)
        usdm.tick(second * S)
    (request,) = requests_of(usdm)
    assert names_in(request) == ["ethusdt@markPrice@1s"]
    assert "ethusdt@markPrice@1s" in active(usdm), "its age tells that it is silent"


def test_liquidations_may_be_silent_for_ever(usdm):
    usdm.receive_frame(b.accepted(opened(usdm)), S)
    asked = asked_during(usdm, 300, answer=b.accepted)
    assert not any(name.endswith("forceOrder") for _, names in asked for name in names)
    marks = [second for second, names in asked if "btcusdt@markPrice@1s" in names]
    assert marks[:3] == [11.0, 31.0, 71.0]


def test_streams_tell_what_they_are_about_and_how_old_they_may_get():
    coinm = b.protocol(b.COINM)
    health = {stream.name: stream for stream in coinm.streams()}
    limits = {name.partition("@")[2]: (s.kind, s.limit_ms) for name, s in health.items()}
    assert limits == {
        "depth@100ms": ("book", 2_000),
        "trade": ("trades", None),
        "bookTicker": ("top", 10_000),
        "markPrice@1s": ("mark", 2_000),
        "kline_1m": ("candles", 65_000),
        "forceOrder": ("liquidations", None),
        "openInterest": ("open_interest", 30_000),
    }
    assert {stream.instrument for stream in health.values()} == {
        "BTCUSD-PERP.BINANCE",
        "ETHUSD-PERP.BINANCE",
    }
    coinm.receive_frame(
        b.wrapped("ethusd_perp@markPrice@1s", b.mark("2600.5", symbol="ETHUSD_PERP")), 9
    )
    (mark,) = [s for s in coinm.streams() if s.messages]
    assert mark == StreamHealth(
        "ethusd_perp@markPrice@1s",
        1,
        9,
        9,
        "mark",
        InstrumentId("ETHUSD-PERP.BINANCE"),
        True,
        2_000,
    )


def test_five_hundred_reconnects_and_every_time_all_that_is_wanted_is_active(usdm):
    now_ns = S
    for number in range(500):
        for path in (MARKET, PUBLIC):
            request = opened(usdm, path, now_ns)
            usdm.receive_frame(b.accepted(request), now_ns)
        assert active(usdm) == wanted(usdm) | wanted(usdm, PUBLIC), number
        now_ns += S
        for path in (MARKET, PUBLIC):
            usdm.connection_lost(path, "closed", now_ns)
        assert active(usdm) == set()
