"""The film on the disk: what was written is read, what is damaged is passed over and said."""

import os
import stat
from contextlib import closing

import msgspec
import pytest
from helpers.frames import normal_desk

from desk.engine.snapshot import DeskFrame
from desk.io.film_format import HEADER, MAGIC, record
from desk.io.film_reader import FilmDay, film_days
from desk.io.film_writer import KEY_MS, FilmBounds, FilmStopped, FilmWriter
from desk.io.hong_kong import DAY_MS, day_of, day_start_ms
from desk.model.errors import FilmMissing

DAY = "2026-11-28"
START_MS = day_start_ms(DAY) + 9 * 3_600_000
FRAME = normal_desk()
NO_SPARE = FilmBounds(spare=0)


def picture(number, wall_ms=None):
    """A frame of its own: every fifth moment has another first order."""
    wall_ms = START_MS + number * 2_000 if wall_ms is None else wall_ms
    orders = [
        msgspec.structs.replace(FRAME.orders[0], filled=FRAME.orders[0].filled + number // 5),
        *FRAME.orders[1:],
    ]
    return msgspec.structs.replace(
        FRAME, seq=number, wall_ms=wall_ms, journal_seq=100 + number // 5, orders=orders
    )


def write(folder, frames, **options):
    writer = FilmWriter(folder, **({"bounds": NO_SPARE} | options))
    with closing(writer):
        for frame in frames:
            writer.write(msgspec.msgpack.encode(frame), frame.wall_ms, frame.journal_seq)


def read(folder, day=DAY):
    film = FilmDay(folder, day)
    for _ in film.look():
        pass
    return film


def frame_of(film, place):
    return msgspec.msgpack.decode(film.picture(place), type=DeskFrame)


@pytest.fixture
def film_file(tmp_path):
    write(tmp_path, map(picture, range(65)))  # two minutes: three keys
    return tmp_path / "film" / f"{DAY}.film"


def test_every_picture_is_read_as_it_was(tmp_path, film_file):
    film = read(tmp_path)
    assert [frame_of(film, place) for place in range(65)] == [*map(picture, range(65))]
    assert sum(mark.key == 0 for mark in film.marks) == 65 * 2_000 // KEY_MS + 1
    assert film.damage == []
    (span,) = film.spans()
    assert (span.from_ms, span.to_ms) == (START_MS, START_MS + 64 * 2_000)


def test_the_film_is_for_its_owner_alone(film_file):
    assert stat.S_IMODE(film_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(film_file.parent.stat().st_mode) == 0o700


def test_a_picture_is_found_by_time_and_by_row(tmp_path, film_file):
    film = read(tmp_path)
    assert film.nearest(START_MS + 3_999) == 1
    assert film.nearest(0, seq=104) == 20
    assert film.nearest(START_MS + 9_000, seq=10**6) == 4  # no picture shows it yet
    assert film.next_ms(64) is None
    with pytest.raises(FilmMissing, match="no picture of that time"):
        film.nearest(START_MS - 1)


def test_what_is_appended_is_seen_at_the_next_look(tmp_path, film_file):
    film = read(tmp_path)
    write(tmp_path, [picture(65)])
    assert len(film.marks) == 65
    assert [*film.look()]
    assert frame_of(film, 65) == picture(65)
    assert film.damage == []


@pytest.mark.parametrize("cut", [1, HEADER.size, HEADER.size + 1, 60])
def test_a_torn_end_costs_the_last_picture_alone(tmp_path, film_file, cut):
    os.truncate(film_file, film_file.stat().st_size - cut)
    assert len(read(tmp_path).marks) == 64
    write(tmp_path, [picture(70)])  # the next desk appends behind the torn end
    film = read(tmp_path)
    assert frame_of(film, 64) == picture(70)
    assert "are no picture" in film.damage[0]


@pytest.mark.fault("T09")
def test_a_changed_byte_costs_its_picture_and_is_said(tmp_path, film_file):
    mark = read(tmp_path).marks[10]
    data = bytearray(film_file.read_bytes())
    data[mark.at + HEADER.size + 40] ^= 1
    film_file.write_bytes(data)
    film = read(tmp_path)
    assert len(film.marks) == 64
    assert frame_of(film, 10) == picture(11)
    assert len(film.damage) == 2  # bytes that are no picture, and a hole in the chain


def test_a_lost_key_costs_what_leans_on_it_with_a_sentence(tmp_path, film_file):
    first = read(tmp_path).marks[0]
    film_file.write_bytes(film_file.read_bytes()[first.end :])
    film = read(tmp_path)
    with pytest.raises(FilmMissing, match="leans on is lost"):
        film.picture(0)
    assert "are missing" in film.damage[0]
    assert frame_of(film, 29) == picture(30)  # of the next key


def test_pictures_that_were_cut_out_are_missed(tmp_path, film_file):
    marks = read(tmp_path).marks
    data = film_file.read_bytes()
    film_file.write_bytes(data[: marks[5].at] + data[marks[8].at :])
    assert read(tmp_path).damage == [f"{DAY}.film: pictures before #101 are missing."]


@pytest.mark.parametrize("junk", [b"", b"x" * 5_000, MAGIC * 1_000, MAGIC + b"\xff" * 3_000])
def test_junk_is_no_film(tmp_path, junk):
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / f"{DAY}.film").write_bytes(junk)
    assert read(tmp_path).marks == []


def test_a_picture_behind_much_junk_is_found_wherever_it_lies(tmp_path):
    at = tmp_path / "film" / f"{DAY}.film"
    at.parent.mkdir()
    crc, large = record(0, START_MS, 1, bytes(400 << 10), 0)
    _, small = record(crc, START_MS + 2_000, 2, b"x", crc)
    at.write_bytes(bytes(900 << 10) + large + small)  # it ends in the second piece that is read
    assert [mark.seq for mark in read(tmp_path).marks] == [1, 2]


def test_a_day_ends_at_midnight_in_hong_kong(tmp_path):
    end_ms = day_start_ms(DAY) + DAY_MS
    write(tmp_path, [picture(0, end_ms - 1), picture(1, end_ms)])
    assert film_days(tmp_path) == ["2026-11-29", DAY]
    assert day_of(end_ms - 1) == DAY
    assert frame_of(read(tmp_path, "2026-11-29"), 0).seq == 1


def test_the_oldest_days_go_first(tmp_path):
    days = [picture(number, START_MS + number * DAY_MS) for number in range(5)]
    write(tmp_path, days, bounds=FilmBounds(spare=0, days=3))
    assert film_days(tmp_path) == ["2026-12-02", "2026-12-01", "2026-11-30"]
    size = (tmp_path / "film" / "2026-12-02.film").stat().st_size
    write(tmp_path, [picture(9, START_MS + 5 * DAY_MS)], bounds=FilmBounds(spare=0, total=2 * size))
    assert film_days(tmp_path) == ["2026-12-03", "2026-12-02"]


def test_a_day_that_has_its_bytes_ends_and_says_so(tmp_path, film_file):
    bounds = FilmBounds(spare=0, total=film_file.stat().st_size + 10)
    with pytest.raises(FilmStopped, match="has reached"):
        write(tmp_path, [picture(65)], bounds=bounds)
    assert len(read(tmp_path).marks) == 65


def test_the_room_of_the_journal_is_left_to_it(tmp_path):
    spare = FilmBounds().spare
    free = [spare + (1 << 20), spare, spare + (1 << 20)]
    writer = FilmWriter(tmp_path, free=lambda _: free.pop(0))
    first, second, third = (msgspec.msgpack.encode(picture(number)) for number in range(3))
    with closing(writer):
        writer.write(first, START_MS, 100)
        with pytest.raises(FilmStopped, match="24 are the journal's"):
            writer.write(second, START_MS + 1, 100)
        writer.write(third, START_MS + 2, 100)
    film = read(tmp_path)
    assert [frame_of(film, place).seq for place in (0, 1)] == [0, 2]
    assert film.damage == []  # the film began anew
