"""T12: every other file of the desk on a disk that gets full while it is written.

What was there is whole, nothing half written lies beside it, whoever wrote is told why, and with
room again it goes on. The journal itself, with orders, is in test_full_disk.
"""

import os
from contextlib import closing
from decimal import Decimal

import msgspec
import pytest
from helpers.frames import normal_desk
from helpers.small_disk import FILLER, empty, fill, small_disk

from desk.app.practice import FILE, ExchangeLog
from desk.execution.outcome import Cancelled
from desk.io.csv_file import write_csv
from desk.io.disk import write_atomically
from desk.io.film_writer import FilmBounds, FilmStopped, FilmWriter
from desk.io.snapshot_file import SnapshotHead, write_snapshot
from desk.log import ENGINE, LOG, logged
from ui.settings_files import change_line
from ui.window_file import WindowFile

pytestmark = pytest.mark.fault("T12")

LONG = 30_000
"""Of a second write: it does not fit where the first did."""
ROOM = (0, 4_096, 16_384)
"""Bytes left when it is made: none, and what takes a part of it."""
NO_ROOM = "No space left|the disk is full|0 MiB are free"
HEAD = SnapshotHead(seq=1, hash="00", code="00", terms={})


class ToldWhy(Exception):
    """Raised here for a writer that returns its reason."""


def save_layout(folder, text):
    file = WindowFile(str(folder))
    file.put("layout", {"docks": text})
    if why := file.write():
        raise ToldWhy(why)


def film(folder, text):
    """A run of its own for each picture, so that each is a whole one: some thousand bytes."""
    frame = msgspec.msgpack.encode(normal_desk())
    for _ in range(1 + len(text) // 2_000):
        with closing(FilmWriter(folder, FilmBounds(spare=0))) as writer:
            writer.write(frame, 1_790_000_000_000, 1)


WRITERS = {
    "layout": save_layout,
    "own keys": lambda at, text: change_line(at / "keys.toml", "kill", f'"{text}"', bytes),
    "last profile": lambda at, text: write_atomically(at / "profile.last", text.encode()),
    "snapshot": lambda at, text: write_snapshot(at, HEAD, [("rows", text.encode())] * 3),
    "export": lambda at, text: write_csv(at / "exports", "blotter", ["n"], [[text]] * 3),
    "film": film,
}


def files(folder):
    """Every file of a folder and what is in it, but for what fills the disk."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != FILLER)
    return {path.relative_to(folder): path.read_bytes() for path in found}


def leave(place, room):
    """Fill the disk but for some bytes."""
    fill(place)
    os.truncate(place / FILLER, (place / FILLER).stat().st_size - room)


@pytest.mark.parametrize("writer", WRITERS)
def test_what_does_not_fit_leaves_what_was_there_and_says_why(tmp_path, writer, figure):
    """Of a layout, an own file, a note, a snapshot, an export and the film."""
    write, cases = WRITERS[writer], 0
    with small_disk(tmp_path / "disk", "1m") as place:
        for room in ROOM:
            write(place, "a")
            before = files(place)
            leave(place, room)
            with pytest.raises((OSError, ToldWhy, FilmStopped), match=NO_ROOM):
                write(place, "b" * LONG)
            after = files(place)
            assert after.keys() == before.keys()
            if writer == "film":  # pictures that found room are there, and whole
                after = {name: content[: len(before[name])] for name, content in after.items()}
            assert after == before
            empty(place)
            write(place, "b" * LONG)
            assert files(place) != before
            cases += 1
    figure(f"{writer}: full with {', '.join(map(str, ROOM))} bytes left, {cases} times whole")


def test_a_log_that_finds_no_room_leaves_lines_out_and_ends_nothing(tmp_path):
    """What is noted while the disk is full is lost; the process goes on, ends well, notes again."""
    with small_disk(tmp_path / "disk", "64k") as place:
        with logged(place, ENGINE):
            LOG.info("before")
            fill(place)
            for number in range(2_000):
                LOG.info("in between %d: %s", number, "x" * 200)
        empty(place)
        with logged(place, ENGINE):
            LOG.info("after")
        lines = (place / "logs/engine.log").read_text().splitlines()
    assert "before" in lines[0]
    assert "after" in lines[-1]


def test_a_start_on_a_full_disk_keeps_what_the_exchange_of_practice_knew(tmp_path):
    """Also where a line was cut off: it alone goes."""
    with small_disk(tmp_path / "disk", "64k") as place:
        log = ExchangeLog(place / FILE)
        for number in range(100):
            log.add(fact(number))
        log.close()
        whole = (place / FILE).read_bytes()
        with (place / FILE).open("ab") as file:
            file.write(b'{"outcome":"canc')
        fill(place)
        again = ExchangeLog(place / FILE)
        assert len(again.facts) == 100
        again.close()
        assert (place / FILE).read_bytes() == whole


def test_a_fact_that_finds_no_room_is_not_kept_in_part(tmp_path, expected_logs):
    """A line with its end cut off would join the next one, and neither be read again."""
    expected_logs("exchange.jsonl cannot be written: No space left")
    with small_disk(tmp_path / "disk", "64k") as place:
        log = ExchangeLog(place / FILE)
        log.add(fact(0))
        leave(place, 4_096)
        for number in range(1, 200):
            log.add(fact(number))
        data = (place / FILE).read_bytes()
        assert data.endswith(b"}\n")
        kept = ExchangeLog(place / FILE)
        assert kept.facts == [fact(number) for number in range(data.count(b"\n"))]
        kept.close()


def fact(number):
    return Cancelled(order_id=f"o-{number}", filled=Decimal(0), reason="x" * 30, time_ms=number)
