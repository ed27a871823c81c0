"""Damage is refused, named and left alone: never fewer rows than acknowledged, never others."""

import random
import shutil
import sqlite3
from collections import deque

import pytest
from helpers.journals import SMALL_RESERVE, entry, run_child

from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.model.errors import JournalBroken, JournalError

ROWS = 260
FILES = ("journal.db", "journal.db-wal", "journal.anchor")

WRITER = """
import os, sys
from pathlib import Path
from helpers.journals import entry, write_journal
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
folder = Path(sys.argv[1])
write_journal(folder, 180)
journal = SqliteJournal(hold_folder(folder), reserve_bytes=65536)
for number in range(181, 261):
    journal.append([entry(number)])
os._exit(0)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A journal as a killed desk leaves it: rows in the database, and rows in the log alone."""
    folder = tmp_path_factory.mktemp("whole")
    run_child(WRITER, folder)
    assert all((folder / name).stat().st_size > 0 for name in FILES)
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """The same journal closed in peace: everything is in the database."""
    folder = tmp_path_factory.mktemp("closed")
    run_child(WRITER, folder)
    with hold_folder(folder) as held:
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE).close()
    return {name: (folder / name).read_bytes() for name in ("journal.db", "journal.anchor")}


def lay(folder, files) -> None:
    for old in folder.glob("journal.*"):
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def judge(folder) -> str:
    """`refused`, or `whole` when every acknowledged row is there; anything else fails the test."""
    try:
        with JournalReader(folder) as reader:
            rows = list(reader.rows())
    except JournalError:
        return "refused"
    assert [row.entry for row in rows] == [entry(number) for number in range(1, ROWS + 1)]
    return "whole"


def refusal(folder) -> JournalBroken:
    """What a reader says of a journal that does not hold."""
    with pytest.raises(JournalBroken) as broken, JournalReader(folder) as reader:
        list(reader.rows())
    return broken.value


