"""What Binance says beside books and trades: candles, liquidations, open interest, funding."""

from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from helpers import binance_frames as b

from desk.model.market_data import Liquidation, MarkPrice, OpenInterest, VenueCandle
from desk.model.orders import Side
from desk.venues.binance import BinanceProtocol
from desk.venues.protocol import RestRequest

BTC, ETH = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"
S = 1_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def usdm():
    return b.protocol(b.USDM)


# --- candles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [b.wrapped, lambda name, event: b.raw(event)])
def test_a_candle_is_told_while_it_runs_and_when_it_closes(usdm, wrap):
    usdm.receive_frame(wrap("btcusdt@kline_1m", b.candle()), 5)
    usdm.receive_frame(wrap("btcusdt@kline_1m", b.candle(closed=True, c="61001.0")), 6)
    running, closed = usdm.events_received()
    assert running == VenueCandle(
        BTC, b.START_MS, 610000, 610010, 609990, 610005, Decimal("12.345"), False, 5
    )
    assert closed.closed
    assert closed.close == 610010


def test_candles_of_spot_and_of_contracts_count_in_their_own_unit():
    spot, coinm = b.protocol(b.SPOT), b.protocol(b.COINM)
    spot.receive_frame(b.wrapped("btcusdt@kline_1m", b.candle(v="0.00000000")), 5)
    coinm.receive_frame(
        b.wrapped("btcusd_perp@kline_1m", b.candle(symbol="BTCUSD_PERP", v="1234")), 5
    )
    assert [event.volume for event in spot.events_received()] == [0]
    assert [event.volume for event in coinm.events_received()] == [1234]


@pytest.mark.parametrize(
    "more",
    [{"h": "61000.0"}, {"l": "61000.1"}, {"o": "61001.1"}, {"c": "60998.9"}, {"t": b.START_MS + 1}],
    ids=str,
)
def test_a_candle_that_cannot_be_is_rejected(usdm, more):
    usdm.receive_frame(b.wrapped("btcusdt@kline_1m", b.candle(**more)), 5)
    assert usdm.events_received() == []
    assert usdm.counters.rejected == 1


# --- liquidations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [b.wrapped, lambda name, event: b.raw(event)])
@pytest.mark.parametrize("side", list(Side))
def test_a_liquidation_has_the_side_of_the_closing_order(usdm, wrap, side):
    usdm.receive_frame(wrap("btcusdt@forceOrder", b.forced(side.value)), 5)
    assert usdm.events_received() == [
        Liquidation(BTC, side, Decimal("60990.0"), Decimal("0.014"), 5, b.START_MS)
    ]


@pytest.mark.parametrize(
    "more", [{"X": "NEW", "z": "0"}, {"X": "PARTIALLY_FILLED"}, {"X": "EXPIRED", "z": "0.000"}]
)
def test_an_order_under_way_or_without_fills_is_no_liquidation(usdm, more):
    usdm.receive_frame(b.wrapped("btcusdt@forceOrder", b.forced(**more)), 5)
    assert usdm.events_received() == []
    assert (usdm.counters.ignored_trades, usdm.counters.rejected) == (1, 0)


