"""A terminal that is closed under a desk tells it to stop; the desk ends cleanly, and in peace."""

import errno
import io
import os
import signal
import sys

import pytest

from desk.crash import read_report
from desk.io.stopping import stop_signals
from desk.io.terminal import has_gone
from desk.log import ENGINE

pty = pytest.importorskip("pty", reason="there are no such terminals here")

WINDOW = b"desk: Qt:"
"""Said by the window without a screen once it is there."""


class Terminal:
    """A terminal in which a desk was begun."""

    def __init__(self, *words):
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
            os.execv(sys.executable, [sys.executable, "-m", "desk", *words])

    def read_until(self, words):
        """Read what is shown until these words are."""
        said = b""
        while words not in said:
            said += os.read(self._descriptor, 4_096)

    def type(self, line):
        os.write(self._descriptor, line)

    def close(self):
        """Close it; return how the desk ended."""
        os.close(self._descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def ended_in_peace(folder):
    assert read_report(folder, ENGINE) == ""
    assert (folder / "logs" / "engine.log").read_text().rstrip().endswith("ended")


@pytest.mark.thorough
def test_a_console_whose_terminal_is_closed_has_not_failed(tmp_path):
    terminal = Terminal("console", "--account", str(tmp_path / "desk"))
    terminal.type(b"status\n")
    terminal.read_until(b'"type":"status"')
    assert terminal.close() == 0
    ended_in_peace(tmp_path / "desk")


@pytest.mark.thorough
def test_a_workstation_whose_terminal_is_closed_ends_and_takes_its_window_with_it(tmp_path):
    folder = tmp_path / "desk"
    terminal = Terminal("--account", str(folder))
    terminal.read_until(WINDOW)
    assert terminal.close() == 0
    ended_in_peace(folder)


@pytest.mark.parametrize("ignored", [False, True], ids=["closed", "nohup"])
def test_the_end_of_the_terminal_counts_unless_it_is_to_be_ignored(ignored):
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("there is no such signal here")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        assert (signal.SIGHUP in stop_signals()) is not ignored
        assert {signal.SIGTERM, signal.SIGINT} <= {*stop_signals()}
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_same_error_of_a_file_is_a_disk_that_fails(tmp_path):
    failed = OSError(errno.EIO, os.strerror(errno.EIO))
    with open(tmp_path / "answers", "w") as file:
        assert not has_gone(failed, file)
    with open(os.devnull) as device:
        assert has_gone(failed, device)
        assert not has_gone(OSError(errno.ENOSPC, "no room"), device)
    assert has_gone(BrokenPipeError(), io.StringIO())
