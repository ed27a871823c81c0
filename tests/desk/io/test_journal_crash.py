"""What was acknowledged survives the process and the power, whenever either goes."""

import os
import random
import signal

import pytest
from helpers.journals import SMALL_RESERVE, entry, start_child

from desk.io import journal as journal_module
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.trial.disk import half_written, half_written_log

APPENDER = """
import os, sys
from pathlib import Path
from helpers.journals import entry
from desk.io import journal
from desk.io.folder import hold_folder
journal.CHECKPOINT_BYTES = 100_000
store = journal.SqliteJournal(hold_folder(Path(sys.argv[1])), reserve_bytes=65536)
head = store.head[0]
os.write(1, b"%d\\n" % head)
while True:
    batch = [entry(head + 1 + ahead) for ahead in range(1 + head % 3)]
    head = store.append(batch)[-1].seq
    os.write(1, b"%d\\n" % head)
"""
LARGEST_BATCH = 3

FILES = ("journal.db-wal", "journal.anchor", "journal.db")
"""In the order in which an append makes them durable."""


def entries_of(folder) -> list:
    with JournalReader(folder) as reader:
        return [row.entry for row in reader.rows()]


def storm(folder, kills: int, seed: int) -> int:
    """Kill an appending process again and again; returns how many rows were acknowledged."""
    rng = random.Random(seed)
    acknowledged = 0
    for _ in range(kills):
        child = start_child(APPENDER, folder)
        start = int(child.stdout.readline())
        # What an earlier child wrote but could not acknowledge may have been taken up.
        assert acknowledged <= start <= acknowledged + LARGEST_BATCH
        told = [start, *(int(child.stdout.readline()) for _ in range(rng.randrange(60)))]
        child.send_signal(signal.SIGKILL)
        output, errors = child.communicate()
        assert errors == b""
        # The last line may be cut short by the kill; what is whole was acknowledged.
        told.extend(int(line) for line in output.splitlines(keepends=True) if line[-1:] == b"\n")
        acknowledged = told[-1]

        stored = entries_of(folder)

        assert stored == [entry(number) for number in range(1, len(stored) + 1)]
        assert acknowledged <= len(stored) <= acknowledged + LARGEST_BATCH
    return acknowledged


@pytest.mark.thorough
@pytest.mark.fault("T01")
def test_no_acknowledged_row_is_lost_or_doubled_by_kills(tmp_path, figure):
    rows = storm(tmp_path, kills=20, seed=1)
    assert rows > 100
    figure(f"20 kills of an appending process: 0 of {rows} acknowledged rows lost, 0 doubled")


@pytest.mark.fault("T01")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_no_acknowledged_row_is_lost_or_doubled_by_hundreds_of_kills(tmp_path, seed, figure):
    rows = storm(tmp_path, kills=100, seed=seed)
    assert rows > 1_000
    figure(f"100 kills of an appending process: 0 of {rows} acknowledged rows lost, 0 doubled")


# --- power ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    """The files after each of many appends, with checkpoints and restarts of the log among them."""
    folder = tmp_path_factory.mktemp("power")
    rng = random.Random(9)
    taken = []
    patch = pytest.MonkeyPatch()
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        for number in range(40):
            patch.setattr(journal_module, "CHECKPOINT_BYTES", 1 if number % 7 == 6 else 1 << 30)
            head = journal.head[0]
            if number:
                count = rng.choice((1, 1, 1, 30))
                journal.append([entry(head + 1 + ahead) for ahead in range(count)])
            files = {name: (folder / name).read_bytes() for name in FILES}
            taken.append((journal.head[0], files))
        journal.close()
    patch.undo()
    return taken


def power_cut(moments, rng: random.Random) -> tuple[int, int, dict[str, bytes]]:
    """Files as a cut within an append leaves them, and between how many rows they must hold."""
    at = rng.randrange(1, len(moments))
    (acknowledged, before), (written, after) = moments[at - 1], moments[at]
    writing = rng.choice([name for name in FILES if before[name] != after[name]])
    step = FILES.index(writing)
    tear = half_written_log if writing == "journal.db-wal" else half_written
    files = {
        **{name: after[name] for name in FILES[:step]},
        writing: tear(before[writing], after[writing], rng),
        **{name: before[name] for name in FILES[step + 1 :]},
    }
    # The database is written after the acknowledgement, when log and anchor are whole.
    return (written if writing == "journal.db" else acknowledged), written, files


def cut_power(moments, folder, figure, *, seed: int, cuts: int) -> None:
    rng = random.Random(seed)
    more = 0
    for _ in range(cuts):
        least, most, files = power_cut(moments, rng)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        stored = entries_of(folder)
        assert least <= len(stored) <= most
        assert stored == [entry(number) for number in range(1, len(stored) + 1)]
        more += len(stored) > least
    figure(
        f"{cuts} of {cuts} power cuts: all that was acknowledged is there and whole; in {more} the"
        " append that was cut is there too"
    )


@pytest.mark.thorough
@pytest.mark.fault("T10")
def test_no_acknowledged_row_is_lost_when_the_power_goes(moments, tmp_path, figure):
    cut_power(moments, tmp_path, figure, seed=1, cuts=200)


@pytest.mark.fault("T10")
@pytest.mark.slow
def test_no_acknowledged_row_is_lost_in_ten_thousand_power_cuts(moments, tmp_path, figure):
    cut_power(moments, tmp_path, figure, seed=2, cuts=10_000)


@pytest.mark.fault("T10")
def test_power_cuts_reach_every_file_and_both_outcomes(moments, figure):
    rng = random.Random(1)
    kinds = set()
    for _ in range(300):
        _, _, files = power_cut(moments, rng)
        whole = [files[name] in [state[name] for _, state in moments] for name in FILES]
        kinds.add(tuple(whole))

    # Torn log, torn anchor, torn database: each with the other two whole.
    assert {(False, True, True), (True, False, True), (True, True, False)} <= kinds
    figure("300 power cuts: log, anchor and database each torn with the other two whole")


@pytest.mark.fault("T10")
def test_a_desk_opens_after_a_power_cut_and_goes_on(moments, tmp_path, figure):
    rng = random.Random(4)
    cuts = 15
    for number in range(cuts):
        least, _, files = power_cut(moments, rng)
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        with hold_folder(folder) as held:
            journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
            head = journal.head[0]
            assert head >= least
            assert journal.append([entry(head + 1)])[0].seq == head + 1
            journal.close()
        assert entries_of(folder) == [entry(n) for n in range(1, head + 2)]
    figure(f"{cuts} of {cuts} desks open after a power cut and write on")


@pytest.mark.fault("T23")
def test_the_lock_file_of_a_killed_desk_holds_nobody_up(tmp_path, figure):
    child = start_child(APPENDER, tmp_path)
    child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    with hold_folder(tmp_path) as held:
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE).close()
    figure("the lock of a killed desk: held by the next start, nothing to undo by hand")
