"""What fails in a process leaves a report, for its owner alone, and without a secret in it."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desk import crash, redaction
from desk.crash import Reports, forget_report, gist, read_report, reported
from desk.model.errors import InputError
from desk.redaction import hide

ROOT = Path(__file__).resolve().parents[2]
CANARY = "cnry/7Qx+9Lk=Zp2Rt"


@pytest.fixture(autouse=True)
def _secrets_of_one_test():
    kept = dict(redaction._hidden)
    yield
    redaction._hidden.clear()
    redaction._hidden.update(kept)


def read(folder, process="engine"):
    return (folder / "logs" / f"{process}.log").read_text()


def test_an_expected_refusal_leaves_no_report_and_a_fault_does(tmp_path, expected_logs):
    expected_logs("the engine has failed")
    expected_logs("last engine: ")
    with pytest.raises(InputError), reported(tmp_path, "engine"):
        raise InputError(source="a", expected="b", found="c")
    assert read_report(tmp_path, "engine") == ""
    hide(CANARY)
    with pytest.raises(RuntimeError), reported(tmp_path, "engine"):
        raise RuntimeError(f"spoiled {CANARY}")
    assert read_report(tmp_path, "engine").endswith("RuntimeError: spoiled [redacted]")
    forget_report(tmp_path, "engine")
    assert read_report(tmp_path, "engine") == "", "told once"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_a_thread_is_noted(tmp_path, expected_logs):
    expected_logs("the thread worker has failed")
    expected_logs("last engine: ")

    def fail():
        raise ValueError("spoiled")

    with reported(tmp_path, "engine"):
        thread = threading.Thread(target=fail, name="worker")
        thread.start()
        thread.join()
    assert read_report(tmp_path, "engine").endswith("ValueError: spoiled")
    assert "the thread worker has failed" in read(tmp_path)


DIES = """
import asyncio, os, sys, threading
from pathlib import Path
from desk.crash import reported
from desk.log import tell_redacted
sys.excepthook = tell_redacted
folder, how = Path(sys.argv[1]), sys.argv[2]
canary = os.environ["DESK_API_SECRET"]

async def task():
    raise ValueError(canary)

async def forgotten():
    asyncio.ensure_future(task())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

def main():
    with reported(folder, "engine"):
        if how == "thread":
            t = threading.Thread(target=lambda: 1 / int(canary)); t.start(); t.join()
        elif how == "task":
            asyncio.run(forgotten())
        elif how == "abort":
            os.abort()
        elif how == "slot":
            from PySide6.QtCore import QCoreApplication, QTimer
            app = QCoreApplication([])
            def slot():
                app.quit()
                raise ValueError(canary)
            QTimer.singleShot(0, slot)
            app.exec()
        else:
            raise ValueError(canary)
main()
"""


@pytest.mark.thorough
@pytest.mark.fault("T27", "T33")
@pytest.mark.parametrize(
    ("how", "status", "named"),
    [
        ("thread", 0, "ValueError: invalid literal"),
        ("task", 0, "Task exception was never retrieved"),
        ("slot", 0, "ValueError: [redacted]"),
        ("abort", -signal.SIGABRT, "Fatal Python error: Aborted"),
        ("raise", 1, "ValueError: [redacted]"),
    ],
)
def test_whatever_fails_leaves_a_report_without_the_canary(tmp_path, how, status, named):
    ended = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path), how],
        cwd=ROOT,
        env={**os.environ, "DESK_API_SECRET": CANARY, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == status, ended.stderr
    kept = "".join(p.read_text() for p in (tmp_path / "logs").iterdir())
    assert named in kept
    assert CANARY[:6] not in kept + ended.stderr


def test_a_report_is_private_and_bounded_and_may_be_emptied_while_it_is_open(
    tmp_path, expected_logs
):
    expected_logs("it failed")
    (tmp_path / "logs").mkdir()
    reports = Reports(tmp_path, "engine")
    for number in range(200):
        reports.note(ValueError(f"{number} {'x' * 2_000}"), "it failed")
    path = tmp_path / "logs" / "engine.fault"
    assert path.stat().st_size <= crash.LONGEST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("ab", buffering=0) as open_file:
        forget_report(tmp_path, "engine")
        open_file.write(b"Fatal")
    assert path.read_bytes() == b"Fatal"


def test_an_error_that_comes_back_is_told_once(tmp_path, caplog):
    (tmp_path / "logs").mkdir()
    reports, told = Reports(tmp_path, "engine"), []
    reports.tell_to(told.append)
    for number in range(3):
        try:
            raise ValueError(number)
        except ValueError as fault:
            reports.note(fault, "it failed")
    assert told == ["ValueError: 0"]
    assert len(caplog.records) == 1


@pytest.mark.fault("T27")
def test_no_number_of_errors_keeps_the_next_from_being_told(tmp_path, caplog):
    """Each may be the one after which new risk must stop."""
    reports, told = Reports(tmp_path, "window"), []
    reports.tell_to(told.append)
    for line in range(50):
        try:
            exec(compile("\n" * line + "raise ValueError(line)", "a panel", "exec"))
        except ValueError as fault:
            reports.note(fault, "it failed")
    assert told == [f"ValueError: {line}" for line in range(50)]
    assert len(caplog.records) == 50


def test_a_report_that_is_a_link_is_not_followed(tmp_path, expected_logs):
    expected_logs("it failed")
    (tmp_path / "logs").mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "logs" / "engine.fault").symlink_to(victim)
    Reports(tmp_path, "engine").note(ValueError("spoiled"), "it failed")
    forget_report(tmp_path, "engine")
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("Traceback:\n  File\nValueError: spoiled.\n", "ValueError: spoiled"),
        ("Fatal Python error: Aborted\n\nThread 0x1:\n  File x\n", "Fatal Python error: Aborted"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("\n", "nothing is known of it"),
    ],
)
def test_the_gist_of_a_report_is_one_line_fit_for_a_sentence(report, said):
    assert gist(report) == said


@pytest.mark.fault("T27")
def test_what_failed_before_anybody_listened_is_told_to_who_listens_first(tmp_path, caplog):
    """A thread of the window may fail while the window is still being built."""
    reports, told = Reports(tmp_path, "window"), []
    reports.note(ValueError("early"), "it failed")
    reports.tell_to(told.append)
    reports.note(KeyError("late"), "it failed")
    assert ["early" in told[0], "late" in told[1], len(told)] == [True, True, 2]
    assert len(caplog.records) == 2
