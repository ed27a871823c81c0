"""A desk that is told to stop while it starts takes the window that it has begun with it."""

import os
import subprocess
import sys

import pytest

TOLD = """
import os, signal, sys
from desk.app import entry, workstation

class Window:
    def __init__(self, *_):
        os.kill(os.getpid(), signal.SIGTERM)

workstation.WindowProcess = Window
sys.exit(entry.main(["--account", sys.argv[1]]))
"""


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="there is no such signal there")
def test_a_desk_told_to_stop_before_it_listens_ends_as_by_ctrl_c(tmp_path):
    """Killed it would leave a window that says that positions are not guarded."""
    told = [sys.executable, "-c", TOLD, str(tmp_path / "desk")]
    ended = subprocess.run(told, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
