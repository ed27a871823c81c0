"""Sealed days: what each finished day of a journal came to, and the file that says so."""

import errno
import random
import shutil
import stat
from itertools import pairwise

import pytest
from helpers.journals import DAYS, SMALL_RESERVE, write_days

from desk.io import journal_seals
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.io.journal_seals import SEALS_FILE, Days, lines_of, seal_line, unsealed
from desk.model.errors import JournalBroken

YEAR_9999_MS = 253_402_300_799_999


def worked_out(folder):
    """The days of a journal and whether its file of seals is true to them."""
    with JournalReader(folder) as reader:
        for _ in reader.heads():
            pass
        reader.require_true_seals()
        return reader.days, unsealed(reader.seals, reader.days.seals)


def opened(folder):
    """What a start says about the seals."""
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.close()
        return journal.seals_note


@pytest.fixture
def folder(tmp_path):
    """Three finished days and one that runs."""
    write_days(tmp_path / "desk", 0, 9, 23.99, 24, 50, 51, 75)
    return tmp_path / "desk"


def test_each_day_is_sealed_by_the_first_row_of_a_later_one(folder):
    days, lacks = worked_out(folder)
    spans = [(seal.day, seal.first_seq, seal.last_seq, seal.rows) for seal in days.seals]
    assert spans == [(DAYS[0], 1, 3, 3), (DAYS[1], 4, 4, 1), (DAYS[2], 5, 6, 2)]
    assert lacks == []
    running = days.running()
    assert (running.day, running.first_seq, running.rows) == (DAYS[3], 7, 1)


def test_a_seal_ends_where_the_next_one_begins(folder):
    seals = worked_out(folder)[0].seals
    assert seals[0].hash_before == seals[0].previous_seal == "0" * 64
    for before, after in pairwise(seals):
        assert (after.hash_before, after.previous_seal) == (before.hash, before.seal)
    with JournalReader(folder) as reader:
        hashes = {row.seq: row.hash for row in reader.rows()}
    assert [seal.hash for seal in seals] == [hashes[seal.last_seq] for seal in seals]


def test_a_clock_that_was_set_back_brings_no_day_back(tmp_path):
    write_days(tmp_path, 23, 25, 2, 26, 49, 30)
    days, _ = worked_out(tmp_path)
    assert [(seal.day, seal.rows) for seal in days.seals] == [(DAYS[0], 1), (DAYS[1], 3)]
    assert days.running().rows == 2


def test_rows_of_the_last_hours_of_the_calendar_are_one_day():
    days = Days()
    days.take([(n, YEAR_9999_MS - 3 + n, b"", None, None, b"", bytes(32)) for n in (1, 2, 3)])
    assert days.seals == []
    assert days.running().day == "9999-12-31"


def test_pages_of_any_length_give_the_same_seals():
    dice = random.Random(5)
    times = sorted(dice.randrange(20 * 86_400_000) for _ in range(500))
    rows = [(n, t, b"", None, None, b"", dice.randbytes(32)) for n, t in enumerate(times, 1)]
    whole = Days()
    whole.take(rows)
    cut = Days()
    while rows:
        size = dice.randrange(1, 40)
        cut.take(rows[:size])
        del rows[:size]
    assert len(whole.seals) == 20
    assert cut.seals == whole.seals


def test_the_file_is_written_as_days_end_and_for_its_owner_alone(folder):
    path = folder / SEALS_FILE
    assert path.read_bytes() == lines_of(worked_out(folder)[0].seals)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    write_days(folder, 100)
    assert path.read_bytes().startswith(before)
    assert path.read_bytes().count(b"\n") == 4


@pytest.mark.parametrize("left", [0, 1, 300, -1])
def test_a_file_that_ends_early_is_told_and_written_on_by_the_next_start(folder, left):
    path = folder / SEALS_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    assert worked_out(folder)[1] == [*DAYS[whole[:left].count(b"\n") : 3]]
    assert opened(folder) == ""
    assert path.read_bytes() == whole


def test_a_journal_of_before_gets_its_seals_at_the_next_start(folder):
    whole = (folder / SEALS_FILE).read_bytes()
    (folder / SEALS_FILE).unlink()
    assert worked_out(folder)[1] == [*DAYS[:3]]
    assert opened(folder) == ""
    assert (folder / SEALS_FILE).read_bytes() == whole


@pytest.mark.fault("T09")
def test_no_changed_bit_of_the_seals_goes_unseen_and_the_desk_starts(folder, figure):
    path, dice = folder / SEALS_FILE, random.Random(9)
    whole = path.read_bytes()
    days = worked_out(folder)[0]
    for n in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[n] ^= 1 << dice.randrange(8)
        with pytest.raises(JournalBroken):
            journal_seals.require_true(path, bytes(spoiled), days.seals)
    figure(f"{len(whole)} of {len(whole)} changed bytes of the file of seals found")
    path.write_bytes(whole.replace(b'"rows":3', b'"rows":4'))
    assert opened(folder) == f"the seal of {DAYS[0]} is not what the journal's rows come to"
    assert b'"rows":4' in path.read_bytes(), "it is left as it is, for whoever looks into it"


def test_a_seal_of_a_day_that_is_not_finished_is_told(folder):
    path = folder / SEALS_FILE
    running = worked_out(folder)[0].running()
    path.write_bytes(path.read_bytes() + seal_line(running) + b"\n")
    assert opened(folder) == "it holds more than 3 finished days"


def test_seals_that_cannot_be_read_or_written_stop_nothing(folder, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    shutil.copytree(folder, folder.with_name("full"))
    monkeypatch.setattr(journal_seals, "write_atomically", full)
    (folder.with_name("full") / SEALS_FILE).unlink()
    assert opened(folder.with_name("full")) == "it cannot be written: No space left on device"
    (folder / SEALS_FILE).unlink()
    (folder / SEALS_FILE).mkdir()
    assert opened(folder) == "it cannot be read: Is a directory"
