"""The desk's own recordings: every byte comes back, and what a crash leaves is readable."""

import gzip
import json

import pytest
from helpers import in_band_frames as f
from hypothesis import given
from hypothesis import strategies as st

from desk.io.captures import connections_in, format_of, listed_instruments, read_capture
from desk.io.recording import Listing, happened_line, listing_line
from desk.io.tap import Tapped
from desk.model.errors import InputError
from desk.venues.protocol import RestRequest

WALL_NS, BOOT_NS = 1_800_000_000_000_000_000, 5_000_000_000
PATH = "/ws/v5/public"
SWAP = f.OKX.of_connection("okx")[f.SWAP]


def listing(connection="okx", instruments=(SWAP,), wall_ns=WALL_NS, boot_ns=BOOT_NS):
    return listing_line(
        Listing(
            connection=connection,
            started_wall_ns=wall_ns,
            started_boot_ns=boot_ns,
            instruments=list(instruments),
        )
    )


def line(payload=b"{}", *, after_ns=0, what="received", **more):
    fields = {"connection": "okx", "path": PATH, "request": None} | more
    tapped = Tapped(what=what, boot_ns=BOOT_NS + after_ns, payload=payload, **fields)
    return happened_line(tapped, WALL_NS + after_ns)


@pytest.fixture
def write(tmp_path):
    def write(name, *lines):
        path = tmp_path / name
        path.write_bytes(b"".join(lines))
        return str(path)

    return write


def read(*paths, torn=None):
    return list(read_capture(paths, "desk", torn=torn))


@given(st.binary(max_size=200))
def test_every_byte_of_a_frame_comes_back(tmp_path_factory, payload):
    path = tmp_path_factory.mktemp("recording", numbered=True) / "any"
    path.write_bytes(listing() + line(payload))
    (back,) = read(str(path))
    assert (back.payload, back.what, back.connection, back.path) == (
        payload,
        "received",
        "okx",
        PATH,
    )


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff\xfe{", b'{"a":"\\ud800"}', "\U0001f600\u2028".encode(), b"\x00\x1b", b"a\nb\r\n"],
)
def test_a_frame_that_is_no_text_is_one_line_all_the_same(write, payload):
    written = line(payload)
    assert written.count(b"\n") == 1
    (back,) = read(write("x", listing(), written))
    assert back.payload == payload


def test_a_request_and_its_answer_come_back(write):
    request = RestRequest("hyperliquid", "/info", "BTC", about="mark", body=b'{"type":"meta"}')
    answered = line(b"[]", what="answered", request=request, path="/info", generation=3)
    (back,) = read(write("x", listing(), answered))
    assert (back.request, back.payload, back.generation) == (request, b"[]", 3)


def test_a_line_says_what_interested_people_need(write):
    assert json.loads(line(b'{"op":"ping"}', what="sent", after_ns=7)) == {
        "what": "sent",
        "wall_ns": WALL_NS + 7,
        "boot_ns": BOOT_NS + 7,
        "connection": "okx",
        "path": PATH,
        "text": '{"op":"ping"}',
    }


def test_times_are_those_of_the_clock_that_never_steps(write):
    """The wall clock is set back an hour in between: the boot-time clock tells the distance."""
    tapped = Tapped("okx", PATH, "received", BOOT_NS + 500, b"{}", None)
    stepped = happened_line(tapped, WALL_NS - 3_600_000_000_000)
    lines = read(write("x", listing(), line(after_ns=100), stepped))
    assert [x.ts_recv_ns - WALL_NS for x in lines] == [100, 500]


def test_the_files_of_a_recording_are_one_stream(write):
    first = write("a", listing(), line(b"1"), line(b"2", after_ns=10))
    second = write("b", listing(), line(b"3", after_ns=20))
    lines = read(first, second)
    assert [x.payload for x in lines] == [b"1", b"2", b"3"]
    assert [x.ts_recv_ns - WALL_NS for x in lines] == [0, 10, 20]
    assert {x.generation for x in lines} == {0}


def test_another_recording_goes_on_counting_generations(write):
    """Its sockets are others, whatever the one before left open when it was killed."""
    first = write("a", listing(), line(), line(generation=2))
    second = write("b", listing(wall_ns=WALL_NS + 60), line(), line(generation=1))
    assert [x.generation for x in read(first, second)] == [0, 2, 1 << 32, (1 << 32) + 1]


def test_instruments_are_those_of_the_recording(write):
    path = write("x", listing(), listing("bybit-spot", ()), line())
    assert listed_instruments([path]) == {"okx": [SWAP], "bybit-spot": []}
    assert connections_in([path], "desk") == ["okx", "bybit-spot"]
    assert format_of(path) == "desk"


def packed(*members):
    return b"".join(gzip.compress(member, mtime=0) for member in members)


@pytest.mark.parametrize("cut", [1, 8, 20, 40])
def test_what_a_crash_leaves_is_read_up_to_the_last_whole_member(write, cut):
    whole = packed(listing(), line(b"1") + line(b"2"))
    path = write("x.part", whole, packed(line(b"3"))[:-cut])
    said = []
    lines = read(path, torn=said.append)
    assert [x.payload for x in lines][:2] == [b"1", b"2"]
    assert len(said) == 1
    assert "cut short" in said[0]


def test_a_plain_recording_may_end_inside_a_line(write):
    said = []
    lines = read(write("x", listing(), line(b"1"), line(b"2")[:-9]), torn=said.append)
    assert [x.payload for x in lines] == [b"1"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([line()], "x:1: expected the listing that a recording begins with"),
        ([listing(), b"nonsense\n"], "x:2: expected a line of a recording"),
        ([listing(), line().replace(b"received", b"dropped")], "x:2: expected a line of a"),
        ([listing(), line(b"\xff").replace(b'"/w=="', b'"/w="')], "x:2: expected a line of a"),
        ([listing(), line().replace(b"5000000000", b"-5")], "x:2: expected a line of a"),
        ([listing(), line().replace(b"5000000000", b"1e999")], "x:2: expected a line of a"),
        ([listing(), b'{"what":' + b"[" * 100_000 + b"\n"], "x:2: expected a line of a"),
        ([listing().replace(b"/1", b"/2"), line()], "x:1: expected a listing"),
        ([packed(listing(), line())[:30] + b"\x00" * 30], "x: expected a capture"),
    ],
)
def test_a_damaged_recording_is_refused_in_one_line(write, lines, says):
    path = write("x", *lines)
    with pytest.raises(InputError) as refused:
        read(path, torn=print)
    assert says in str(refused.value)
    assert str(refused.value).isprintable()


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_listing_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("recording", numbered=True) / "any"
    path.write_bytes(listing() + data)
    try:
        read(str(path), torn=lambda text: None)
    except InputError:
        return
