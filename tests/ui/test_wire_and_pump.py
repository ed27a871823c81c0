"""The pipe, its credit, its promises, and what the window does when they are broken."""

import multiprocessing
import os
import socket
import struct

import pytest
from helpers.fake_desk import FakeDesk
from helpers.frames import frame, later
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.model.commands import Heartbeat, Kill, NextFrame
from desk.model.events import Alerted
from ui.pump import FIRST_FRAME_MS, SILENT_AFTER_MS, WHOLE_AFTER_MS, Link, Pump
from ui.wire import OUTGOING_LIMIT_BYTES, PolledWire, SocketWire

pytestmark = pytest.mark.qt


class Clock:
    def __init__(self):
        self.ns = 0

    def __call__(self):
        return self.ns


class Heard:
    """What a pump told."""

    def __init__(self, pump):
        self.frames, self.events, self.links, self.faults = [], [], [], []
        pump.framed.connect(self.frames.append)
        pump.happened.connect(self.events.append)
        pump.link_changed.connect(self.links.append)
        pump.faulted.connect(self.faults.append)


@pytest.fixture(params=[SocketWire, PolledWire], ids=["socket", "polled"])
def wire_kind(request):
    return request.param


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk():
    made = FakeDesk()
    yield made
    made.close()


@pytest.fixture
def pump(qapp, desk, wire_kind, clock):
    made = Pump(wire_kind(desk.theirs), now_ns=clock)
    yield made
    made.stop()


@pytest.fixture
def heard(pump):
    return Heard(pump)


def test_first_frame_is_asked_for_at_start(qtbot, pump, desk):
    pump.selected = "BTCUSDT-PERP.BINANCE"
    pump.start()
    qtbot.waitUntil(lambda: desk.take() != [])
    wanted = NextFrame(selected="BTCUSDT-PERP.BINANCE")
    assert desk.sent(NextFrame) == [wanted]


def test_next_frame_is_asked_for_only_after_painting(qtbot, pump, desk, heard):
    pump._credit.setInterval(60_000)  # what is never painted is another test
    pump.start()
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: heard.frames != [])
    desk.take()
    assert len(desk.sent(NextFrame)) == 1
    pump.painted()
    qtbot.waitUntil(lambda: desk.take() != [])
    assert len(desk.sent(NextFrame)) == 2
    pump.painted()  # nothing new was shown: no second credit
    desk.take()
    assert len(desk.sent(NextFrame)) == 2


def test_frame_that_changes_nothing_does_not_stop_the_credit(qtbot, pump, desk, heard):
    pump.start()
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: len(desk.take()) > 0 and len(desk.sent(NextFrame)) >= 2)


@pytest.mark.fault("T25")
def test_only_the_newest_frame_is_shown_and_every_event_in_order(qtbot, pump, desk, heard):
    pump.start()
    first = frame()
    for number in range(5):
        desk.tell(Alerted(severity="info", message=str(number)))
        desk.send_frame(first if number == 0 else later(desk.frame))
    qtbot.waitUntil(lambda: len(heard.events) == 5)
    assert [message.event.message for message in heard.events] == list("01234")
    assert heard.frames[-1].seq == 5


def test_hole_in_the_events_is_said_aloud(qtbot, pump, desk, heard):
    pump.start()
    for number in (4, 5, 8, 9):
        desk.frame = frame()
        desk.tell(Alerted(severity="info", message="x"), number=number)
    qtbot.waitUntil(lambda: len(heard.events) == 4)
    assert len(heard.faults) == 1
    assert "Event 6 expected, 8 came" in heard.faults[0]


def test_bytes_that_are_no_message_are_a_fault_and_not_the_end(qtbot, pump, desk, heard):
    pump.start()
    desk.ours.send_bytes(b"\x93\x01\x02")
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: heard.frames != [])
    assert len(heard.faults) == 1
    assert "could not be read" in heard.faults[0]


def test_heartbeats_go_four_times_a_second_once_the_window_is_whole(qtbot, pump, desk):
    pump.start()
    pump.beat()
    desk.take()
    assert desk.sent(Heartbeat) == [], "it is slow to build, not lost"
    pump.be_whole()
    qtbot.waitUntil(lambda: (desk.take(), len(desk.sent(Heartbeat)) >= 2)[1], timeout=2_000)


def test_a_window_that_is_never_painted_beats_in_the_end(qtbot, pump, desk, clock):
    pump.start()
    clock.ns += WHOLE_AFTER_MS * 1_000_000
    pump.beat()
    desk.take()
    assert desk.sent(Heartbeat) == []
    clock.ns += 1
    pump.beat()
    qtbot.waitUntil(lambda: (desk.take(), desk.sent(Heartbeat))[1] != [])


