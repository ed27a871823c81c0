"""What every test is held to: nothing unexpected in the log, nothing left running behind it."""

import asyncio
import contextlib
import gc
import logging
import multiprocessing
import os
import re
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = ["helpers.fault_table"]

settings.register_profile(
    "dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The number is bounded by the time of the whole suite: four minutes on two cores.
settings.register_profile("ci", settings.get_profile("dev"), max_examples=100, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

GRACE_S = 2.0
"""How long what a test has told to end may take to be gone."""

EXPECTED_LOGS = pytest.StashKey()
FAILED = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def complain(request, what):
    """Fail the test for what it left behind, unless it has failed already: that tells more."""
    if FAILED not in request.node.stash:
        pytest.fail(what, pytrace=False)


def eventually(condition):
    """Whether the condition holds now or within the grace."""
    until = time.monotonic() + GRACE_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


# --- log ------------------------------------------------------------------------------------------


class Recorder(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture
def expected_logs(request):
    """Call it with a pattern for each warning or error that the test means to cause.

    A record that no pattern is found in fails the test, and so does a pattern without a record.
    """
    patterns = request.node.stash.setdefault(EXPECTED_LOGS, [])
    return patterns.append


@pytest.fixture(autouse=True)
def _no_unexpected_logs(request):
    recorder = Recorder()
    root = logging.getLogger()
    root.addHandler(recorder)
    yield
    root.removeHandler(recorder)
    if "caplog" in request.fixturenames:  # such a test reads the log itself
        return
    patterns = request.node.stash.get(EXPECTED_LOGS, [])
    surprising = [x for x in recorder.lines if not any(re.search(p, x) for p in patterns)]
    missing = [p for p in patterns if not any(re.search(p, x) for x in recorder.lines)]
    if surprising:
        complain(request, "unexpected in the log:\n" + "\n".join(surprising))
    if missing:
        complain(request, "expected in the log, but not there:\n" + "\n".join(missing))


# --- threads, tasks, processes --------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_leaked_threads(request):
    before = set(threading.enumerate())
    yield
    # Python makes a dummy for a thread of C++ that calls into it, and never takes it back.
    own = {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}
    for thread in own - before:
        thread.join(GRACE_S)
    left = [thread.name for thread in own - before if thread.is_alive()]
    if left:
        complain(request, f"threads still running: {left}")


@pytest.fixture(autouse=True)
def _no_pending_tasks(request):
    left = []
    cancel_all = asyncio.runners._cancel_all_tasks

    async def settle():  # a task that was told to end needs a turn of the loop to do so
        for _ in range(5):
            await asyncio.sleep(0)

    def record(loop):
        loop.run_until_complete(settle())
        left.extend(task.get_coro().__qualname__ for task in asyncio.all_tasks(loop))
        cancel_all(loop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.runners, "_cancel_all_tasks", record)
        yield
    if left:
        complain(request, f"asyncio tasks pending when the loop was closed: {left}")


def has_children():
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children():
    """Processes of ours that live or were never waited for, by id."""
    multiprocessing.active_children()  # reaps those that ended
    if not sys.platform.startswith("linux") or not has_children():
        return {}
    tracker = sys.modules.get("multiprocessing.resource_tracker")
    exempt = getattr(getattr(tracker, "_resource_tracker", None), "_pid", None)
    found = {}
    for told in Path("/proc/self/task").glob("*/children"):  # of each thread its own
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            for pid in map(int, told.read_text().split()):
                if pid != exempt:
                    found[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
    return found


@pytest.fixture(autouse=True)
def _no_leaked_processes(request):
    before = children()
    yield
    if not eventually(lambda: children().keys() <= before.keys()):
        left = {pid: name for pid, name in children().items() if pid not in before}
        complain(request, f"child processes still there: {left}")


# --- Qt -------------------------------------------------------------------------------------------


def running_qt():
    """QTimers that fire and QThreads that run, of whatever this process has wrapped."""
    core = sys.modules.get("PySide6.QtCore")
    app = core and core.QCoreApplication.instance()
    if not app:
        return []
    import shiboken6

    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    kinds = core.QTimer, core.QThread
    ours = [x for x in shiboken6.getAllValidWrappers() if isinstance(x, kinds)]
    return [
        x
        for x in ours
        if (x.isActive() if isinstance(x, core.QTimer) else x.isRunning() and x is not app.thread())
    ]


@pytest.fixture(autouse=True)
def _no_running_qt(request):
    before = {id(x) for x in running_qt()}
    yield

    def left():
        return [x for x in running_qt() if id(x) not in before]

    if left():
        gc.collect()  # what only a cycle keeps alive is not a leak
        if not eventually(lambda: not left()):
            complain(request, f"Qt objects still running: {left()}")
