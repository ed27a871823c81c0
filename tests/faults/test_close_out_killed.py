"""A close-out whose process dies at a row: the next process goes on, and doubles nothing."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desk.io.journal_reader import JournalReader

ROOT = Path(__file__).parents[2]

CHILD = """
import json, os, signal, sys
from pathlib import Path
from helpers.engines import BTC, Trader
from helpers.journals import SMALL_RESERVE
from desk.engine.message import Committed
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal

folder, kill_at = Path(sys.argv[1]), int(sys.argv[2])

class Durable(Trader):
    def __init__(self):
        self.journal = SqliteJournal(hold_folder(folder), reserve_bytes=SMALL_RESERVE)
        super().__init__(list(self.journal.rows()))

    def _answer(self, entries):
        rows = self.journal.append(entries)
        if rows[-1].seq >= kill_at > 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.rows += rows
        return Committed(rows)

def fall(trader, price):
    trader.book(BTC, bids=((f"{price}199.9", "10"),), asks=((f"{price}200", "10"),))
    for _ in range(3):
        trader.mark(BTC, f"{price}200")
        trader.tick(20)

trader = Durable()
if not trader.state.fills:
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
fall(trader, 45)
for _ in range(10):
    trader.mark(BTC, "45200")
    trader.run(400)
state = trader.state
assert not state.closing_out("perp-1")
steps = [state.orders[i] for i in sorted(state.close_out_steps)]
print(json.dumps({
    "held": str(state.position("perp-1", BTC).quantity),
    "ledger": state.ledger.document(),
    "filled": [str(step.filled) for step in steps],
}))
"""


def run(folder, kill_at=0):
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(kill_at)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def finished(folder):
    ended = run(folder)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def types(folder):
    with JournalReader(folder) as reader:
        return [row.entry.type for row in reader.rows()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a close-out that nothing disturbs comes to, and the rows that it wrote."""
    folder = tmp_path_factory.mktemp("whole") / "desk"
    return finished(folder), types(folder)


def check_killed(tmp_path, whole, kill_at):
    expected, _ = whole
    folder = tmp_path / f"desk-{kill_at}"
    assert run(folder, kill_at).returncode == -signal.SIGKILL
    assert finished(folder) == expected


@pytest.mark.fault("T19")
@pytest.mark.parametrize("about", ["trigger", "step", "fill"])
def test_a_process_that_dies_at_a_row_of_a_close_out_is_taken_over(tmp_path, whole, about):
    rows = whole[1]
    trigger = rows.index("close_out") + 1
    step = rows.index("close_out", trigger) + 1
    fill = rows.index("fill", step) + 1
    check_killed(tmp_path, whole, {"trigger": trigger, "step": step, "fill": fill}[about])


@pytest.mark.fault("T19")
@pytest.mark.slow
def test_a_process_may_die_at_any_row_of_a_close_out(tmp_path, whole, figure):
    rows = whole[1]
    for kill_at in range(rows.index("close_out"), len(rows) + 1):
        check_killed(tmp_path, whole, kill_at)
    figure(f"killed at each of {len(rows) + 1 - rows.index('close_out')} rows, the same end")
