"""A backup is a whole desk folder in a second place, or nothing; so is what is restored of it."""

import json
import random
import shutil
import sqlite3
import stat

import pytest
from helpers.journals import DAYS, SMALL_RESERVE, entry, write_days

from desk.cli.journal import run
from desk.io import backup as module
from desk.io.backup import MANIFEST, make_backup, restore
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.io.whole_folder import MARK
from desk.model.errors import DeskError, InputError, JournalBroken, JournalHeld


@pytest.fixture
def folder(tmp_path):
    write_days(tmp_path / "desk", 0, 9, 24, 50, 75)
    (tmp_path / "desk" / "settings.toml").write_text('profile = "hk_sfc_2026"\n')
    (tmp_path / "desk" / "film").mkdir()
    (tmp_path / "desk" / "film" / "2026-11-20.film").write_bytes(b"pictures")
    return tmp_path / "desk"


def rows_of(folder):
    with JournalReader(folder) as reader:
        return [(row.seq, row.hash) for row in reader.rows()]


def everything(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_backup_holds_the_truth_for_its_owner_alone(folder, tmp_path):
    made = make_backup(folder, tmp_path / "safe" / "b")
    assert rows_of(tmp_path / "safe" / "b") == rows_of(folder)
    assert (made.head_seq, made.seals) == (5, 3)
    files = {*everything(tmp_path / "safe" / "b")}
    truth = {"journal.db", "journal.anchor", "journal.seals", "settings.toml"}
    assert files - {"journal.db-shm", "journal.db-wal"} == truth | {MANIFEST}
    made_here = [tmp_path / "safe", *(tmp_path / "safe").rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in made_here}
    assert modes == {0o700, 0o600}
    assert [path.name for path in (tmp_path / "safe").iterdir()] == ["b"]


def test_what_is_restored_is_a_desk_that_goes_on(folder, tmp_path):
    make_backup(folder, tmp_path / "b")
    restore(tmp_path / "b", tmp_path / "new")
    assert rows_of(tmp_path / "new") == rows_of(folder)
    write_days(tmp_path / "new", 100)
    assert len(rows_of(tmp_path / "new")) == 6
    assert (tmp_path / "new" / "settings.toml").read_text() == 'profile = "hk_sfc_2026"\n'


def test_a_running_desk_is_backed_up_with_every_row_that_was_acknowledged(folder, tmp_path):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        for number in range(6):
            journal.append([entry(number)])
            assert make_backup(folder, tmp_path / f"b{number}").head_seq == journal.head[0]
        journal.close()
    assert rows_of(tmp_path / "b3") == rows_of(folder)[:9]


def test_nothing_is_ever_replaced(folder, tmp_path):
    make_backup(folder, tmp_path / "b")
    for act, source, target in ((make_backup, folder, "b"), (restore, tmp_path / "b", "desk")):
        before = everything(tmp_path / target)
        with pytest.raises(InputError, match="expected a new folder"):
            act(source, tmp_path / target)
        assert everything(tmp_path / target) == before


def test_what_a_killed_backup_left_is_taken_away_by_the_next(folder, tmp_path):
    left = tmp_path / ".b.new"
    shutil.copytree(folder, left)
    (left / MARK).touch()
    make_backup(folder, tmp_path / "b")
    assert not left.exists()
    assert "film" not in {path.name for path in (tmp_path / "b").iterdir()}


def test_two_backups_to_one_name_do_not_meet(folder, tmp_path):
    with hold_folder(tmp_path / ".b.new"), pytest.raises(JournalHeld):
        make_backup(folder, tmp_path / "b")


@pytest.mark.fault("T12")
def test_a_backup_without_room_leaves_nothing(folder, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(DeskError, match="No space left on device; nothing was left there"):
        make_backup(folder, tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == {"desk"}


def test_a_journal_that_does_not_hold_is_not_backed_up(folder, tmp_path):
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("UPDATE journal SET account = 'other' WHERE seq = 3")
    connection.close()
    with pytest.raises(JournalBroken, match=r"desk/journal\.db: row 3: column account differs"):
        make_backup(folder, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("name", ["journal.anchor", "journal.seals"])
def test_a_journal_whose_anchor_or_seals_were_altered_is_not_backed_up(folder, tmp_path, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(b"x" * len(data))
    with pytest.raises(JournalBroken):
        make_backup(folder, tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == {"desk"}


@pytest.mark.thorough
@pytest.mark.fault("T09")
def test_a_damaged_backup_is_refused_whatever_is_damaged(folder, tmp_path, figure):
    make_backup(folder, tmp_path / "b")
    for path in (tmp_path / "b").glob("journal.db-*"):
        path.unlink()
    whole, dice, cases = everything(tmp_path / "b"), random.Random(2), 0
    for name, data in whole.items():
        places = range(len(data)) if name == MANIFEST else dice.sample(range(len(data)), 15)
        spoiled = [data[:n] + bytes([data[n] ^ 1 << dice.randrange(8)]) + data[n + 1 :]
                   for n in places]  # fmt: skip
        for content in (*spoiled, data[:-1] if name != MANIFEST else b"", data + b"x", None):
            path = tmp_path / "b" / name
            path.unlink() if content is None else path.write_bytes(content)
            with pytest.raises(DeskError):
                restore(tmp_path / "b", tmp_path / "new")
            cases += 1
        path.write_bytes(data)
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "b"}
    restore(tmp_path / "b", tmp_path / "new")
    figure(f"{cases} of {cases} damaged backups refused, nothing left of each")


def test_a_backup_that_names_files_outside_of_it_is_refused(folder, tmp_path):
    made = make_backup(folder, tmp_path / "b")
    for name in ("../desk/settings.toml", "/settings.toml", ""):
        manifest = module.msgspec.structs.replace(
            made, files={**made.files, name: made.files["journal.db"]}
        )
        (tmp_path / "b" / MANIFEST).write_bytes(module.msgspec.json.encode(manifest.sealed()))
        with pytest.raises(InputError, match="a file as it was backed up"):
            restore(tmp_path / "b", tmp_path / "new")


def test_the_commands_say_what_was_done(folder, tmp_path, capsys):
    assert run(["backup", str(tmp_path / "b"), "--account", str(folder)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["head_seq"], said["seals"]) == (5, len(DAYS) - 1)
    assert run(["verify", "--json", "--account", str(tmp_path / "b")]) == 0
    assert json.loads(capsys.readouterr().out)["head_hash"] == said["head_hash"]
    assert run(["restore", str(tmp_path / "b"), "--account", str(tmp_path / "new")]) == 0
    assert json.loads(capsys.readouterr().out) == said


@pytest.mark.parametrize("argv", [["backup"], ["restore", "b"], ["restore", "--account", "x"],
                                  ["verify", "b"]])  # fmt: skip
def test_a_folder_that_is_not_named_is_bad_usage(argv):
    with pytest.raises(InputError):
        run(argv)
