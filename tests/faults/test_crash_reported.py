"""T27: whatever fails in the running program is reported, and blocks new risk until a person looks.

The real processes fail: a slot, a thread, a task by an error that is put into them as they start,
the interpreter by the signal of an abort. Kill -9 is no fault of ours and blocks nothing.
"""

import os
import shutil
import signal

import pytest
from helpers.processes import Console, desk
from helpers.workstation import Workstation, eventually

from desk.io.journal_reader import JournalReader

CANARY = "cnry/7Qx+9Lk=Zp2Rt"
BTC = "BTCUSDT-PERP.BINANCE"

FAILS = '''
import os, sys, threading, time

def fail(*_, **__):
    raise ValueError(os.environ["DESK_API_SECRET"])

def put(module, place):
    """Wait for a module, then let what stands at a place of it fail once it is called."""
    *owners, name = place.split(".")
    while True:
        owner = sys.modules.get(module)
        for one in owners:
            owner = getattr(owner, one, None)
        if getattr(owner, name, None) is not None:
            break
        time.sleep(0.001)
    setattr(owner, name, fail)

module, _, place = os.environ.get("FAIL", "").partition(":")
if module == "thread":
    class Later(threading.Thread):
        def run(self):
            while place not in sys.modules:
                time.sleep(0.001)
            time.sleep(1)
            fail()
    Later(daemon=True).start()
elif module:
    threading.Thread(target=put, args=(module, place), daemon=True).start()
'''
SLOT = "ui.panels.feeds:FeedsPanel.show_frame"
TASK = "desk.app.session:import_module"
CLOCK = "desk.app.runtime:Runtime.tick"


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """Start the workstation with an error put into it."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FAILS)
    monkeypatch.setenv("DESK_API_SECRET", CANARY)

    def start(fails=""):
        path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
        return Workstation(tmp_path / "desk", PYTHONPATH=path, FAIL=fails)

    return start


@pytest.fixture(scope="module")
def funded(tmp_path_factory):
    """A desk with a position, to see that it is what it was; and what it holds."""
    folder = tmp_path_factory.mktemp("funded") / "desk"
    with Console(folder) as console:
        assert console.ask("deposit 100000 USDT id dep-1")["type"] == "ack"
        console.ask(f"wait {BTC} 30")
        assert console.ask(f"buy 0.5btc {BTC} market id my-1")["type"] == "ack"
        assert console.ask("sync")["data"]["settled"]
        held = what_is_held(console.ask("status"))
        console.end()
    return folder, held


def what_is_held(status):
    """Balances, positions and orders, without what depends on prices."""
    return [
        (
            account["id"],
            account["balances"],
            [
                (one["instrument"], one["quantity"], one["entry_price"])
                for one in account["positions"]
            ],
            account["orders"],
        )
        for account in status["data"]["accounts"]
    ]


def crash_latches(folder):
    with JournalReader(folder) as reader:
        latches = [row.entry.data.get("latch") or {} for row in reader.rows()]
    return [latch["reason"] for latch in latches if latch.get("key") == "crash"]


def kept(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.thorough
@pytest.mark.fault("T27")
@pytest.mark.parametrize(
    ("process", "fails", "said"),
    [
        ("window", SLOT, "ValueError: [redacted]"),
        ("window", "thread:ui.window", "ValueError: [redacted]"),
        ("window", signal.SIGABRT, "Fatal Python error: Aborted"),
        ("window", signal.SIGSEGV, "Fatal Python error: Segmentation fault"),
        ("engine", TASK, "ValueError: [redacted]"),
        ("engine", "thread:desk.app.supervisor", "ValueError: [redacted]"),
        ("engine", CLOCK, "ValueError: [redacted]"),
        ("engine", signal.SIGABRT, "Fatal Python error: Aborted"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_crash_is_reported_and_blocks_new_risk_until_a_person_has_looked(
    tmp_path, failing, funded, process, fails, said, figure
):
    folder = tmp_path / "desk"
    shutil.copytree(funded[0], folder)
    by_signal = isinstance(fails, signal.Signals)
    with failing("" if by_signal else fails) as running:
        window = eventually(running.window)
        eventually((folder / "market.state").exists)
        if by_signal:
            log = folder / "logs" / "engine.log"
            eventually(lambda: log.read_text().count("started") == 2)
            eventually((folder / "logs" / "window.fault").exists)
            os.kill(window if process == "window" else running.process.pid, fails)
        if process == "engine" and (by_signal or fails == CLOCK):
            running.process.wait(60)
        else:  # it goes on, and has said so in its journal
            eventually(lambda: crash_latches(folder))
    with Console(folder) as console:
        status = console.ask("status")
        assert what_is_held(status) == funded[1]
        assert status["data"]["state"] == "REDUCING"
        console.ask(f"wait {BTC} 30")
        denied = console.ask(f"buy 0.1btc {BTC} market id my-2")
        (why,) = [one for one in denied["denials"] if one["code"] == "STATE_REDUCING"]
        assert f"the {process} failed: {said}" in why["message"]
        assert console.ask(f"close {BTC} 50%")["type"] == "ack", "reducing goes on"
        assert console.ask('rearm Ada "looked at the report"')["type"] == "ack"
        again = console.ask(f"buy 0.1btc {BTC} market id my-3")
        assert "STATE_REDUCING" not in [one["code"] for one in again.get("denials", ())]
        console.end()
    assert crash_latches(folder) == [f"the {process} failed: {said}"]
    assert CANARY[:6].encode() not in kept(folder)
    logs = (folder / "logs" / "engine.log").read_text() + (folder / "logs/window.log").read_text()
    assert said in logs
    how = fails.name if by_signal else fails.partition(":")[0]
    figure(f"{process}, {how}: reported, new risk blocked until rearmed, state intact, 0 canaries")


@pytest.mark.thorough
@pytest.mark.fault("T27")
def test_who_is_ended_from_outside_has_not_crashed(tmp_path, failing):
    folder = tmp_path / "desk"
    with failing() as running:
        first = eventually(running.window)
        eventually((folder / "market.state").exists)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: (found := running.window()) not in {None, first} and found)
        running.process.kill()
        running.process.wait(60)
    ended = desk("console", "--account", folder, stdin="status\n")
    assert ended.returncode == 0
    assert crash_latches(folder) == []
