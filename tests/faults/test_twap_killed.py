"""A TWAP whose process is killed at any row: no part twice, none made up for, no money astray."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.journals import child_environment

from desk.io.journal_reader import JournalReader

ROOT = Path(__file__).parents[2]

CHILD = """
import json, os, signal, sys
from decimal import Decimal as D
from pathlib import Path
from helpers.engines import BTC, START_MS, Trader
from helpers.journals import SMALL_RESERVE
from helpers.programs import twap
from desk.engine.message import Committed
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal

folder, kill_at, wall_ms = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

class Durable(Trader):
    def __init__(self):
        self.journal = SqliteJournal(hold_folder(folder), reserve_bytes=SMALL_RESERVE)
        super().__init__(list(self.journal.rows()), wall_ms=START_MS + wall_ms)

    def _answer(self, entries):
        rows = self.journal.append(entries)
        if rows[-1].seq >= kill_at > 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.rows += rows
        return Committed(rows)

trader = Durable()
trader.market()
trader.deposit()
trader.give(twap("1.003", over_s=30, every_s=5))
for _ in range(80):
    trader.tick(500)
    trader.market()
state = trader.state
parts = [o for o in state.orders.values() if o.terms.program == "T"]
one = state.programs.get("T")
print(json.dumps({
    "held": str(state.position("perp-1", BTC).quantity),
    "filled": str(sum((o.filled for o in parts), D(0))),
    "sent": len(parts),
    "dealt_with": [one.reached, one.missed, one.ended],
}))
"""


def run(folder, kill_at=0, wall_ms=0):
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(kill_at), str(wall_ms)],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def rows(folder):
    with JournalReader(folder) as reader:
        return [row.entry for row in reader.rows()]


def check_killed(folder, kill_at):
    """Kill at a row, start again a little later, and hold the end to what may be."""
    assert run(folder, kill_at).returncode == -signal.SIGKILL
    last_ms = rows(folder)[-1].time_ms
    ended = run(folder, wall_ms=last_ms - 1_795_000_000_000 + 1_500)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["held"] == said["filled"]
    reached, missed, why = said["dealt_with"]
    assert (reached, why, said["sent"]) == (7, "", 7 - missed)
    written = [new["terms"]["id"] for row in rows(folder) for new in row.data.get("orders", [])]
    assert len(written) == len(set(written)) == said["sent"]
    return missed


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "desk"
    said = json.loads(run(folder).stdout)
    assert said == {
        "held": "1.003",
        "filled": "1.003",
        "sent": 7,
        "dealt_with": [7, 0, ""],
    }
    return [row.type for row in rows(folder)]


@pytest.mark.fault("T18")
def test_a_process_that_dies_as_it_sends_a_part_sends_it_once(tmp_path, whole):
    assert check_killed(tmp_path / "desk", whole.index("twap", 2) + 1) == 0


@pytest.mark.fault("T18")
@pytest.mark.slow
def test_a_process_may_die_at_any_row_of_a_twap(tmp_path, whole, figure):
    missed = [check_killed(tmp_path / f"desk-{at}", at) for at in range(2, len(whole) + 1)]
    figure(f"killed at each of {len(missed)} rows: no part twice, {sum(missed)} missed and said")
