"""Disks that fill up, refuse and fail: real ones, as far as this machine lets us make them."""

import json
import re
import shutil
import subprocess

import pytest
from helpers.journals import SMALL_RESERVE, entry, run_child, start_child, write_journal

from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader

SHARED = """
import json, sys
from pathlib import Path
from helpers.journals import entry
from desk.io import journal as module
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.errors import JournalFull, JournalUnwritable
folder = Path(sys.argv[1])
"""

# --- no room --------------------------------------------------------------------------------------

# In a mount namespace of its own: the disk vanishes with the process.
SMALL_DISK = """
import subprocess, sys
from pathlib import Path
disk, size = sys.argv[1:]
Path(disk).mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", disk], check=True)
"""

FULL_DISK = (
    SMALL_DISK
    + SHARED
    + """
module.HEADROOM_BYTES = 256 << 10
module.RELEASE_BYTES = 64 << 10
module.CHECKPOINT_BYTES = 200_000
held = hold_folder(folder)
journal = SqliteJournal(held, reserve_bytes=1 << 20)
ballast = open(folder / "ballast", "wb", buffering=0)
said = {}

def fill():
    try:
        while ballast.write(bytes(4096)) == 4096:
            pass
    except OSError:
        pass

def risk(number):
    try:
        return journal.append([entry(number)])[0].seq
    except JournalFull as full:
        return str(full)

said["before"] = risk(1)
fill()
said["full"] = risk(2)
said["mixed"] = "free" in str(risk(2)) and journal.reserve_intact
reduced = 0
while journal._reserve._file.seek(0, 2) > 512 << 10:
    reduced = journal.append([entry(journal.head[0] + 1, reserve=True)])[0].seq
said["reduced"] = reduced
said["intact"] = journal.reserve_intact
said["room was given back, still"] = risk(0)
journal.close()
held.release()

fill()
held = hold_folder(folder)
journal = SqliteJournal(held, reserve_bytes=1 << 20)
said["after a restart on the full disk"] = journal.head[0]
said["still full"] = risk(0)
said["still reducing"] = journal.append([entry(reduced + 1, reserve=True)])[0].seq

ballast.truncate(0)
said["restored"] = journal.restore_reserve()
said["with room"] = risk(reduced + 2)
said["rows"] = [row.entry == entry(row.seq) for row in journal.rows()].count(True)
print(json.dumps(said))
"""
)

NAMESPACE = ("unshare", "--mount", "--map-root-user")


