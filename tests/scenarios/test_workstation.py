"""The whole program: engine, embedded market and window as real processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.processes import ROOT, desk, journal_rows

PATIENCE_S = 30


class Workstation:
    """A running `desk` with its window."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desk", "--account", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
        )

    def window(self):
        """The window's process id, or None."""
        return self._child(b"--multiprocessing-fork")

    def market(self):
        """The embedded market's process id, or None."""
        return self._child(b"market")

    def _child(self, word):
        pid = self.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        for child in children:
            try:
                if word in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
            except OSError:
                continue
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in (self.window(), self.market(), self.process.pid):
            if pid is not None and _alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(what, patience_s=PATIENCE_S):
    """Wait until something is true and return it."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def listening(pid):
    """Whether a process has a listening socket."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                inodes.add(f"socket:[{fields[9]}]")
    mine = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()}
    return bool(inodes & mine)


def test_a_killed_window_comes_back_and_the_desk_goes_on(tmp_path):
    with Workstation(tmp_path / "desk") as running:
        first = eventually(running.window)
        eventually((tmp_path / "desk" / "market.state").exists)
        os.kill(first, signal.SIGKILL)
        second = eventually(lambda: (w := running.window()) not in {None, first} and w)
        assert second != first
        assert running.process.poll() is None
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
        eventually(lambda: not _alive(second))


def test_the_engine_listens_on_nothing(tmp_path):
    with Workstation(tmp_path / "desk") as running:
        eventually(running.window)
        eventually((tmp_path / "desk" / "market.state").exists)
        assert not listening(running.process.pid)
        assert listening(running.market())


def test_a_killed_engine_takes_its_market_along(tmp_path):
    with Workstation(tmp_path / "desk") as running:
        window = eventually(running.window)
        market = eventually(running.market)
        running.process.kill()
        running.process.wait(PATIENCE_S)
        eventually(lambda: not _alive(market))
        # The window stays to say that nobody guards the positions; it is not ours to keep.
        assert _alive(window)
        os.kill(window, signal.SIGKILL)


@pytest.fixture
def screen():
    """A virtual screen; its name."""
    if shutil.which("Xvfb") is None or shutil.which("xdotool") is None:
        pytest.skip("Xvfb and xdotool are not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-noreset"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    # The number comes in two writes: a reader who leaves after the first kills the server.
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(PATIENCE_S)


def types(folder):
    return [row["type"] for row in journal_rows(folder)]


def test_a_position_by_keys_alone(tmp_path, screen):
    """Arm, buy from the ticket, see the fill, kill, denied, rearm: real keys, real window."""
    folder = tmp_path / "desk"
    funded = desk("console", "--account", folder, stdin="deposit 100000 USDT id dep-1\n")
    assert funded.returncode == 0

    def xdotool(*words):
        subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": screen}, check=True)

    def keys(*names):
        xdotool("key", "--clearmodifiers", "--delay", "60", *names)

    with Workstation(folder, DISPLAY=screen, QT_QPA_PLATFORM="xcb") as running:
        eventually(running.window)
        eventually((folder / "market.state").exists)
        # Without a window manager nobody gives the window the keys: the test does.
        shown = eventually(lambda: _window_shown(screen))
        xdotool("windowfocus", shown[0])
        keys("ctrl+shift+a", "F5", "F7", "1", "ctrl+2")
        # The same draft keeps its id: pressing again before the fill is still one order.
        eventually(lambda: (keys("ctrl+Return"), "fill" in types(folder))[1])
        # Once asks, twice kills.
        eventually(lambda: (keys("ctrl+shift+k"), "kill" in types(folder))[1])
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
    rows = journal_rows(folder)
    kinds = [row["type"] for row in rows]
    assert kinds.index("order") < kinds.index("fill") < kinds.index("kill")
    filled = [row["data"]["outcome"]["fill"] for row in rows if row["type"] == "fill"]
    assert {fill["side"] for fill in filled} == {"BUY"}


def _window_shown(screen):
    """The window once its first frame has come: the title then says the desk's state."""
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "ACTIVE"],
        env={**os.environ, "DISPLAY": screen},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.split()
