"""T29, T06: a journal that was written once is read for ever, anywhere, to the same desk."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from golden.make import KEPT, figures, replayed
from helpers.journals import SMALL_RESERVE, child_environment

from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.errors import JournalBroken

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("schema-*"))

ZONES = ("UTC", "Asia/Hong_Kong", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")
LOCALES = ("C", "C.UTF-8", "POSIX", "tr_TR.UTF-8", "zh_HK.UTF-8", "de_DE.UTF-8")

REPLAY = (
    "import sys; from pathlib import Path; from golden.make import replayed;"
    "print(*(replayed(Path(sys.argv[1])).hash() for _ in range(int(sys.argv[2]))))"
)


@pytest.fixture(params=GOLDEN, ids=lambda path: path.name)
def golden(request, tmp_path):
    """A copy: reading through SQLite leaves files beside a journal."""
    return Path(shutil.copytree(request.param, tmp_path / "desk"))


def expected(golden):
    return json.loads((golden / "figures.json").read_text())


def in_other_world(golden, number, times=1):
    environment = {
        **child_environment(),
        "PYTHONHASHSEED": str(number * 7919 % 4_294_967_295),
        "TZ": ZONES[number % len(ZONES)],
        "LC_ALL": LOCALES[number % len(LOCALES)],
    }
    child = [sys.executable, "-c", REPLAY, str(golden), str(times)]
    done = subprocess.run(child, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_there_is_a_golden_journal():
    assert [path.name for path in GOLDEN] == ["schema-1"]


@pytest.mark.fault("T29")
def test_a_golden_journal_is_read_to_what_it_came_to_when_it_was_written(golden):
    said = expected(golden)
    with hold_folder(golden) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        assert list(journal.head) == said.pop("head")
        journal.close()

    assert json.loads(json.dumps(figures(replayed(golden)))) == said


@pytest.mark.fault("T29")
@pytest.mark.parametrize("version", [2, 3, 2**31 - 1])
def test_a_journal_of_a_newer_schema_is_refused_and_left_as_it_is(golden, version):
    connection = sqlite3.connect(golden / "journal.db")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = {name: (golden / name).read_bytes() for name in KEPT}

    with (
        hold_folder(golden) as held,
        pytest.raises(JournalBroken, match=f"by a newer desk in schema {version}"),
    ):
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    assert {name: (golden / name).read_bytes() for name in KEPT} == before


@pytest.mark.fault("T06")
def test_other_hash_seeds_zones_and_locales_give_the_same_desk(golden):
    said = [expected(golden)["state_hash"]]
    assert in_other_world(golden, 1) == said
    assert in_other_world(golden, 4) == said


@pytest.mark.slow
@pytest.mark.fault("T06")
def test_a_hundred_processes_give_the_same_desk(golden):
    said = {expected(golden)["state_hash"]}
    found = [text for number in range(100) for text in in_other_world(golden, number)]
    assert len(found) == 100
    assert set(found) == said