def test_one_that_was_filled_in_part_before_it_ended_is(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@forceOrder", b.forced(X="EXPIRED")), 5)
    (liquidation,) = usdm.events_received()
    assert liquidation.quantity == Decimal("0.014")


def test_the_symbol_of_a_liquidation_is_that_of_its_stream(usdm):
    usdm.receive_frame(b.wrapped("ethusdt@forceOrder", b.forced()), 5)
    assert usdm.events_received() == []
    assert usdm.counters.reasons == {"another symbol than its stream": 1}


# --- open interest --------------------------------------------------------------------------------


class Desk:
    """A protocol whose sockets are open, and a venue that answers by REST."""

    def __init__(self, connection=b.USDM):
        self.protocol = b.protocol(connection)
        for endpoint in self.protocol.endpoints():
            self.protocol.connection_made(endpoint.path, 0)
        self.answers = {"funding": b"[]"}
        self.asked = []
        """(second, what about, key)"""
        self.outstanding = 0
        self.most_outstanding = 0

    def pass_s(self, start, end, *, late_s=0):
        """Let time pass in quarters of a second; answers come `late_s` after their request."""
        waiting = []
        for quarter in range(4 * start, 4 * end):
            now_ns = quarter * S // 4
            self.protocol.tick(now_ns)
            for request in self.protocol.requests_to_send():
                self.asked.append((quarter / 4, request.about, request.key))
                waiting.append((quarter + 4 * late_s, request))
            self.most_outstanding = max(self.most_outstanding, len(waiting))
            for due, request in list(waiting):
                if due <= quarter:
                    waiting.remove((due, request))
                    body = self.answers.get(request.about)
                    self.protocol.receive_response(
                        request, body and self.read(body, request), now_ns
                    )
        return self

    @staticmethod
    def read(body, request):
        return body.replace(b"$SYMBOL", request.key.encode())

    def interest(self, quantity, **more):
        body = {"symbol": "$SYMBOL", "openInterest": quantity, "time": b.START_MS} | more
        self.answers["open_interest"] = b.raw(body)
        return self

    def times(self, about, key=None):
        return [at for at, what, which in self.asked if what == about and key in (None, which)]

    def heard(self, kind):
        return [event for event in self.protocol.events_received() if isinstance(event, kind)]

    def mark(self, next_ms, at_s, **more):
        frame = b.wrapped("btcusdt@markPrice@1s", b.mark(T=next_ms, **more))
        self.protocol.receive_frame(frame, int(at_s * S))
        (mark,) = self.heard(MarkPrice)
        return mark.funding_interval_h


def test_open_interest_is_asked_for_every_five_seconds_of_each_contract():
    desk = Desk().interest("84617.188").pass_s(0, 21)
    assert desk.times("open_interest", "BTCUSDT") == pytest.approx([0, 5, 10, 15, 20], abs=0.6)
    assert desk.times("open_interest", "ETHUSDT") == pytest.approx([0, 5, 10, 15, 20], abs=0.6)
    heard = desk.heard(OpenInterest)
    assert {event.instrument for event in heard} == {BTC, ETH}
    assert heard[0].quantity == Decimal("84617.188")
    assert heard[0].ts_venue_ms == b.START_MS
    health = {s.name: s for s in desk.protocol.streams() if s.kind == "open_interest"}
    assert set(health) == {"btcusdt@openInterest", "ethusdt@openInterest"}
    assert all(stream.active and stream.messages == 5 for stream in health.values())


def test_one_question_is_outstanding_at_a_time():
    desk = Desk().interest("1").pass_s(0, 60, late_s=9)
    assert desk.most_outstanding == 1
    assert {about for _, about, _ in desk.asked} == {"open_interest", "funding"}


def test_coin_margined_contracts_are_asked_for_at_their_own_path_and_counted_in_contracts():
    protocol = b.protocol(b.COINM)
    protocol.connection_made("/stream", 0)
    paths = []
    for second in range(4):
        protocol.tick(second * S)
        for request in protocol.requests_to_send():
            paths.append(request.path)
            body = {"symbol": request.key, "pair": "BTCUSD", "openInterest": "5827897"}
            protocol.receive_response(request, b.raw(body), second * S)
    assert paths == [
        "/dapi/v1/fundingInfo",
        "/dapi/v1/openInterest?symbol=BTCUSD_PERP",
        "/dapi/v1/openInterest?symbol=ETHUSD_PERP",
    ]
    interests = [e for e in protocol.events_received() if isinstance(e, OpenInterest)]
    assert [event.quantity for event in interests] == [5827897, 5827897]


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"[]",
        b'{"code":-1003,"msg":"Too many requests"}',
        b'{"symbol":"DOGEUSDT","openInterest":"1"}',
        b'{"symbol":"$SYMBOL","openInterest":"-1"}',
        b'{"symbol":"$SYMBOL","openInterest":"NaN"}',
        b'{"symbol":"$SYMBOL","openInterest":1}',
        b'{"symbol":"$SYMBOL","openInterest":"1","openInterest":"2"}',
    ],
)
def test_a_failure_makes_the_next_question_wait_and_a_good_answer_heals(body):
    desk = Desk()
    desk.answers["open_interest"] = body
    desk.pass_s(0, 400)
    assert desk.heard(OpenInterest) == []
    times = desk.times("open_interest", "BTCUSDT")
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[:5] == pytest.approx([5, 10, 20, 40, 80], abs=1)
    assert not any(s.active for s in desk.protocol.streams() if s.kind == "open_interest")
    desk.interest("7").pass_s(400, 720)
    assert desk.heard(OpenInterest)
    assert all(s.active for s in desk.protocol.streams() if s.kind == "open_interest")


def test_without_a_socket_nothing_is_asked():
    protocol = b.protocol(b.USDM)
    for second in range(100):
        protocol.tick(second * S)
    assert protocol.requests_to_send() == []
    desk = Desk().interest("1").pass_s(0, 6)
    for endpoint in desk.protocol.endpoints():
        desk.protocol.connection_lost(endpoint.path, "closed", 6 * S)
    asked = len(desk.asked)
    desk.pass_s(6, 60)
    assert len(desk.asked) == asked
    assert not any(stream.active for stream in desk.protocol.streams())


def test_spot_has_neither_open_interest_nor_funding():
    desk = Desk(b.SPOT).pass_s(0, 30)
    assert desk.asked == []
    assert {s.kind for s in desk.protocol.streams()} == {"book", "trades", "top", "candles"}


def test_an_answer_that_nobody_asked_for_frees_no_question():
    desk = Desk()
    desk.protocol.tick(0)
    (asked,) = desk.protocol.requests_to_send()
    stray = RestRequest(b.USDM, "/elsewhere", "BTCUSDT", "open_interest")
    desk.protocol.receive_response(stray, None, 1)
    desk.protocol.tick(S)
    assert desk.protocol.requests_to_send() == []
    desk.protocol.receive_response(asked, b"[]", S)
    desk.protocol.tick(2 * S)
    assert len(desk.protocol.requests_to_send()) == 1


