"""Files of a recording: whole, bounded, never torn, nothing overwritten."""

import gzip
import os

import pytest
from helpers.small_disk import small_disk

from desk.io import recorder as module
from desk.io.clock import SystemClock
from desk.io.recorder import Bounds, Recorder, Tape
from desk.io.tap import Tapped
from desk.model.errors import InputError, RecordingError

HEAD = b"head\n"


def bounds(**more):
    return Bounds(**{"spare": 0} | more)


def lines(number, size=2_000):
    """A line that does not get smaller by packing."""
    return os.urandom(size).hex().encode() + b" %d\n" % number


def content(*paths):
    return b"".join(gzip.decompress(path.read_bytes()) for path in paths)


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path):
    out = tmp_path / "x.jsonl.gz"
    recorder = Recorder(out, HEAD, bounds())
    assert recorder.write(b"1\n")
    assert recorder.write(b"2\n")
    assert not out.exists()
    assert content(tmp_path / "x.jsonl.gz.part") == b"head\n1\n2\n"
    recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl.gz"]
    assert content(out) == b"head\n1\n2\n"
    assert recorder.files == [out]
    assert (recorder.size, recorder.lines) == (out.stat().st_size, 2)


def test_files_are_rotated_and_in_order_of_their_names(tmp_path):
    out = tmp_path / "x.jsonl.gz"
    recorder = Recorder(out, HEAD, bounds(file=5_000))
    written = [lines(n) for n in range(7)]
    assert all(recorder.write(each) for each in written)
    recorder.close()
    files = sorted(tmp_path.iterdir())
    assert files == recorder.files
    assert [f.name for f in files[:2]] == ["x.0001.jsonl.gz", "x.0002.jsonl.gz"]
    assert files[-1] == out
    assert all(content(file).startswith(HEAD) for file in files)
    assert all(file.stat().st_size <= 5_000 for file in files)
    assert content(*files).replace(HEAD, b"") == b"".join(written)


def test_a_write_larger_than_a_file_is_written_all_the_same(tmp_path):
    recorder = Recorder(tmp_path / "x", HEAD, bounds(file=100))
    assert recorder.write(lines(1))
    assert recorder.write(lines(2))
    recorder.close()
    assert [f.name for f in recorder.files] == ["x.0001", "x"]


def test_all_files_together_are_bounded(tmp_path):
    recorder = Recorder(tmp_path / "x.jsonl.gz", HEAD, bounds(file=5_000, total=12_000))
    taken = [recorder.write(lines(n)) for n in range(9)]
    recorder.close()
    assert taken[0]
    assert not taken[-1]
    assert taken == sorted(taken, reverse=True)
    assert recorder.size == sum(f.stat().st_size for f in tmp_path.iterdir()) <= 12_000


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.jsonl.gz.part", "x.0001.jsonl.gz"])
def test_nothing_is_overwritten(tmp_path, name):
    (tmp_path / name).write_bytes(b"precious")
    with pytest.raises(InputError, match="expected a name that is not taken"):
        Recorder(tmp_path / "x.jsonl.gz", HEAD, bounds())
    assert (tmp_path / name).read_bytes() == b"precious"


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        Recorder(tmp_path / "missing" / "x.jsonl.gz", HEAD, bounds())


def test_room_is_left_on_the_disk(tmp_path):
    recorder = Recorder(tmp_path / "x.jsonl.gz", HEAD, bounds(spare=1 << 60))
    with pytest.raises(RecordingError, match="would be left on the disk"):
        recorder.write(lines(1))
    recorder.close()
    assert content(*recorder.files) == HEAD


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path):
    out, strange = tmp_path / "x.jsonl.gz", tmp_path / "x.0002.jsonl.gz"
    recorder = Recorder(out, HEAD, bounds(file=100))
    strange.write_bytes(b"of somebody else")
    recorder.write(lines(1, size=200))
    recorder.write(lines(2, size=200))
    with pytest.raises(RecordingError, match="exists"):
        recorder.write(lines(3, size=200))
    assert strange.read_bytes() == b"of somebody else"
    out.write_bytes(b"of somebody else")
    with pytest.raises(RecordingError, match="exists"):
        recorder.close()
    assert out.read_bytes() == b"of somebody else"


@pytest.mark.fault("T12")
def test_a_full_disk_tears_nothing(tmp_path):
    with small_disk(tmp_path / "disk", "64k") as place:
        out = place / "x.jsonl.gz"
        recorder = Recorder(out, HEAD, bounds())
        written = []

        def write_on():
            while True:
                each = lines(len(written), size=9_000)
                recorder.write(each)
                written.append(each)

        with pytest.raises(RecordingError):
            write_on()
        assert len(written) > 2
        recorder.close()
        assert content(out) == HEAD + b"".join(written)


def test_a_write_that_the_disk_breaks_off_is_taken_back(tmp_path, monkeypatch):
    """The room is gone between the look and the write."""
    out = tmp_path / "x.jsonl.gz"
    recorder = Recorder(out, HEAD, bounds())
    recorder.write(b"1\n")

    class Full:
        def __init__(self, file):
            self._file = file
            self._room = 7

        def write(self, data):
            if not self._room:
                raise OSError(28, "No space left on device")
            written, self._room = self._file.write(data[: self._room]), 0
            return written

        def __getattr__(self, name):
            return getattr(self._file, name)

    monkeypatch.setattr(recorder, "_file", Full(recorder._file))
    with pytest.raises(RecordingError, match="No space left on device"):
        recorder.write(b"2\n")
    monkeypatch.undo()
    recorder.close()
    assert content(out) == b"head\n1\n"


def tapped(payload):
    return Tapped("okx", "/ws", "received", SystemClock().boot_ns(), payload, None)


def test_a_tape_keeps_order_and_stops_when_told():
    tape = Tape(SystemClock())
    assert tape.take() == b""
    tape.add(tapped(b"1"))
    tape.add(tapped(b"2"))
    tape.stop()
    tape.add(tapped(b"3"))
    taken = tape.take()
    assert (taken.count(b"\n"), taken.index(b'"1"') < taken.index(b'"2"')) == (2, True)
    assert tape.take() == b""


def test_a_tape_that_the_disk_does_not_empty_ends_without_a_hole(monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BACKLOG_BYTES", 1_000)
    tape = Tape(SystemClock())
    for n in range(50):
        tape.add(tapped(b"x" * 100 + b" %d" % n))
    assert tape.is_overfull
    kept = tape.take().count(b"\n")
    assert 1 < kept < 10
    tape.add(tapped(b"late"))
    assert tape.take() == b""
