"""Two copies into one name never meet, and nothing that no copy left is taken away."""

import os

import pytest

from desk.io import folder as holding
from desk.io import whole_folder as module
from desk.io.folder import hold_folder
from desk.io.whole_folder import MARK, whole_folder
from desk.model.errors import DeskError, InputError, JournalHeld


def filled(target, text="whole"):
    with whole_folder(target) as new:
        (new / "truth").write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_there_once_it_is_whole_and_bears_no_mark(tmp_path):
    filled(tmp_path / "b")
    assert (names(tmp_path), names(tmp_path / "b")) == (["b"], ["truth"])


def test_a_second_copy_that_begins_as_the_first_ends_empties_nothing(tmp_path, monkeypatch):
    sync, refused = module.sync_folder, []

    def second_begins(place):
        sync(place)
        if place.name == ".b.new":
            with pytest.raises(JournalHeld) as error:
                filled(tmp_path / "b", "second")
            refused.append(error)

    monkeypatch.setattr(module, "sync_folder", second_begins)
    filled(tmp_path / "b")
    assert len(refused) == 1
    assert (names(tmp_path), names(tmp_path / "b")) == (["b"], ["truth"])
    assert (tmp_path / "b" / "truth").read_text() == "whole"


def test_a_lock_that_its_holder_took_away_locks_nothing(tmp_path, monkeypatch):
    lock = holding.try_lock

    def gone_meanwhile(file):
        (tmp_path / "desk" / holding.LOCK_FILE).unlink()
        return lock(file)

    monkeypatch.setattr(holding, "try_lock", gone_meanwhile)
    monkeypatch.setattr(holding, "_PID_TRIES", 1)
    with pytest.raises(JournalHeld):
        hold_folder(tmp_path / "desk")


def test_a_link_in_the_way_leads_nowhere(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "precious").write_text("x")
    (tmp_path / ".b.new").symlink_to(tmp_path / "own")
    with pytest.raises(InputError, match="what an earlier copy left"):
        filled(tmp_path / "b")
    assert names(tmp_path / "own") == ["precious"]
    assert not (tmp_path / "b").exists()


def test_what_no_copy_left_stays(tmp_path):
    (tmp_path / ".b.new").mkdir()
    for name in ("precious", "desk.lock"):
        (tmp_path / ".b.new" / name).write_text("x")
    with pytest.raises(InputError, match="what an earlier copy left"):
        filled(tmp_path / "b")
    assert names(tmp_path / ".b.new") == ["desk.lock", "precious"]


@pytest.mark.parametrize("left", [[], ["desk.lock"], [MARK, "desk.lock", "half", "sub/half"]])
def test_what_a_killed_copy_left_is_taken_away(tmp_path, left):
    (tmp_path / ".b.new" / "sub").mkdir(parents=True)
    for name in left:
        (tmp_path / ".b.new" / name).write_text("x")
    if MARK not in left:
        (tmp_path / ".b.new" / "sub").rmdir()
    filled(tmp_path / "b")
    assert (names(tmp_path), names(tmp_path / "b")) == (["b"], ["truth"])


def test_a_disk_that_does_not_promise_the_name_is_told_as_that(tmp_path, monkeypatch):
    sync = module.sync_folder

    def refused(place):
        if place == tmp_path:
            raise OSError(5, os.strerror(5))
        sync(place)

    monkeypatch.setattr(module, "sync_folder", refused)
    with pytest.raises(DeskError, match="all of it is there, and may not outlast a power cut"):
        filled(tmp_path / "b")
    assert names(tmp_path / "b") == ["truth"]


def test_a_name_that_no_disk_takes_is_refused(tmp_path):
    with pytest.raises(DeskError, match="too long"):
        filled(tmp_path / ("b" * 300))