@pytest.mark.fault("T39")
def test_silence_greys_within_a_second_and_a_half_and_heals(qtbot, pump, desk, heard, clock):
    pump.start()
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: heard.links == [Link.LIVE])
    pump.painted()
    clock.ns += (SILENT_AFTER_MS + 1) * 1_000_000
    qtbot.waitUntil(lambda: heard.links[-1] is Link.SILENT)
    assert SILENT_AFTER_MS + 250 <= 1_500  # found at the next heartbeat
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: heard.links[-1] is Link.LIVE)


@pytest.mark.fault("T20")
def test_a_frame_that_waited_while_the_window_slept_is_not_shown(qtbot, pump, desk, heard, clock):
    """It tells of a market that was live before: the window asks for another."""
    pump.start()
    desk.send_frame(frame())
    qtbot.waitUntil(lambda: len(heard.frames) == 1)
    pump.painted()
    desk.take()
    asked = len(desk.sent(NextFrame))
    desk.credit = 0
    clock.ns += 3_000_000_000
    desk.send_frame(later(desk.frame))
    qtbot.waitUntil(lambda: (desk.take(), len(desk.sent(NextFrame)) > asked)[1])
    assert len(heard.frames) == 1
    desk.send_frame(replace(later(desk.frame), ts_ns=clock.ns))
    qtbot.waitUntil(lambda: len(heard.frames) == 2)


@pytest.mark.thorough
def test_starting_engine_is_given_longer(qtbot, pump, desk, heard, clock):
    pump.start()
    pump.be_whole()
    clock.ns += (SILENT_AFTER_MS + 1) * 1_000_000
    qtbot.waitUntil(lambda: (desk.take(), len(desk.sent(Heartbeat)) >= 2)[1], timeout=2_000)
    assert heard.links == []
    clock.ns += FIRST_FRAME_MS * 1_000_000
    qtbot.waitUntil(lambda: heard.links == [Link.SILENT])


def test_last_words_are_heard_before_the_end(qtbot, pump, desk, heard):
    pump.start()
    desk.send_frame(frame())
    desk.tell(Alerted(severity="danger", message="disk full"))
    desk.take()
    desk.close()
    qtbot.waitUntil(lambda: heard.links[-1:] == [Link.LOST])
    assert heard.events[0].event.message == "disk full"
    assert pump.send(Kill(id="k", reason="x")) is None


def test_message_cut_off_in_the_middle_is_the_end_and_not_a_wait(qtbot, qapp, clock):
    ours, theirs = multiprocessing.Pipe()
    pump = Pump(SocketWire(theirs), now_ns=clock)
    heard = Heard(pump)
    pump.start()
    os.write(ours.fileno(), struct.pack("!i", 1_000) + b"half")
    qtbot.wait(20)  # nothing may block here: the rest never comes
    ours.close()
    qtbot.waitUntil(lambda: heard.links == [Link.LOST])
    pump.stop()


def test_length_that_cannot_be_is_the_end(qtbot, qapp, clock):
    ours, theirs = multiprocessing.Pipe()
    pump = Pump(SocketWire(theirs), now_ns=clock)
    heard = Heard(pump)
    pump.start()
    os.write(ours.fileno(), struct.pack("!i", -7))
    qtbot.waitUntil(lambda: heard.links == [Link.LOST])
    assert "-7 bytes" in pump.why_lost
    pump.stop()
    ours.close()


@pytest.mark.fault("T25")
def test_engine_that_reads_nothing_never_blocks_the_window(qapp):
    ours, theirs = multiprocessing.Pipe()
    wire = SocketWire(theirs)
    sent = 0
    while wire.send(b"x" * 4_096):
        sent += 1
        assert sent < 10_000
    assert sent * 4_096 > OUTGOING_LIMIT_BYTES
    received = sum(len(ours.recv_bytes()) for _ in range(8))
    assert received == 8 * 4_096
    wire.close()
    ours.close()


@settings(max_examples=40)
@given(
    messages=st.lists(st.binary(max_size=300), max_size=8),
    cuts=st.lists(st.integers(1, 64), min_size=1, max_size=40),
)
def test_messages_survive_any_cutting_of_the_stream(qapp, messages, cuts):
    left, right = socket.socketpair()
    with left:
        wire = SocketWire(multiprocessing.connection.Connection(right.detach()))
        stream = b"".join(struct.pack("!i", len(m)) + m for m in messages)
        received, place, turn = [], 0, 0
        while place < len(stream):
            size = cuts[turn % len(cuts)]
            left.sendall(stream[place : place + size])
            received += wire.receive()
            place, turn = place + size, turn + 1
        assert received == messages
        wire.close()
