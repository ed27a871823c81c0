"""A recording that has no room to begin leaves its name free for the next try."""

import errno

import pytest

from desk.io import recorder as module
from desk.io.recorder import Bounds, Recorder
from desk.model.errors import InputError

BOUNDS = Bounds(spare=0)


def test_a_recording_that_could_not_begin_takes_no_name(tmp_path, monkeypatch):
    def full(file, at, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "append_whole", full)
        with pytest.raises(InputError, match="No space left on device"):
            Recorder(tmp_path / "out.jsonl.gz", b"head\n", BOUNDS)
    assert list(tmp_path.iterdir()) == []
    Recorder(tmp_path / "out.jsonl.gz", b"head\n", BOUNDS).close()


def test_a_file_that_is_begun_elsewhere_meanwhile_stays(tmp_path, monkeypatch):
    begin = Recorder._begin

    def meanwhile(recorder):
        (tmp_path / "out.jsonl.gz.part").write_text("another's")
        return begin(recorder)

    monkeypatch.setattr(Recorder, "_begin", meanwhile)
    with pytest.raises(InputError):
        Recorder(tmp_path / "out.jsonl.gz", b"head\n", BOUNDS)
    assert (tmp_path / "out.jsonl.gz.part").read_text() == "another's"
