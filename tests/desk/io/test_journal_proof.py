"""A long journal is proven in a child: as it is here, and believed only where all of it holds."""

import os
import signal
import sqlite3
import sys

import pytest
from helpers.journals import SMALL_RESERVE, write_days, write_journal

from desk.io import journal_proof
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_proof import ProofAhead, prove
from desk.model.errors import JournalBroken

pytestmark = pytest.mark.thorough


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose journal counts as long, over some days."""
    monkeypatch.setattr(journal_proof, "LONG_BYTES", 1)
    write_days(tmp_path, 1, 2, 25, 30, 49, 73)
    return tmp_path


@pytest.fixture
def held(folder):
    with hold_folder(folder) as held:
        yield held


def opened(held, ahead):
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE, ahead=ahead)
    try:
        return journal.head, [*journal.rows()]
    finally:
        journal.close()


def damage(folder, statement="UPDATE journal SET account = 'other' WHERE seq = 3"):
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_a_child_proves_what_would_be_proven_here(held):
    proof = ProofAhead(held).take()
    assert proof == prove(held.path)
    assert proof.head.seq == proof.anchored.seq == 6
    assert [seal.rows for seal in proof.days.seals] == [2, 2, 1]


def test_a_desk_goes_on_from_the_childs_proof_and_seals_on(held, monkeypatch):
    before = opened(held, None)
    ahead = ProofAhead(held)
    with monkeypatch.context() as here:
        here.setattr("desk.io.journal.prove", lambda _: pytest.fail("it was gone through again"))
        assert opened(held, ahead) == before
    held.release()
    write_days(held.path, 97)
    with hold_folder(held.path) as again:
        assert opened(again, ProofAhead(again))[0][0] == 7
    assert len(prove(held.path).days.seals) == 4


def test_what_does_not_hold_is_refused_in_the_same_words(held):
    damage(held.path)
    ahead = ProofAhead(held)
    with pytest.raises(JournalBroken) as here:
        opened(held, None)
    with pytest.raises(JournalBroken) as there:
        opened(held, ahead)
    assert str(there.value) == str(here.value)
    assert "column account differs" in str(there.value)


def test_a_child_that_was_killed_or_cannot_start_is_done_without(held, monkeypatch):
    ahead = ProofAhead(held)
    os.kill(ahead._child.pid, signal.SIGKILL)
    assert opened(held, ahead)[0][0] == 6
    monkeypatch.setattr(sys, "executable", str(held.path / "no such program"))
    assert opened(held, ProofAhead(held))[0][0] == 6


@pytest.mark.parametrize("said", [b"", b"\x80", b"no proof"])
def test_a_child_that_says_no_proof_is_not_believed(held, monkeypatch, said, tmp_path):
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.buffer.write({said!r})\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    ahead = ProofAhead(held)
    assert ahead._child is not None
    assert ahead.take() is None


def test_a_child_that_never_answers_is_ended(held, monkeypatch):
    ahead = ProofAhead(held)
    child = ahead._child
    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(journal_proof, "PATIENCE_S", 0.01)
    assert ahead.take() is None
    assert child.returncode == -signal.SIGKILL


def test_a_journal_that_changes_behind_its_proof_is_refused(held):
    ahead = ProofAhead(held)
    ahead._child.wait(30)
    damage(held.path, "DELETE FROM journal WHERE seq = 6")
    with pytest.raises(JournalBroken, match="changed while it was being opened"):
        opened(held, ahead)


def test_a_short_journal_or_none_needs_no_child(tmp_path):
    with hold_folder(tmp_path / "new") as held:
        assert ProofAhead(held)._child is None
    write_journal(tmp_path / "short", 3)
    with hold_folder(tmp_path / "short") as held:
        ahead = ProofAhead(held)
        assert ahead._child is None
        assert opened(held, ahead)[0][0] == 3
