"""T30: the snapshot of a journal is a cache: equal to the journal, or left aside with a notice."""

import asyncio
import json
import random
import shutil
import sqlite3
from itertools import islice

import msgspec
import pytest
from helpers.journals import SMALL_RESERVE

from desk.app import snapshots as keeping
from desk.app.options import Options
from desk.app.session import Session, open_session
from desk.app.snapshots import make_in_child
from desk.bench.journal import (
    READY_TARGET_S,
    add_long_rows,
    long_entries,
    ready,
    write_long_journal,
)
from desk.cli import snapshot as snapshots
from desk.cli.journal import run
from desk.cli.shipped import shipped
from desk.cli.snapshot import make_snapshot, take_up
from desk.cli.snapshot_check import check_snapshot
from desk.engine.state import DeskState
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_pages import JournalPages
from desk.io.journal_reader import JournalReader
from desk.io.snapshot_file import open_snapshot, snapshot_path, write_snapshot
from desk.model.catalogue import Catalogue
from desk.model.errors import JournalBroken

ROWS = 400
CATALOGUE = shipped().catalogue

pytestmark = pytest.mark.fault("T30")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a journal and a snapshot of all of it."""
    folder = tmp_path_factory.mktemp("made") / "desk"
    write_long_journal(folder, ROWS)
    assert make_snapshot(folder, CATALOGUE).seq == ROWS
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "desk")


def taken(folder, catalogue=CATALOGUE):
    with JournalPages(folder) as pages:
        return take_up(folder, catalogue, pages.hash_at)


def whole(folder):
    state = DeskState(CATALOGUE)
    with JournalReader(folder) as reader:
        for row in reader.rows():
            state.apply(row)
    return state


def add_rows(folder, count):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        start = journal.head[0]
        journal.append([*islice(long_entries(), start, start + count)])
        journal.close()


def test_a_snapshot_and_the_rows_after_it_are_the_whole_journal(folder):
    add_rows(folder, 57)
    state = taken(folder).state
    assert state.seq == ROWS
    with JournalPages(folder) as pages:
        for row in pages.between(state.seq, ROWS + 58):
            state.apply(row)

    assert state.hash() == whole(folder).hash()


CUTS = [(5, 150), pytest.param(40, 4_000, marks=pytest.mark.thorough)]


@pytest.mark.parametrize(("cuts", "rows"), CUTS)
def test_a_snapshot_made_at_any_row_is_the_replay(tmp_path, figure, cuts, rows):
    """Made on from the last one, or from the first row where that is gone or was altered."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice, folder = random.Random(seed), tmp_path / "desk"
    places = sorted(dice.sample(range(1, rows), cuts))
    head = write_long_journal(folder, places[0], seed)
    altered = gone = 0
    for place in places:
        head = add_long_rows(folder, head, place, seed)
        path, fate = snapshot_path(folder), dice.choice(["kept", "kept", "altered", "gone"])
        if path.exists() and fate == "altered":
            altered += 1
            spoiled = bytearray(path.read_bytes())
            spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
            path.write_bytes(spoiled)
            assert taken(folder).state is None
            assert taken(folder).note
        elif path.exists() and fate == "gone":
            gone += 1
            path.unlink()
        assert make_snapshot(folder, CATALOGUE).seq == place
        verdict = check_snapshot(folder, CATALOGUE)
        assert (verdict.equal, verdict.seq) == (True, place), verdict.problem
        assert taken(folder).state.hash() == whole(folder).hash() == verdict.state_hash
    figure(
        f"{cuts} cuts at random rows, seed {seed}: 0 differ from replay;"
        f" {altered} altered snapshots ignored with a notice, {gone} were gone"
    )


