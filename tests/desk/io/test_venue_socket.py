"""A venue's socket hands messages on without a queue: those that the library reads, however cut."""

import asyncio
import struct
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.uri import parse_uri
from websockets.utils import accept_key

from desk.io.venue_socket import VenueSocket

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LONGEST = 1 << 17


class Wire(asyncio.Transport):
    """Keeps what is written, and knows whether it is read."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.reads = True

    def write(self, data):
        self.written += data

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def can_write_eof(self):
        return False

    def is_closing(self):
        return False

    def close(self):
        pass


def frame(opcode, payload=b"", *, fin=True, reserved=0, mask=False):
    size = len(payload)
    flag = 0x80 if mask else 0
    first = bytes([fin << 7 | reserved << 4 | opcode])
    if size < 126:
        head = bytes([flag | size])
    elif size < 1 << 16:
        head = struct.pack("!BH", flag | 126, size)
    else:
        head = struct.pack("!BQ", flag | 127, size)
    return first + head + (bytes(4) if mask else b"") + payload


def opened(kind):
    """A connection of a kind whose handshake is over."""
    protocol = ClientProtocol(parse_uri("ws://venue/"), max_size=LONGEST)
    connection = kind(protocol, max_queue=None)
    wire = Wire()
    connection.connection_made(wire)
    request = protocol.connect()
    protocol.send_request(request)
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(request.headers['Sec-WebSocket-Key'])}\r\n\r\n"
    )
    return connection, wire, answer.encode()


async def read(kind, chunks, with_answer=b"", take_after=0):
    """What a connection of a kind makes of bytes: messages, what it wrote, how it ended."""
    connection, wire, answer = opened(kind)
    messages = []

    async def receive():
        try:
            while True:
                messages.append(await connection.recv(decode=False))
        except ConnectionClosed:
            pass

    connection.data_received(answer + with_answer)
    wire.written = b""
    reader = asyncio.create_task(receive()) if kind is ClientConnection else None
    for number, chunk in enumerate(chunks):
        if kind is VenueSocket and number == take_after:
            connection.hand_to(messages.extend)
            reader = asyncio.create_task(receive())
        connection.data_received(chunk)
        await asyncio.sleep(0)
        while not wire.reads:  # noqa: ASYNC110 - a turn of the loop is what it waits for
            await asyncio.sleep(0)
    if reader is None:
        connection.hand_to(messages.extend)
        reader = asyncio.create_task(receive())
    connection.eof_received()
    connection.connection_lost(None)
    await reader
    protocol = connection.protocol
    ending = protocol.close_rcvd, protocol.close_sent, protocol.state, str(protocol.parser_exc)
    return messages, wire.written, ending


def same(chunks, **how):
    """Read both ways, which must agree; return the messages."""
    with patch("websockets.frames.secrets.token_bytes", bytes):
        ours = asyncio.run(read(VenueSocket, chunks, **how))
        theirs = asyncio.run(
            read(ClientConnection, chunks, with_answer=how.get("with_answer", b""))
        )
    assert ours == theirs
    return ours[0]


texts = st.builds(
    lambda size, letter: frame(TEXT, letter * size),
    st.sampled_from([0, 1, 2, 40, 125, 126, 127, 300, 65_535, 65_536, LONGEST]),
    st.sampled_from([b"a", b"\x81", b"\r\n\r\n", b"\x00", b"\xff"]).map(lambda b: b[:1]),
)
controls = st.sampled_from([frame(PING), frame(PING, b"x" * 125), frame(PONG, b"pong")])
in_parts = st.just(frame(TEXT, b"be", fin=False) + frame(PING) + frame(0, b"gin"))
STRANGE = [
    frame(BINARY, b"binary"),
    frame(CLOSE, struct.pack("!H", 1000)),
    frame(CLOSE),
    frame(PING, b"x" * 126),
    frame(PING, fin=False),
    frame(TEXT, b"{", fin=False),
    frame(0, b"}"),
    frame(3),
    frame(11),
    frame(TEXT, b"{}", reserved=4),
    frame(TEXT, b"{}", mask=True),
    frame(TEXT, b"x" * (LONGEST + 1)),
    b"\x81\x80" + bytes(12),
    b"\x81\xff" + b"\xff" * 20,
    b"\x81\x7f\x80" + bytes(20),
    b"\x81\x7e\x00\x02{}",  # a length that would have fitted one byte
]
strange = st.sampled_from(STRANGE)
ordinary = st.lists(texts | controls, max_size=8)


def cut(data, places):
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


places = st.lists(st.integers(0, 1 << 20), max_size=12)


@settings(deadline=None)
@given(ordinary, places, st.integers(0, 4))
def test_messages_are_those_that_the_library_reads(frames, where, take_after):
    data = b"".join(frames)
    messages = same(cut(data, where), take_after=take_after)
    assert len(messages) == sum(f[0] == 0x81 for f in frames)


@pytest.mark.thorough
@settings(deadline=None)
@given(ordinary, st.lists(strange | in_parts, max_size=2), ordinary, places, st.integers(0, 4))
def test_what_is_out_of_the_ordinary_is_read_as_the_library_does(a, odd, b, where, take_after):
    same(cut(b"".join([*a, *odd, *b]), where), take_after=take_after)


@pytest.mark.parametrize("odd", [*STRANGE, frame(TEXT, b"be", fin=False) + frame(0, b"gin")])
def test_texts_around_what_is_out_of_the_ordinary_are_read_as_the_library_does(odd):
    before, behind = frame(TEXT, b"before") + frame(PING), frame(TEXT, b"behind") * 3
    whole = before + odd + behind
    for chunks in ([whole], [before, odd, behind], cut(whole, range(9, 30)), [odd, behind]):
        same(chunks)


@settings(deadline=None)
@given(ordinary, places)
def test_bytes_that_come_with_the_handshake_are_not_lost(frames, where):
    data = b"".join(frames)
    first, *rest = cut(data, where) or [b""]
    same(rest, with_answer=first)


@pytest.mark.thorough
def test_every_way_to_cut_two_frames_gives_both():
    data = frame(TEXT, b"a" * 130) + frame(PING, b"ping") + frame(TEXT, b"{}")
    for first in range(len(data)):
        assert same(cut(data, [first])) == [b"a" * 130, b"{}"]
    assert same([bytes([byte]) for byte in data]) == [b"a" * 130, b"{}"]


def test_a_crowd_of_messages_is_handed_on_in_turns_while_nothing_is_read():
    async def crowd():
        connection, wire, answer = opened(VenueSocket)
        connection.data_received(answer)
        turns = []
        connection.hand_to(lambda messages: turns.append((len(messages), wire.reads)))
        connection.data_received(b"".join(frame(TEXT, b"%d" % n) for n in range(600)))
        assert (turns, wire.reads) == ([(256, True)], False)
        connection.data_received(frame(TEXT, b"last"))  # TLS had it already
        while not wire.reads or len(turns) < 3:  # noqa: ASYNC110 - turns of the loop
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(crowd()) == [(256, True), (256, True), (89, True)]


def test_a_crowd_that_waits_when_the_socket_ends_is_heard():
    async def crowd():
        connection, _, answer = opened(VenueSocket)
        connection.data_received(answer)
        taken = []
        connection.hand_to(taken.extend)
        connection.data_received(b"".join(frame(TEXT, b"%d" % n) for n in range(1_000)))
        connection.connection_lost(None)
        return taken.copy()  # what comes later is too late

    assert asyncio.run(crowd()) == [b"%d" % n for n in range(1_000)]


def test_ordinary_messages_are_handed_on_without_a_queue():
    async def ordinary():
        connection, _, answer = opened(VenueSocket)
        connection.data_received(answer)
        taken = []
        connection.hand_to(taken.extend)
        connection.data_received(frame(TEXT, b"{}") * 3)
        return taken.copy(), connection.has_waiting  # before anybody else had a turn

    assert asyncio.run(ordinary()) == ([b"{}"] * 3, False)