def flipped(content: bytes, position: int, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[position] ^= 1 << bit
    return bytes(damaged)


def flip_bits(files, folder, seed: int, count: int) -> dict[str, int]:
    rng = random.Random(seed)
    verdicts = {"refused": 0, "whole": 0}
    for _ in range(count):
        name = rng.choice(sorted(files))
        at = rng.randrange(len(files[name]))
        damaged = {**files, name: flipped(files[name], at, rng.randrange(8))}
        lay(folder, damaged)
        verdicts[judge(folder)] += 1
        for kept, content in damaged.items():
            assert (folder / kept).read_bytes() == content, f"{kept} was changed (byte {at})"
    return verdicts


def told(verdicts) -> str:
    flips, refused, whole = sum(verdicts.values()), verdicts["refused"], verdicts["whole"]
    return (
        f"{flips} flipped bits: {refused} refused, {whole} in slack with all rows there,"
        f" 0 of {ROWS} rows lost in silence, files kept"
    )


def test_the_whole_journal_is_accepted(whole, closed, tmp_path):
    for files in (whole, closed):
        lay(tmp_path, files)
        assert judge(tmp_path) == "whole"


@pytest.mark.thorough
@pytest.mark.fault("T09")
@pytest.mark.parametrize("state", ["whole", "closed"])
def test_no_flipped_bit_is_accepted_with_other_rows(state, request, tmp_path, figure):
    verdicts = flip_bits(request.getfixturevalue(state), tmp_path, seed=1, count=250)

    assert verdicts["refused"] > 50
    figure(told(verdicts))


@pytest.mark.fault("T09")
@pytest.mark.slow
@pytest.mark.parametrize("state", ["whole", "closed"])
@pytest.mark.parametrize("seed", range(2, 6))
def test_no_flipped_bit_of_thousands_is_accepted_with_other_rows(
    state, seed, request, tmp_path, figure
):
    verdicts = flip_bits(request.getfixturevalue(state), tmp_path, seed=seed, count=2_500)

    assert verdicts["refused"] > 500
    figure(told(verdicts))


def test_every_bit_of_a_stored_row_counts(closed, tmp_path):
    """Where a row lies in the page, nothing is slack: columns, payload and hash alike."""
    content = closed["journal.db"]
    start = content.index(b'{"account":"perp-1"')
    rng = random.Random(3)
    for _ in range(60):
        at = rng.randrange(start - 30, start + 180)
        lay(tmp_path, {**closed, "journal.db": flipped(content, at, rng.randrange(8))})
        assert judge(tmp_path) == "refused"


@pytest.mark.thorough
def test_no_damage_to_header_or_schema_is_accepted_with_other_rows(closed, tmp_path):
    content = closed["journal.db"]
    schema = content.index(b"tablejournaljournal")
    rng = random.Random(5)
    refused = 0
    for at in (*range(112), *range(schema - 12, 4096)):
        # The highest bit makes text that is not UTF-8: SQLite quotes it in its message.
        for bit in (7, rng.randrange(7)):
            lay(tmp_path, {**closed, "journal.db": flipped(content, at, bit)})
            refused += judge(tmp_path) == "refused"

    assert refused > 2 * (4096 - schema)


@pytest.mark.fault("T09")
@pytest.mark.parametrize("name", FILES)
def test_no_truncation_is_accepted_with_fewer_rows(whole, tmp_path, name, figure):
    rng = random.Random(name)
    size = len(whole[name])
    verdicts = {}
    for length in (0, 1, size - 1, *(rng.randrange(size) for _ in range(40))):
        lay(tmp_path, {**whole, name: whole[name][:length]})
        verdicts[length] = judge(tmp_path)

    assert verdicts[0] == verdicts[1] == "refused"
    if name == "journal.db-wal":  # while pages of the database may all be in the log again
        assert set(verdicts.values()) == {"refused"}
    refused = [*verdicts.values()].count("refused")
    figure(f"{name} cut at {len(verdicts)} lengths: {refused} refused, else whole, 0 rows lost")


@pytest.mark.parametrize("length", [0, 100, 4096, 12_288, -4096, -1])
def test_a_truncated_database_is_refused(closed, tmp_path, length):
    lay(tmp_path, {**closed, "journal.db": closed["journal.db"][:length]})

    assert refusal(tmp_path).path == str(tmp_path / "journal.db")


@pytest.mark.parametrize("garbage", [b"\0" * 4096, b"\xff" * 4096], ids=["zeros", "ones"])
def test_a_lost_page_is_refused_wherever_it_lies(closed, tmp_path, garbage):
    content = closed["journal.db"]
    for at in range(0, len(content), 4096):
        lay(tmp_path, {**closed, "journal.db": content[:at] + garbage + content[at + 4096 :]})
        assert judge(tmp_path) == "refused"


def test_frames_that_sqlite_drops_in_silence_are_missed_by_the_anchor(whole, tmp_path):
    log = whole["journal.db-wal"]
    lay(tmp_path, {**whole, "journal.db-wal": flipped(log, len(log) // 2, 0)})
    with sqlite3.connect(f"file:{tmp_path}/journal.db?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    connection.close()
    assert 180 <= count < ROWS

    broken = refusal(tmp_path)

    assert broken.seq == count + 1
    assert broken.what == f"is missing: rows up to {ROWS} were acknowledged"


@pytest.mark.fault("T09")
@pytest.mark.parametrize("damage", ["flip", "no log", "no database", "no anchor", "empty"])
def test_a_desk_refuses_what_is_damaged_and_leaves_every_byte(whole, tmp_path, damage, figure):
    files = dict(whole)
    if damage == "flip":
        files["journal.db-wal"] = flipped(whole["journal.db-wal"], 200_000, 3)
    elif damage == "empty":
        files["journal.db"] = b""
    else:
        del files[{"no log": FILES[1], "no database": FILES[0], "no anchor": FILES[2]}[damage]]
    lay(tmp_path, files)

    for _ in range(2):
        with hold_folder(tmp_path) as held, pytest.raises(JournalBroken):
            SqliteJournal(held, reserve_bytes=SMALL_RESERVE)

    for name in FILES:
        assert (tmp_path / name).exists() is (name in files) or name == "journal.db-wal"
        if name in files:
            assert (tmp_path / name).read_bytes() == files[name]
    figure("a flipped bit, no log, no database, no anchor, an empty file: refused, every byte kept")


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ("journal.db", "is missing, while journal.anchor and journal.db-wal is there"),
        ("journal.anchor", "is missing, so the end cannot be proven"),
        ("journal.db-wal", f"is missing: rows up to {ROWS} were acknowledged"),
    ],
)
def test_a_missing_file_is_named(whole, tmp_path, missing, what):
    lay(tmp_path, {name: content for name, content in whole.items() if name != missing})

    assert refusal(tmp_path).what == what


def test_a_log_alone_is_not_taken_for_a_new_folder(whole, tmp_path):
    lay(tmp_path, {"journal.db-wal": whole["journal.db-wal"]})

    with hold_folder(tmp_path) as held, pytest.raises(JournalBroken, match="is missing, while"):
        SqliteJournal(held)

    assert (tmp_path / "journal.db-wal").read_bytes() == whole["journal.db-wal"]


# --- altered by hand, through SQLite itself -------------------------------------------------------


def altered(folder, closed, *statements) -> JournalBroken:
    lay(folder, closed)
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    with hold_folder(folder) as held, pytest.raises(JournalBroken) as by_the_desk:
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    broken = refusal(folder)
    assert str(by_the_desk.value) == str(broken)
    assert broken.path == str(folder / "journal.db")
    return broken


ALTERATIONS = {
    "payload": ("UPDATE journal SET payload = replace(payload, '7.5', '9.5') WHERE seq = 7", 7),
    "type": ("UPDATE journal SET type = 'withdraw' WHERE seq = 7", 7),
    "id": ("UPDATE journal SET id = NULL WHERE seq = 7", 7),
    "account": ("UPDATE journal SET account = 'perp-2' WHERE seq = 7", 7),
    "time": ("UPDATE journal SET time_ms = time_ms + 1 WHERE seq = 7", 7),
    "hash": ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 7", 7),
    "row gone": ("DELETE FROM journal WHERE seq = 7", 7),
    "first rows gone": ("DELETE FROM journal WHERE seq < 4", 1),
    "end gone": ("DELETE FROM journal WHERE seq > 250", 251),
    "all gone": ("DELETE FROM journal", 1),
    "renumbered": ("UPDATE journal SET seq = seq + 1000 WHERE seq > 200", 201),
    "row below the first": ("INSERT INTO journal SELECT -5, 1, 'a', 'b', 'c', 'd', 'e'", 1),
    "row after the last": ("INSERT INTO journal SELECT 261, 1, 'a', 'b', 'c', 'd', 'e'", 261),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_an_altered_row_is_named(closed, tmp_path, alteration):
    statement, seq = ALTERATIONS[alteration]

    assert altered(tmp_path, closed, statement).seq == seq


def test_a_rewritten_chain_is_caught_by_the_anchor(closed, tmp_path):
    """Every hash made anew, as a forger would, who has forgotten the anchor."""
    with hold_folder(tmp_path / "other") as held:
        forged = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        forged.append([entry(number + 1_000) for number in range(ROWS + 5)])
        forged.close()
    lay(tmp_path, closed)
    shutil.copy(tmp_path / "other" / "journal.db", tmp_path / "journal.db")

    broken = refusal(tmp_path)

    assert broken.seq == ROWS
    assert "another hash" in broken.what


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("PRAGMA user_version = 2", "by a newer desk in schema 2; this desk reads schema 1"),
        ("PRAGMA user_version = 0", "in schema 0; this desk reads schema 1"),
        ("PRAGMA application_id = 7", "is not a journal"),
        ("CREATE TABLE more (x)", "the tables are not those of a journal"),
        (
            "CREATE TRIGGER t AFTER INSERT ON journal BEGIN DELETE FROM journal; END",
            "the tables are not those of a journal",
        ),
        ("PRAGMA journal_mode = DELETE", "not in write-ahead mode"),
    ],
    ids=["newer", "older", "foreign", "table", "trigger", "mode"],
)
def test_another_schema_is_refused(closed, tmp_path, statement, what):
    assert what in altered(tmp_path, closed, statement).what


def test_a_page_that_is_used_twice_is_refused_before_it_can_destroy_a_row(closed, tmp_path):
    """A damaged list of free pages harms no row yet; the next append would write over one."""
    content = bytearray(closed["journal.db"])
    leaf = 3
    content[32:40] = leaf.to_bytes(4, "big") + (1).to_bytes(4, "big")
    lay(tmp_path, {**closed, "journal.db": bytes(content)})

    assert judge(tmp_path) == "refused"


def test_rows_before_a_break_can_still_be_read(closed, tmp_path):
    lay(tmp_path, closed)
    connection = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    connection.execute("UPDATE journal SET hash = zeroblob(32) WHERE seq = 200")
    connection.close()
    seen = []

    with JournalReader(tmp_path) as reader, pytest.raises(JournalBroken):
        deque(map(seen.append, reader.rows()), maxlen=0)

    assert [row.entry for row in seen] == [entry(number) for number in range(1, 200)]
