"""The window's file is written late, together, and beside the window's thread; and then in full."""

import os
from threading import Event, Thread, current_thread, main_thread

import pytest
from helpers.frames import normal_desk

from ui import window_file
from ui.own_files import own_files
from ui.private_file import replace
from ui.viewmodels.table_look import Sorting, TableLook
from ui.window_file import WindowFile

pytestmark = pytest.mark.qt


@pytest.fixture
def syncs(monkeypatch):
    """The thread of each sync."""
    found, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: found.append(current_thread()) or real(file))
    return found


@pytest.fixture
def window(rig_of, tmp_path):
    """A window with a desk folder, which waits with the first write."""
    own = own_files(str(tmp_path))
    rig = rig_of(normal_desk(), own=own)
    rig.window.command_desk.remember(own.file)
    rig.settle()
    rig.window.workspace._timer.stop()
    return rig.window


def change_much(window):
    """A typed line, and two looks of tables."""
    for grid in (window.positions.grid, window.watch.grid):
        grid.choose(TableLook(sorting=Sorting(grid.grid.columns[0].key)))
    window.command_desk._keep("status")


def kept(folder):
    file = WindowFile(str(folder))
    return file.group("command").get("history"), [*file.group("tables")]


def test_lines_and_looks_are_written_once_and_not_by_the_windows_thread(
    window, qtbot, syncs, tmp_path
):
    change_much(window)
    assert syncs == []
    assert window.workspace._timer.isActive()
    window.workspace._timer.timeout.emit()
    qtbot.waitUntil(lambda: kept(tmp_path) == ("status", ["positions", "watch"]))
    assert len(syncs) == 1
    assert main_thread() not in syncs


def test_whoever_leaves_has_everything_on_the_disk(window, tmp_path):
    change_much(window)
    window.workspace.leave()
    assert kept(tmp_path) == ("status", ["positions", "watch"])
    assert not window.workspace._timer.isActive()


def test_what_comes_while_it_is_written_is_written_too(window, qtbot, monkeypatch, tmp_path):
    goes_on = Event()

    def slowly(path, data):
        goes_on.wait(5)
        replace(path, data)

    monkeypatch.setattr(window_file, "replace", slowly)
    window.workspace._timer.timeout.emit()
    change_much(window)
    window.workspace._timer.timeout.emit()
    goes_on.set()
    qtbot.waitUntil(lambda: kept(tmp_path) == ("status", ["positions", "watch"]))


def test_a_late_write_never_takes_back_what_was_written_meanwhile(tmp_path, monkeypatch):
    begun, goes_on, written = Event(), Event(), []

    def slowly(path, data):
        begun.set()
        goes_on.wait(5)
        written.append(data)
        replace(path, data)

    monkeypatch.setattr(window_file, "replace", slowly)
    file = WindowFile(str(tmp_path))
    file.put("a", {"b": "old"})
    late = Thread(target=file.write)
    late.start()
    begun.wait(5)
    file.put("a", {"b": "new"})
    at_once = Thread(target=file.write)
    at_once.start()
    goes_on.set()
    late.join()
    at_once.join()
    assert [b"new" in data for data in written] == [False, True]
    assert WindowFile(str(tmp_path)).group("a") == {"b": "new"}


def test_a_file_that_cannot_be_written_is_said_once(window, qtbot, monkeypatch):
    def fail(path, data):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(window_file, "replace", fail)
    said = []
    window.workspace.failed.connect(said.append)
    for _ in range(2):
        window.workspace._timer.timeout.emit()
        qtbot.waitUntil(lambda: not window.workspace.is_writing)
    assert said == ["window.ini: No space left on device"]