def test_a_snapshot_that_is_whole_and_holds_another_state_is_told(folder, capsys):
    """Whoever wrote it: the file holds, its row holds, and the journal comes to something else."""
    snapshot = open_snapshot(folder)
    sections = [
        (name, content.replace(b"order-", b"other-") if name == "contents" else content)
        for name, content in snapshot.sections
    ]
    write_snapshot(folder, snapshot.head, sections)
    assert run(["snapshot", "--check", "--account", str(folder), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["equal"] is False
    assert said["problem"] == "contents: the journal comes to something else"
    assert said["state_hash"] == whole(folder).hash()


def test_the_check_says_what_is_there_and_changes_nothing(folder, capsys):
    def check():
        code = run(["snapshot", "--check", "--account", str(folder)])
        return code, json.loads(capsys.readouterr().out)

    path = snapshot_path(folder)
    good, state_hash = path.read_bytes(), whole(folder).hash()
    same = {"equal": True, "seq": ROWS, "state_hash": state_hash, "problem": None}
    assert check() == (0, same)
    add_rows(folder, 3)
    assert check() == (0, same), "rows that came later are not the snapshot's"
    assert path.read_bytes() == good
    path.write_bytes(good[:-1])
    assert check() == (
        1,
        {"equal": False, "seq": None, "state_hash": None, "problem": "it is not as it was written"},
    )
    path.unlink()
    assert check()[1]["problem"] == "there is none"


def test_a_snapshot_is_made_on_from_the_last_one(folder):
    add_rows(folder, 57)
    assert make_snapshot(folder, CATALOGUE).seq == ROWS + 57
    assert taken(folder).state.hash() == whole(folder).hash()
    assert make_snapshot(folder, CATALOGUE) is None


def test_without_a_snapshot_there_is_nothing_to_say(folder):
    snapshot_path(folder).unlink()
    assert taken(folder) == (None, "")


@pytest.mark.fault("T09")
def test_no_changed_bit_and_no_missing_byte_of_a_snapshot_is_believed(folder, figure):
    path = snapshot_path(folder)
    good = path.read_bytes()
    dice = random.Random(30)
    places = [*range(60), *(dice.randrange(len(good)) for _ in range(60)), len(good) - 1]
    damaged = [
        good[:n] + bytes([good[n] ^ (1 << dice.randrange(8))]) + good[n + 1 :] for n in places
    ]
    damaged += [good[:n] for n in (0, 7, 8, 39, 40, 45, 200, len(good) // 2, len(good) - 1)]
    damaged += [good + b"\0", b"\0" * len(good)]
    for content in damaged:
        path.write_bytes(content)
        state, note = taken(folder)
        assert state is None
        assert note
        assert path.read_bytes() == content

    figure(f"{len(damaged)} damaged snapshots: 0 believed, each said why and was left as it is")
    path.write_bytes(good)
    assert taken(folder).state is not None


def test_a_snapshot_of_another_journal_is_left_aside(folder, tmp_path):
    write_long_journal(tmp_path / "other", ROWS, seed=2)
    shutil.copytree(folder / "snapshot", tmp_path / "other" / "snapshot")

    assert taken(tmp_path / "other") == (None, f"its row {ROWS} is not in the journal")


def test_a_snapshot_that_is_ahead_of_the_journal_is_left_aside(folder, tmp_path):
    write_long_journal(tmp_path / "older", ROWS - 1)
    shutil.copytree(folder / "snapshot", tmp_path / "older" / "snapshot")

    assert taken(tmp_path / "older") == (None, f"its row {ROWS} is not in the journal")


def test_a_snapshot_of_another_program_is_left_aside(folder, monkeypatch):
    monkeypatch.setattr(snapshots, "code_hash", lambda: "0" * 64)
    assert taken(folder) == (None, "another version of the desk made it")


def test_any_change_of_the_program_is_another_program(tmp_path, monkeypatch):
    source = tmp_path / "engine" / "state.py"
    source.parent.mkdir()
    source.write_text("one = 1\n")
    monkeypatch.setattr(snapshots.desk, "__file__", str(tmp_path / "__init__.py"))
    before = snapshots.code_hash()
    source.write_text("one = 2\n")

    assert snapshots.code_hash() != before


def test_a_snapshot_under_other_contract_terms_is_left_aside(folder):
    changed = [
        msgspec.structs.replace(one, contract_size=one.contract_size * 2)
        if one.id == "BTCUSDT-PERP.BINANCE"
        else one
        for one in CATALOGUE.all()
    ]
    assert taken(folder, Catalogue(changed)) == (None, "an instrument is counted otherwise now")


def test_a_snapshot_that_says_another_row_than_it_holds_is_left_aside(folder):
    snapshot = open_snapshot(folder)
    with JournalPages(folder) as pages:
        head = msgspec.structs.replace(snapshot.head, seq=ROWS - 1, hash=pages.hash_at(ROWS - 1))
    write_snapshot(folder, head, list(snapshot.sections))

    assert taken(folder) == (None, f"it says row {ROWS - 1} and holds row {ROWS}")


def test_no_snapshot_is_made_of_a_journal_that_does_not_hold(folder):
    snapshot_path(folder).unlink()
    connection = sqlite3.connect(folder / "journal.db")
    connection.execute("UPDATE journal SET account = 'other' WHERE seq = 200")
    connection.commit()
    connection.close()

    with pytest.raises(JournalBroken):
        make_snapshot(folder, CATALOGUE)
    assert not snapshot_path(folder).exists()


def test_a_full_disk_keeps_the_old_snapshot_and_leaves_nothing(folder, monkeypatch):
    before = snapshot_path(folder).read_bytes()
    add_rows(folder, 3)
    monkeypatch.setattr(snapshots, "free_bytes", lambda _: snapshots.SPARE_BYTES - 1)

    with pytest.raises(OSError, match="room to spare"):
        make_snapshot(folder, CATALOGUE)
    assert snapshot_path(folder).read_bytes() == before
    assert {path.name for path in (folder / "snapshot").iterdir()} == {"state.snap", "writer.lock"}


def test_a_desk_starts_from_its_snapshot_and_says_when_it_could_not(folder, monkeypatch):
    told = []

    async def start():
        monkeypatch.setattr(keeping, "LEAVING_ROWS", 10**9)
        async with open_session(Options(account=str(folder))) as session:
            session.listen(lambda event: told.append(getattr(event, "message", "")))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert session.runtime.engine.desk.state.hash() == whole(folder).hash()

    asyncio.run(start())
    assert not any("snapshot" in said for said in told)
    snapshot_path(folder).write_bytes(b"DESKSNAP, they say")
    asyncio.run(start())
    assert any("it is not as it was written" in said for said in told)


def test_a_good_snapshot_makes_no_broken_journal_good(folder):
    """It is read before the journal is proven, and believed after."""
    connection = sqlite3.connect(folder / "journal.db")
    connection.execute("UPDATE journal SET account = 'other' WHERE seq = 200")
    connection.commit()
    connection.close()
    with hold_folder(folder) as held, pytest.raises(JournalBroken, match="column account differs"):
        Session(Options(account=str(folder)), held)


def test_a_desk_believes_no_snapshot_of_another_journal(folder, tmp_path):
    other = tmp_path / "other"
    write_long_journal(other, ROWS, seed=2)
    shutil.copytree(folder / "snapshot", other / "snapshot")
    session = Session(Options(account=str(other)), hold_folder(other))
    session.close()
    state = session.runtime.engine.desk.state
    assert state.hash() == whole(other).hash() != whole(folder).hash()


def test_a_child_makes_the_snapshot_that_this_process_would(folder):
    expected = snapshot_path(folder).read_bytes()
    snapshot_path(folder).unlink()

    assert asyncio.run(make_in_child(folder, msgspec.msgpack.encode(CATALOGUE.all()))) == ""
    assert snapshot_path(folder).read_bytes() == expected


def test_a_child_that_cannot_make_one_says_why(folder):
    (folder / "journal.anchor").write_bytes(b"spoiled")

    said = asyncio.run(make_in_child(folder, msgspec.msgpack.encode(CATALOGUE.all())))
    assert "neither slot of the head anchor holds" in said


@pytest.mark.slow
def test_a_million_rows_are_ready_in_ten_seconds(tmp_path, figure):
    write_long_journal(tmp_path / "long", 1_000_000)
    make_snapshot(tmp_path / "long", CATALOGUE)
    seconds = min(ready(tmp_path / "long") for _ in range(3))
    figure(f"1,000,000 rows: ready {seconds:.1f} s after the command, at most {READY_TARGET_S:g}")
    assert seconds <= READY_TARGET_S