# --- funding interval -----------------------------------------------------------------------------

NEXT_MS = b.START_MS + 8 * HOUR_MS


def test_funding_terms_are_asked_for_at_the_start_and_every_five_minutes():
    desk = Desk().interest("1").pass_s(0, 700)
    assert desk.times("funding") == pytest.approx([0, 300, 600], abs=1)


def test_a_contract_that_is_listed_has_the_listed_interval_any_other_has_eight_hours():
    desk = Desk()
    desk.answers["funding"] = b.raw(
        [
            {"symbol": "LPTUSDT", "fundingIntervalHours": 1},
            {"symbol": "BTCUSDT", "fundingIntervalHours": 4, "disclaimer": False},
        ]
    )
    desk.pass_s(0, 1)
    assert desk.mark(NEXT_MS, 1) == 4
    desk.answers["funding"] = b'[{"symbol":"LPTUSDT","fundingIntervalHours":1}]'
    desk.pass_s(3600, 3602)
    assert desk.mark(NEXT_MS, 3602) == 8


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"{}",
        b'[{"symbol":"BTCUSDT","fundingIntervalHours":0}]',
        b'[{"symbol":"BTCUSDT","fundingIntervalHours":-4}]',
        b'[{"symbol":"BTCUSDT","fundingIntervalHours":5}]',
        b'[{"symbol":"BTCUSDT","fundingIntervalHours":"4"}]',
        b'[{"symbol":"BTCUSDT"}]',
        b'[{"symbol":"BTCUSDT","fundingIntervalHours":1,"fundingIntervalHours":4}]',
        b.raw([{"symbol": "BTCUSDT", "fundingIntervalHours": hours} for hours in (1, 4)]),
    ],
)
def test_terms_that_cannot_be_change_nothing(body):
    desk = Desk()
    desk.answers["funding"] = b'[{"symbol":"BTCUSDT","fundingIntervalHours":4}]'
    desk.pass_s(0, 1)
    desk.answers["funding"] = body
    desk.pass_s(3600, 3602)
    assert desk.mark(NEXT_MS, 3602) == 4


def test_the_next_funding_time_tells_that_the_interval_has_changed():
    desk = Desk().interest("1").pass_s(0, 1)
    assert desk.mark(NEXT_MS, 1) == 8
    assert desk.mark(NEXT_MS + 8 * HOUR_MS, 2) == 8
    desk.pass_s(2, 70)
    assert len(desk.times("funding")) == 1, "an ordinary funding raises no question"
    assert desk.mark(NEXT_MS + 8 * HOUR_MS, 70) == 8
    assert desk.mark(NEXT_MS + 12 * HOUR_MS, 71) == 4
    desk.answers["funding"] = b'[{"symbol":"BTCUSDT","fundingIntervalHours":4}]'
    desk.pass_s(71, 200)
    assert len(desk.times("funding")) == 2, "asked once more, and content with the answer"
    assert desk.mark(NEXT_MS + 12 * HOUR_MS, 200) == 4


def test_a_funding_time_that_jumps_oddly_leaves_the_interval_unknown_until_the_venue_tells():
    desk = Desk().interest("1").pass_s(0, 1)
    assert desk.mark(NEXT_MS, 1) == 8
    assert desk.mark(NEXT_MS - 5 * HOUR_MS, 2) is None
    desk.answers["funding"] = b'[{"symbol":"BTCUSDT","fundingIntervalHours":1}]'
    desk.pass_s(2, 62)
    assert desk.mark(NEXT_MS - 5 * HOUR_MS, 62) == 1


def test_an_interval_goes_over_to_new_sockets_unless_a_listing_has_told_another():
    before, after, listed = Desk(), Desk(), Desk()
    terms = b.CATALOGUE.of_connection(b.USDM).values()
    listed.protocol = BinanceProtocol(
        b.USDM, [msgspec.structs.replace(one, funding_interval_h=1) for one in terms]
    )
    assert before.mark(NEXT_MS, 1) == 8
    assert before.mark(NEXT_MS + 4 * HOUR_MS, 2) == 4
    for desk, hours in ((after, 4), (listed, 1)):
        desk.protocol.inherit(before.protocol)
        assert desk.mark(NEXT_MS + 4 * HOUR_MS, 3) == hours
    assert after.mark(NEXT_MS + 5 * HOUR_MS, 4) == 1, "the next step is seen"


def test_fundings_that_passed_unseen_are_no_change_of_the_interval():
    desk = Desk().interest("1").pass_s(0, 1)
    assert desk.mark(NEXT_MS, 1) == 8
    assert desk.mark(NEXT_MS + 24 * HOUR_MS, 90_000) == 8


def test_a_funding_time_that_flickers_does_not_make_the_desk_ask_all_the_time():
    desk = Desk().interest("1")
    for second in range(0, 600, 2):
        desk.pass_s(second, second + 2)
        desk.mark(NEXT_MS + second * 1000, second + 2)
    assert 9 <= len(desk.times("funding")) <= 11
