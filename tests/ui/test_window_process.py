"""The window as its own process: what it imports, when, and how it ends."""

import multiprocessing
import os
import subprocess
import sys
import time

import msgspec
import pytest
from helpers.fake_desk import FakeDesk
from helpers.frames import normal_desk

from desk.model.commands import NextFrame
from ui.launch import open_window

PATIENCE_S = 30
FORBIDDEN = (
    "desk.app", "desk.cli", "desk.io", "desk.sim", "desk.risk", "desk.execution", "desk.margin",
    "desk.ledger", "desk.market", "desk.venues", "websockets", "asyncio", "sqlite3",
)  # fmt: skip


def open_and_tell(connection, report):
    """Run in the child: open the window, and write down what it had imported when."""
    from PySide6.QtCore import QTimer

    import ui.window

    shown = {}

    class Watched(ui.window.DeskWindow):
        def load_late(self):
            shown.setdefault("first paint", sorted(sys.modules))
            super().load_late()

    ui.window.DeskWindow = Watched

    def tell():
        if "pyqtgraph" in sys.modules:
            shown["later"] = sorted(sys.modules)
            report.send_bytes(msgspec.json.encode(shown))
            timer.stop()

    timer = QTimer()
    timer.timeout.connect(tell)

    from ui.pump import Pump

    start = Pump.start
    Pump.start = lambda pump: (start(pump), timer.start(50))
    open_window(connection, None)


def open_and_fail(connection, report):
    """Run in the child: a panel fails, and the banner's words are sent back."""
    import ui.window

    def spoil(frame):
        raise ValueError("spoiled")

    class Failing(ui.window.DeskWindow):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            show = self.banner.show_banners

            def tell(banners):
                show(banners)
                words = self.banner.accessibleName().strip()
                if "error" in words and not report.closed:  # a slow start is told before it
                    report.send(words)
                    report.close()

            self.banner.show_banners = tell
            self.pump.framed.connect(spoil)

    ui.window.DeskWindow = Failing
    open_window(connection, None)


def serve(desk, condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "the window did not get that far"
        desk.take()
        time.sleep(0.005)


@pytest.fixture
def child():
    """Start a target with a pipe to a fake desk; it is gone after the test."""
    context = multiprocessing.get_context("spawn")
    desk = FakeDesk(normal_desk())
    started = []

    def start(target, *arguments):
        process = context.Process(target=target, args=(desk.theirs, *arguments), daemon=True)
        process.start()
        desk.theirs.close()
        started.append(process)
        return desk, process

    yield start
    desk.close()
    for process in started:
        process.kill()
        process.join(PATIENCE_S)
        process.close()


@pytest.mark.thorough
def test_window_imports_words_and_frames_only_and_plots_after_the_first_paint(child):
    ours, theirs = multiprocessing.Pipe()
    desk, _ = child(open_and_tell, theirs)
    theirs.close()
    serve(desk, ours.poll)
    modules = msgspec.json.decode(ours.recv_bytes())
    ours.close()
    for moment, names in modules.items():
        loaded = [n for n in names if n.startswith(FORBIDDEN)]
        # The test tools of the parent's main module are imported by spawn itself.
        loaded = [n for n in loaded if n.partition(".")[0] not in {"asyncio", "sqlite3"}]
        assert loaded == [], moment
    assert not {"pyqtgraph", "numpy"} & set(modules["first paint"])
    assert {"pyqtgraph", "numpy"} <= set(modules["later"])


@pytest.mark.thorough
@pytest.mark.fault("T27")
def test_error_in_the_window_is_told_and_ends_nothing(child, capfd):
    ours, theirs = multiprocessing.Pipe()
    desk, process = child(open_and_fail, theirs)
    theirs.close()
    serve(desk, ours.poll)
    assert ours.recv() == (
        "The window has an error. ValueError: spoiled. What is shown may be wrong: "
        "close the window and open it again."
    )
    ours.close()
    assert process.is_alive()
    assert "ValueError: spoiled" in capfd.readouterr().err


def test_door_to_the_window_loads_no_qt_into_the_engine():
    code = "import ui.launch, ui.app, ui.measure, sys; sys.exit('PySide6' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)


@pytest.mark.thorough
@pytest.mark.fault("T26")
def test_window_paints_on_and_on_and_ends_when_it_has_said_goodbye(child):
    desk, process = child(open_window, None)
    serve(desk, lambda: len(desk.sent(NextFrame)) > 5)
    assert process.is_alive()
    assert desk.sent(NextFrame)[-1].selected == "BTCUSDT-PERP.BINANCE"
    os.kill(process.pid, 15)
    process.join(PATIENCE_S)
    assert process.exitcode is not None
