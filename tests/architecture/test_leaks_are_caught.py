"""The fixtures that hold every test to account, each shown a test that deserves it."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

BAD = """
import asyncio, logging, subprocess, sys, threading
import pytest

kept = []


def test_warning():
    logging.getLogger("feed").warning("stale")


def test_expected_warning_that_does_not_come(expected_logs):
    expected_logs("never said")


def test_thread():
    event = threading.Event()
    kept.append(event)
    threading.Thread(target=event.wait, daemon=True, name="forgotten").start()


def test_task():
    async def main():
        kept.append(asyncio.create_task(asyncio.sleep(60)))
        await asyncio.sleep(0)

    asyncio.run(main())


def test_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))


def test_timer(qapp):
    from PySide6.QtCore import QTimer

    timer = QTimer()
    timer.start(60_000)
    kept.append(timer)


def test_qthread(qapp):
    from PySide6.QtCore import QThread

    thread = QThread()
    thread.start()
    kept.append(thread)


def test_unraisable():
    class Bad:
        def __del__(self):
            raise ValueError("in a finalizer")

    Bad()


def test_qt_message(qapp):
    from PySide6.QtCore import qWarning

    qWarning("painter not active")


@pytest.fixture(scope="session", autouse=True)
def _end():
    yield
    for thing in kept:
        if isinstance(thing, threading.Event):
            thing.set()
        if isinstance(thing, subprocess.Popen):
            thing.communicate()
        if hasattr(thing, "quit"):
            thing.quit()
            thing.wait()
"""

GOOD = """
import asyncio, logging, subprocess, sys, threading


def test_expected_warning(expected_logs):
    expected_logs("stale")
    logging.getLogger("feed").warning("stale")


def test_warning_read_by_the_test(caplog):
    logging.getLogger("feed").warning("stale")
    assert caplog.messages == ["stale"]


def test_thread_that_ends():
    threading.Thread(target=threading.Event().wait, args=(0.05,)).start()


def test_cancelled_task():
    async def main():
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(main())


def test_process_waited_for():
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def test_timer_stopped(qapp):
    from PySide6.QtCore import QTimer

    timer = QTimer()
    timer.start(60_000)
    timer.stop()


def test_timer_of_a_widget_told_to_go(qapp):
    from PySide6.QtCore import QObject, QTimer

    owner = QObject()
    QTimer(owner).start(60_000)
    owner.deleteLater()
"""

pytestmark = pytest.mark.xdist_group("leaks")
COMPLAINTS = {
    "test_warning": "WARNING feed: stale",
    "test_expected_warning_that_does_not_come": "not there:\nnever said",
    "test_thread": "threads still running: ['forgotten']",
    "test_task": "pending when the loop was closed: ['sleep']",
    "test_process": "child processes still there",
    "test_timer": "QTimer",
    "test_qthread": "QThread",
    "test_unraisable": "in a finalizer",
    "test_qt_message": "painter not active",
}


def outcomes(folder, source):
    """Run the tests of `source` under our conftest; name of the test → what pytest says of it."""
    impatient = CONFTEST.read_text().replace("GRACE_S = 2.0", "GRACE_S = 0.3")
    (folder / "conftest.py").write_text(impatient)
    (folder / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\nqt_log_level_fail = WARNING\n"
        f"pythonpath = {CONFTEST.parent}\n"
    )
    (folder / "test_sample.py").write_text(source)
    alone = [part for name in ("xdist", "cacheprovider") for part in ("-p", f"no:{name}")]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *alone, "--junit-xml=report.xml"],
        cwd=folder,
        env=os.environ | {"PYTEST_ADDOPTS": "", "PYTHONPATH": ""},
        capture_output=True,
        check=False,
        timeout=60,
    )
    cases = ElementTree.parse(folder / "report.xml").iter("testcase")
    # A test whose body and teardown both speak has two entries, so texts add up.
    said = {}
    for case in cases:
        texts = [x.get("message", "") + (x.text or "") for x in case if x.tag != "properties"]
        said[case.get("name")] = said.get(case.get("name"), "") + "\n".join(texts)
    return said


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return outcomes(tmp_path_factory.mktemp("bad"), BAD)


@pytest.mark.thorough
def test_every_planted_fault_is_named(bad):
    unnamed = {name: bad.get(name) for name, text in COMPLAINTS.items() if text not in bad[name]}
    assert unnamed == {}


@pytest.mark.thorough
def test_every_planted_fault_is_expected(bad):
    assert bad.keys() == COMPLAINTS.keys()


@pytest.mark.thorough
def test_clean_tests_pass_unharmed(tmp_path):
    said = outcomes(tmp_path, GOOD)
    assert len(said) == GOOD.count("def test_")
    assert {name: text for name, text in said.items() if text} == {}
