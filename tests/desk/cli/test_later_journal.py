"""No command takes a newer desk's journal for one whose rows it knows."""

import sqlite3

import pytest
from helpers.journals import write_journal

from desk.cli.journal import run
from desk.model.errors import JournalBroken


@pytest.fixture
def folder(tmp_path):
    write_journal(tmp_path / "desk", 3)
    later = sqlite3.connect(tmp_path / "desk" / "journal.db", isolation_level=None)
    later.execute("PRAGMA user_version = 2")
    later.close()
    return tmp_path / "desk"


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["export"],
        ["seals"],
        ["snapshot"],
        ["snapshot", "--check"],
        ["film", "--seq", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.fault("T29")
def test_a_journal_of_a_later_schema_is_refused_by_every_command(folder, words):
    with pytest.raises(JournalBroken, match="by a newer desk in schema 2"):
        run([*words, "--account", str(folder)])
    assert not (folder / "snapshot").exists()
