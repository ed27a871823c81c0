"""T29, T06: a journal that was written once is read for ever, anywhere, to the same desk."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from golden.cover import all_parts, all_types, said_by
from golden.make import KEPT, figures, replayed
from helpers.journals import SMALL_RESERVE, child_environment

from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.model.errors import JournalBroken

PLACE = Path(__file__).parents[2] / "golden"
GOLDEN = sorted(PLACE.glob("schema-*/*"))
DAY = PLACE / "schema-1" / "01"
"""The longest of them."""

ZONES = ("UTC", "Asia/Hong_Kong", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")
LOCALES = ("C", "C.UTF-8", "POSIX", "tr_TR.UTF-8", "zh_HK.UTF-8", "de_DE.UTF-8")

REPLAY = (
    "import sys; from pathlib import Path; from golden.make import replayed;"
    "print(*(replayed(Path(place)).hash() for place in sys.argv[1:]))"
)


def copied(golden, tmp_path):
    """A copy: reading through SQLite leaves files beside a journal."""
    return Path(shutil.copytree(golden, tmp_path / golden.parent.name / golden.name))


def expected(golden):
    return json.loads((golden / "figures.json").read_text())


def in_other_world(places, number):
    environment = {
        **child_environment(),
        "PYTHONHASHSEED": str(number * 7919 % 4_294_967_295),
        "TZ": ZONES[number % len(ZONES)],
        "LC_ALL": LOCALES[number % len(LOCALES)],
    }
    child = [sys.executable, "-c", REPLAY, *map(str, places)]
    done = subprocess.run(child, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_there_are_golden_journals():
    assert {path.parent.name for path in GOLDEN} == {"schema-1"}
    assert [path.name for path in GOLDEN] == [f"{n:02}" for n in range(1, 20)]


@pytest.mark.fault("T29")
def test_golden_journals_are_read_to_what_they_came_to_when_they_were_written(tmp_path, figure):
    rows = 0
    for golden in GOLDEN:
        folder, said = copied(golden, tmp_path), expected(golden)
        with hold_folder(folder) as held:
            journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
            assert list(journal.head) == said.pop("head")
            assert journal.seals_note == ""
            journal.close()
        assert json.loads(json.dumps(figures(replayed(folder)))) == said
        rows += said["rows"]
    figure(f"{len(GOLDEN)} golden journals, {rows} rows: heads, balances, positions as recorded")


@pytest.mark.fault("T29")
def test_whatever_a_row_can_say_is_in_a_golden_journal(tmp_path, figure):
    """A part that is added later needs a golden journal of its own before it is released."""
    rows = []
    for golden in GOLDEN:
        with JournalReader(copied(golden, tmp_path)) as reader:
            rows += reader.rows()
    said = said_by(rows)
    assert sorted(all_parts() - said) == []
    types = {row.entry.type for row in rows}
    assert sorted(all_types() - types) == []
    figure(f"{len(all_parts())} parts of rows and {len(types)} types of rows in golden journals")


@pytest.mark.fault("T29")
@pytest.mark.parametrize("version", [0, 2, 3, 2**31 - 1])
def test_a_journal_of_another_schema_is_refused_and_left_as_it_is(tmp_path, version, figure):
    golden = copied(DAY, tmp_path)
    connection = sqlite3.connect(golden / "journal.db")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    kept = [name for name in KEPT if (golden / name).exists()]
    before = {name: (golden / name).read_bytes() for name in kept}

    by = " by a newer desk" if version else ""
    with (
        hold_folder(golden) as held,
        pytest.raises(JournalBroken, match=f"was written{by} in schema {version}"),
    ):
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    assert {name: (golden / name).read_bytes() for name in kept} == before
    figure("other schemas refused, files unchanged")


@pytest.mark.thorough
@pytest.mark.fault("T06")
def test_other_hash_seeds_zones_and_locales_give_the_same_desks(tmp_path, figure):
    places = [copied(golden, tmp_path) for golden in GOLDEN]
    said = [expected(golden)["state_hash"] for golden in GOLDEN]
    assert in_other_world(places, 1) == said
    assert in_other_world(places, 4) == said
    figure(f"{len(GOLDEN)} journals in 2 processes of other zones, locales, seeds: one hash each")


@pytest.mark.slow
@pytest.mark.fault("T06")
def test_a_hundred_processes_give_the_same_desk(tmp_path, figure):
    places = [copied(golden, tmp_path) for golden in GOLDEN]
    said = [expected(golden)["state_hash"] for golden in GOLDEN]
    found = [in_other_world(places, number) for number in range(100)]
    assert found == [said] * 100
    figure(
        f"{len(GOLDEN)} journals in 100 of 100 processes of other zones, locales, seeds: one hash"
    )
