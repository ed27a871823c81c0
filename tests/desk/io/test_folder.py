"""The desk folder: private, and held by one process at a time."""

import os
import signal
import stat
from pathlib import Path

import pytest
from helpers.journals import start_child

from desk.io import folder as folder_module
from desk.io.folder import LOCK_FILE, desk_folder, hold_folder
from desk.model.errors import InputError, JournalHeld

HOLDER = """
import subprocess, sys
from pathlib import Path
from desk.io.folder import hold_folder
from desk.model.errors import JournalHeld
try:
    held = hold_folder(Path(sys.argv[1]))
except JournalHeld as refused:
    print("refused", refused.pid, flush=True)
else:
    # A process of its own that lives on must not keep the folder.
    quiet = subprocess.DEVNULL
    other = subprocess.Popen(["sleep", "60"], stdout=quiet, stderr=quiet)
    print("held", other.pid, flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def start_holder(folder: Path):
    child = start_child(HOLDER, folder)
    word, pid = child.stdout.readline().split()
    return child, word.decode(), pid.decode()


@pytest.fixture
def loose_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_folder_and_its_lock_are_for_their_owner_alone(tmp_path, loose_umask):
    with hold_folder(tmp_path / "new" / "desk"):
        assert mode(tmp_path / "new") == 0o700, "who may write here may put another desk there"
        assert mode(tmp_path / "new" / "desk") == 0o700
        assert mode(tmp_path / "new" / "desk" / LOCK_FILE) == 0o600


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk").chmod(0o750)

    with hold_folder(tmp_path / "desk"):
        assert mode(tmp_path / "desk") == 0o750


def test_a_second_holder_is_refused_with_the_pid_of_the_first(tmp_path):
    with hold_folder(tmp_path), pytest.raises(JournalHeld) as refused:
        hold_folder(tmp_path)

    assert refused.value.pid == os.getpid()
    assert str(refused.value) == f"{tmp_path} is held by process {os.getpid()}"


def test_a_released_folder_can_be_held_again(tmp_path):
    held = hold_folder(tmp_path)
    held.release()
    held.release()

    hold_folder(tmp_path).release()


@pytest.mark.fault("T23")
def test_a_holder_in_another_process_is_named_and_its_death_frees_the_folder(tmp_path):
    child, word, survivor = start_holder(tmp_path)
    try:
        assert word == "held"
        with pytest.raises(JournalHeld) as refused:
            hold_folder(tmp_path)
        assert refused.value.pid == child.pid

        child.send_signal(signal.SIGKILL)
        child.wait()

        with hold_folder(tmp_path):
            assert (tmp_path / LOCK_FILE).read_text().split() == [str(os.getpid())]
    finally:
        child.kill()
        child.communicate()
        os.kill(int(survivor), signal.SIGKILL)


@pytest.mark.fault("T23")
@pytest.mark.parametrize("count", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_of_many_that_start_at_once_one_holds_and_the_rest_name_it(tmp_path, count, figure):
    children = [start_child(HOLDER, tmp_path) for _ in range(count)]
    answers = {child.pid: child.stdout.readline().split() for child in children}
    holders = [pid for pid, (word, _) in answers.items() if word == b"held"]
    try:
        assert len(holders) == 1
        named = {int(pid) for word, pid in answers.values() if word == b"refused"}
        assert named == {holders[0]}
        figure(f"{count} processes at once: 1 holds, {count - 1} are refused and name it")
    finally:
        for child in children:
            child.kill()
            child.communicate()
        os.kill(int(answers[holders[0]][1]), signal.SIGKILL)


def test_a_dead_process_is_never_named_as_the_holder(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "_PID_RETRY_S", 0)
    child = start_child("print()")
    child.communicate()
    with hold_folder(tmp_path):
        (tmp_path / LOCK_FILE).write_text(str(child.pid))

        with pytest.raises(JournalHeld) as refused:
            hold_folder(tmp_path)

    assert refused.value.pid is None
    assert str(refused.value).endswith("is held by another process")


def test_a_shorter_pid_leaves_nothing_of_a_longer_one(tmp_path):
    (tmp_path / LOCK_FILE).write_text("99999999999999999999\n")

    with hold_folder(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text().split() == [str(os.getpid())]


def test_a_file_in_place_of_the_folder_is_bad_input(tmp_path):
    (tmp_path / "desk").write_text("mine")

    with pytest.raises(InputError) as refused:
        hold_folder(tmp_path / "desk")

    assert str(tmp_path / "desk") in str(refused.value)
    assert (tmp_path / "desk").read_text() == "mine"


def test_the_folder_is_the_users_own_unless_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert desk_folder().name == "desk"
    assert desk_folder("other") == tmp_path / "other"
    assert desk_folder("~/mine") == tmp_path / "mine"
    assert list(tmp_path.iterdir()) == []


def test_the_home_of_nobody_is_refused_in_words():
    with pytest.raises(InputError, match="found no such user"):
        desk_folder("~nobody-of-that-name/desk")


@pytest.mark.fault("T24")
@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_a_folder_that_anybody_may_write_or_that_is_anothers_is_refused(tmp_path, monkeypatch):
    """Somebody else could put a link, or a journal of his own, in the desk's way."""
    tmp_path.chmod(0o777)
    with pytest.raises(InputError, match=r"nobody else can write \(chmod o-w\), found rights 777"):
        hold_folder(tmp_path)
    tmp_path.chmod(0o700)
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(InputError, match="found one of another user"):
        hold_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
