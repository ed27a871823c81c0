"""What a backup does not pass over in silence, and what a restore does not take for a backup."""

import msgspec
import pytest
from helpers.journals import write_days

from desk.crash import forget_report, read_report
from desk.io import backup as module
from desk.io.backup import MANIFEST, SPARE_BYTES, make_backup, restore
from desk.log import ENGINE, FOLDER, WINDOW
from desk.model.errors import DeskError, InputError, JournalBroken


@pytest.fixture
def folder(tmp_path):
    write_days(tmp_path / "desk", 0, 24, 50)
    return tmp_path / "desk"


def test_seals_that_cannot_be_read_are_not_worked_out_anew_in_silence(folder, tmp_path):
    (folder / "journal.seals").unlink()
    (folder / "journal.seals").mkdir()
    with pytest.raises(JournalBroken, match="cannot be read"):
        make_backup(folder, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema": "desk.backup/2"}, r"schema: expected desk\.backup/1, found desk\.backup/2"),
        ({"files": {}}, r"expected journal\.db and journal\.anchor and journal\.seals, found none"),
    ],
    ids=["later", "empty"],
)
def test_what_is_no_backup_of_this_desk_is_not_restored(folder, tmp_path, change, expected):
    made = msgspec.structs.replace(make_backup(folder, tmp_path / "b"), **change)
    (tmp_path / "b" / MANIFEST).write_bytes(msgspec.json.encode(made.sealed()))
    with pytest.raises(InputError, match=expected):
        restore(tmp_path / "b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_process_that_failed_is_looked_at_where_its_desk_is_restored_too(
    folder, tmp_path, expected_logs
):
    expected_logs("last engine: ")
    (folder / FOLDER).mkdir()
    for process in (ENGINE, WINDOW):
        (folder / FOLDER / f"{process}.fault").write_text(f"{process}: ValueError: bad\n")
    forget_report(folder, WINDOW)
    make_backup(folder, tmp_path / "b")
    restore(tmp_path / "b", tmp_path / "new")
    assert read_report(tmp_path / "new", ENGINE) == f"{ENGINE}: ValueError: bad"
    assert read_report(tmp_path / "new", WINDOW) == ""


@pytest.mark.fault("T12")
def test_a_backup_does_not_take_the_last_room_of_the_desk_that_it_copies(
    folder, tmp_path, monkeypatch
):
    size = (folder / "journal.db").stat().st_size
    monkeypatch.setattr(module, "free_bytes", lambda _: SPARE_BYTES + size - 1)
    with pytest.raises(DeskError, match="needs the room that is left on the disk; nothing"):
        make_backup(folder, tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]
    monkeypatch.setattr(module, "free_bytes", lambda _: SPARE_BYTES + size)
    make_backup(folder, tmp_path / "b")
