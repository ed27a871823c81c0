"""A book whose stream has died is not shown as live; one that is quiet is not lost for it."""

import json

import pytest
from helpers import binance_frames as b
from helpers import in_band_frames as f

from desk.model.market_data import BookLost, BookSnapshot
from desk.venues.binance_instrument import BEHIND_NS, UNCONFIRMED_NS
from desk.venues.okx import PATH
from desk.venues.subscription import ANSWER_NS, SILENT_NS

S = 1_000_000_000
PUBLIC = "/public/stream"


def books(protocol):
    return [e for e in protocol.events_received() if isinstance(e, BookLost | BookSnapshot)]


@pytest.fixture
def okx():
    made = f.okx(f.SWAP)
    made.connection_made(PATH, S)
    made.receive_frame(f.raw(f.okx_snapshot(5)), S)
    made.events_received()
    made.frames_to_send(PATH)
    return made


def renewals(okx):
    sent = [json.loads(frame) for frame in okx.frames_to_send(PATH) if frame != b"ping"]
    args = [arg for request in sent if request["op"] == "subscribe" for arg in request["args"]]
    return [arg for arg in args if arg["channel"] == "books"]


def test_a_book_whose_stream_says_nothing_even_when_asked_anew_is_lost(okx):
    end_s = (SILENT_NS + ANSWER_NS) // S
    for second in range(2, end_s + 1):
        okx.receive_frame(f.raw(f.okx_mark()), second * S)
        okx.tick(second * S)
        assert books(okx) == []
    okx.tick((end_s + 1) * S)
    (lost,) = books(okx)
    assert (lost.reason, lost.expected_id) == ("silent", 5)
    for second in range(end_s + 2, end_s + 60):
        okx.tick(second * S)
    assert books(okx) == [], "it is lost once"
    okx.receive_frame(f.raw(f.okx_snapshot(90)), 100 * S)
    (back,) = books(okx)
    assert back.last_id == 90


def test_a_quiet_book_that_its_venue_tells_again_when_asked_is_never_lost(okx):
    asked = 0
    for second in range(2, 120):
        okx.tick(second * S)
        for _ in renewals(okx):
            asked += 1
            okx.receive_frame(f.raw(f.okx_snapshot(5)), second * S)
    assert asked >= 10
    assert {type(event) for event in books(okx)} == {BookSnapshot}


# --- Binance, whose snapshots cost weight ---------------------------------------------------------


@pytest.fixture
def usdm():
    made = b.protocol()
    made.connection_made(PUBLIC, S)
    made.receive_frame(b.depth_frame(99, 105, 98), S)
    made.receive_response(made.snapshot_request("BTCUSDT"), b.snapshot(100), S)
    made.events_received()
    made.requests_to_send()
    return made


def tell_top(usdm, update_id, at, **more):
    usdm.receive_frame(b.wrapped("btcusdt@bookTicker", b.ticker(update_id, **more)), at)


def snapshots_asked(usdm):
    return [request for request in usdm.requests_to_send() if request.about == "book"]


def test_a_book_that_the_best_bid_and_ask_have_left_behind_is_lost(usdm):
    tell_top(usdm, 106, 2 * S, bid="61020.0", ask="61020.1")
    usdm.tick(2 * S + BEHIND_NS - 1)
    assert books(usdm) == []
    tell_top(usdm, 120, 2 * S + BEHIND_NS, bid="61030.0", ask="61030.1")
    usdm.tick(2 * S + BEHIND_NS)
    (lost,) = books(usdm)
    assert (lost.reason, lost.expected_id) == ("silent", 105)
    for second in range(10, 60):
        tell_top(usdm, 120 + second, second * S)
        usdm.tick(second * S)
    assert books(usdm) == []
    assert snapshots_asked(usdm) == [], "nothing shows where a snapshot would join the stream"
    usdm.receive_frame(b.depth_frame(199, 205, 198), 61 * S)
    (request,) = snapshots_asked(usdm)
    usdm.receive_response(request, b.snapshot(200), 61 * S)
    (back,) = books(usdm)
    assert back.last_id == 200


def test_a_quiet_book_that_the_best_bid_and_ask_confirm_is_kept(usdm):
    for second in range(2, 600):
        if second % 50 == 0:
            tell_top(usdm, 105, second * S)
        usdm.tick(second * S)
    assert books(usdm) == []
    assert snapshots_asked(usdm) == []


def test_a_change_that_the_best_bid_and_ask_tell_first_costs_no_book(usdm):
    """The book's own word follows within its interval of 100 ms."""
    for number, second in enumerate(range(30, 300, 30)):
        at, before = second * S, 105 + number
        tell_top(usdm, before + 1, at)
        usdm.tick(at)
        usdm.receive_frame(b.depth_frame(before + 1, before + 1, before), at + S // 10)
        usdm.tick(at + 20 * S)
    assert books(usdm) == []
    assert snapshots_asked(usdm) == []


def test_a_book_of_which_nothing_at_all_is_told_is_lost_after_a_minute(usdm):
    usdm.tick(S + UNCONFIRMED_NS - 1)
    assert books(usdm) == []
    usdm.tick(S + UNCONFIRMED_NS)
    assert [event.reason for event in books(usdm)] == ["silent"]