@pytest.fixture(scope="module")
def own_mounts():
    """How to start a child that may mount; skipped where the system does not allow it."""
    probe = (*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt")
    if shutil.which("unshare") is None or call(probe):
        pytest.skip("this machine does not let a test mount a small disk")
    return NAMESPACE


@pytest.mark.fault("T12")
def test_a_full_disk_stops_new_risk_first_and_gives_the_reserve_to_the_rest(own_mounts, tmp_path):
    said = json.loads(run_child(FULL_DISK, tmp_path / "disk", "3m", prefix=own_mounts))

    assert said["before"] == 1
    assert "0 KiB are free on the disk" in said["full"]
    assert said["mixed"]
    assert said["reduced"] > 20
    assert said["intact"] is False
    assert "its reserve is not whole again" in said["room was given back, still"]
    assert said["after a restart on the full disk"] == said["reduced"]
    assert "its reserve is not whole again" in said["still full"]
    assert said["still reducing"] == said["reduced"] + 1
    assert said["restored"] is True
    assert said["with room"] == said["rows"] == said["reduced"] + 2


NO_ROOM_TO_BEGIN = (
    SMALL_DISK
    + SHARED
    + """
try:
    SqliteJournal(hold_folder(folder))
except JournalFull as full:
    print(full)
"""
)


@pytest.mark.fault("T12")
@pytest.mark.parametrize("size", ["12k", "16k", "24k", "32k", "48k"])
def test_a_disk_too_small_for_a_journal_is_refused_with_a_sentence(own_mounts, tmp_path, size):
    said = run_child(NO_ROOM_TO_BEGIN, tmp_path / "disk", size, prefix=own_mounts)

    assert said == f"{tmp_path / 'disk'}: the disk is full; a journal cannot be opened\n"


READ_ONLY = """
from pathlib import Path
import subprocess, sys
folder = Path(sys.argv[1])
subprocess.run(["mount", "--bind", folder, folder], check=True)
subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
from desk.io.folder import hold_folder
from desk.io.journal_reader import JournalReader
from desk.model.errors import InputError
with JournalReader(folder) as reader:
    print(len(list(reader.rows())))
try:
    hold_folder(folder)
except InputError as error:
    print(error)
"""


def test_a_read_only_medium_can_be_read_and_not_held(own_mounts, tmp_path):
    write_journal(tmp_path, 3)

    said = run_child(READ_ONLY, tmp_path, prefix=own_mounts).splitlines()

    assert said[0] == "3"
    assert said[1].endswith(
        "expected a folder that this user can write, found Read-only file system"
    )


# --- failing writes and syncs ---------------------------------------------------------------------

APPEND_UNTIL_IT_FAILS = (
    SHARED
    + """
import os
if sys.argv[2] != "-":
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
journal = SqliteJournal(hold_folder(folder), reserve_bytes=65536)
said = {"acknowledged": journal.head[0], "again": []}
try:
    while said["acknowledged"] < 400:
        said["acknowledged"] = journal.append([entry(said["acknowledged"] + 1)])[0].seq
except JournalUnwritable as error:
    said["failed"] = str(error)
for reserve in (False, True):
    try:
        journal.append([entry(0, reserve=reserve)])
    except JournalUnwritable as error:
        said["again"].append(str(error))
said["writable"] = journal.writable
print(json.dumps(said), flush=True)
os._exit(0)
"""
)


def check_latched(folder, said) -> None:
    """Refused ever after; and a restart finds what was acknowledged, and at most one row more."""
    assert said["writable"] is False
    assert len(said["again"]) == 2
    assert all("takes nothing more" in again for again in said["again"])
    with JournalReader(folder) as reader:
        stored = [row.entry for row in reader.rows()]
    assert stored == [entry(number) for number in range(1, len(stored) + 1)]
    assert len(stored) - said["acknowledged"] in (0, 1)
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        assert journal.append([entry(len(stored) + 1)])[0].seq == len(stored) + 1
        journal.close()


def test_a_log_that_cannot_grow_latches(tmp_path):
    write_journal(tmp_path, 1)
    said = json.loads(run_child(APPEND_UNTIL_IT_FAILS, tmp_path, 200_000))

    assert "could not be written: disk I/O error" in said["failed"]
    assert 1 < said["acknowledged"] < 400
    check_latched(tmp_path, said)


@pytest.fixture
def failing_call(tmp_path):
    """Make the n-th call of a kind fail in a child, whose calls are then in the trace.

    Skipped where nobody may trace.
    """
    if shutil.which("strace") is None or call(["strace", "-o", tmp_path / "trace", "true"]):
        pytest.skip("strace is missing or may not trace")

    def prefix(name: str, number: int, error: str = "EIO") -> tuple[str, ...]:
        inject = f"inject={name}:error={error}:when={number}"
        trace = str(tmp_path / "trace")
        return ("strace", "-f", "-y", "-o", trace, "-e", f"trace={name}", "-e", inject)

    return prefix


def call(command) -> int:
    return subprocess.run(command, check=False, capture_output=True).returncode


def fail_sync(folder, number: int, failing_call) -> tuple[str, dict]:
    """Which file the n-th sync of a child was for, and what the child said."""
    write_journal(folder, 1)
    prefix = failing_call("fdatasync", number)
    said = json.loads(run_child(APPEND_UNTIL_IT_FAILS, folder, "-", prefix=prefix))
    calls = re.findall(r"fdatasync\(\d+<.*?([^/>]+)>\) = (.*)", (folder / "trace").read_text())
    injected = [at for at, (_, result) in enumerate(calls) if "INJECTED" in result]
    assert injected == [number - 1]
    if "failed" in said:
        # Not tried again: what failed was the last sync there was, but for the note of it.
        assert [name for name, _ in calls[number:]] == ["journal.failed"]
        del calls[number:]
        anchored = [name for name, _ in calls[:-1] if name == "journal.anchor"]
        assert said["acknowledged"] == 1 + len(anchored)
    return calls[number - 1][0], said


def check_failed_sync(folder, number: int, failing_call) -> None:
    name, said = fail_sync(folder, number, failing_call)
    if name == "journal.db-wal":
        assert "the rows could not be written: disk I/O error" in said["failed"]
    elif name == "journal.anchor":
        assert "the head anchor could not be written: [Errno 5]" in said["failed"]
    else:  # SQLite syncs the folder of a new log without a look at the result; the desk has done so
        assert name == folder.name
        assert "failed" not in said
        return
    check_latched(folder, said)


@pytest.mark.thorough
@pytest.mark.fault("T11")
@pytest.mark.parametrize("number", range(1, 8))
def test_a_failed_sync_is_not_acknowledged_and_latches(failing_call, tmp_path, number):
    check_failed_sync(tmp_path, number, failing_call)


@pytest.mark.fault("T11")
@pytest.mark.slow
@pytest.mark.parametrize("number", range(8, 51))
def test_any_of_fifty_syncs_may_fail(failing_call, tmp_path, number):
    check_failed_sync(tmp_path, number, failing_call)


@pytest.mark.fault("T11")
def test_a_journal_whose_folder_cannot_be_synced_is_not_opened(failing_call, tmp_path):
    write_journal(tmp_path, 1)
    code = (
        SHARED
        + """
try:
    SqliteJournal(hold_folder(folder), reserve_bytes=65536)
except JournalUnwritable as error:
    print(error)
"""
    )
    said = run_child(code, tmp_path, prefix=failing_call("fsync", 1))

    assert said == f"{tmp_path}: [Errno 5] Input/output error\n"


@pytest.mark.fault("T11")
@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 41))
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_any_of_many_writes_may_fail(failing_call, tmp_path, number, error):
    """The log's index, the log, the anchor: a full disk may be survived, an error latches."""
    write_journal(tmp_path, 1)
    prefix = failing_call("write,pwrite64", number, error)
    child = start_child(APPEND_UNTIL_IT_FAILS, tmp_path, "-", prefix=prefix)
    output, errors = child.communicate(timeout=60)

    if output:
        said = json.loads(output)
        assert "failed" in said or error == "ENOSPC"
        check_latched(tmp_path, said)
    else:  # it did not even open, or could not speak
        assert b"Journal" in errors or b"OSError" in errors
        with JournalReader(tmp_path) as reader:
            assert [row.entry for row in reader.rows()][:1] == [entry(1)]
