"""The real program on a screen of its own: keys go in, journal rows come out."""

import os
import subprocess
import sys
import time
from pathlib import Path

from helpers.processes import PATIENCE_S, ROOT, Console
from helpers.xscreen import Screen

from desk.io.clock import SystemClock
from desk.io.journal_pages import JournalPages

BTC = "BTCUSDT-PERP.BINANCE"
LOOK_S = 0.002
CLOCK = SystemClock()


def traded_desk(folder, *more):
    """A desk folder with money, a position of 0.1 BTC and what these lines add; `{pct}` are prices
    in per cent of the mark."""
    with Console(folder) as console:
        console.ask("deposit 250000 USDT")
        console.ask(f"wait {BTC} 30")
        mark = float(console.ask(f"buy 0.1 {BTC} market id held")["data"]["mark"])
        console.ask("sync")  # what only reduces has something to reduce
        prices = {f"p{percent}": f"{mark * percent / 100:.0f}" for percent in range(90, 111)}
        for line in more:
            said = console.ask(line.format(**prices))
            assert said["type"] == "ack", said
        assert console.ask("sync")["data"]["settled"]
        console.end()


class ShownDesk:
    """`python -m desk` on a folder, its window in front and with the keyboard."""

    def __init__(self, folder):
        self.folder = folder
        self.screen = Screen()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desk", "--account", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.screen.environment},
        )

    def start(self):
        """Wait for the window and for a market that trades."""
        self.until(lambda: "ACTIVE" in self.title)
        (window, *_) = self.screen.titles()
        self.screen.ask("windowfocus", "--sync", window)
        self.pages = JournalPages(self.folder)
        self.seen = self.pages.newest_seq()

    @property
    def title(self):
        """Of the window of the desk; empty before there is one."""
        return next((t for t in self.screen.titles().values() if "Desk" in t), "")

    def until(self, condition, patience_s=PATIENCE_S):
        deadline = time.monotonic() + patience_s
        while not condition():
            assert self._process.poll() is None, "the desk has ended"
            assert time.monotonic() < deadline, f"it did not come to that: {self.title}"
            time.sleep(0.05)

    def row(self, kind):
        """Wait for the next row of a kind: (its row, when it could be read, in ns)."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert time.monotonic() < deadline, f"no row {kind}"
            rows = []
            if self.pages.newest_seq() > self.seen:
                rows = self.pages.between(self.seen, self.seen + 1_000)
            for row in rows:
                self.seen = row.seq
                if row.entry.type == kind:
                    return row.entry, CLOCK.wall_ns()
            time.sleep(LOOK_S)

    def children(self):
        """Process ids by what they are: `market`, `window`."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        found = {}
        for pid in " ".join(task.read_text() for task in tasks).split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"spawn_main" in words:
                found["window"] = int(pid)
            elif b"market" in words:
                found["market"] = int(pid)
        return found

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self.pages.close()
        self._end()

    def _end(self):
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self.screen.close()
