"""A window on a real pipe with a fake desk at its other end."""

import pytest
from helpers.fake_desk import FakeDesk
from helpers.frames import normal_desk
from helpers.no_sleep import NoSleep
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from ui.palette import DIRECTIONS
from ui.pump import Pump
from ui.theme import dress
from ui.window import DeskWindow
from ui.wire import SocketWire

PATIENCE_MS = 30_000
"""A bound for a machine that is busy with other things; what is awaited comes far sooner."""


@pytest.fixture(scope="session")
def dressed(qapp):
    return dress(qapp)


@pytest.fixture
def theme(dressed, qapp):
    """The theme as it is at start, whatever the test before has chosen."""
    dressed.use("dark", DIRECTIONS[0])
    dressed.compact = False
    if qapp.palette().window().color() != dressed.color("panel"):
        qapp.setPalette(dressed.qt_palette())
    return dressed


class Rig:
    """A shown window, its pump, and the desk that answers it."""

    def __init__(self, qtbot, theme, frame, size=(1920, 1080), desk=None, **opening):
        self.qtbot = qtbot
        self.desk = desk or FakeDesk(frame)
        self.pump = Pump(SocketWire(self.desk.theirs), now_ns=NoSleep())
        self.window = DeskWindow(theme, self.pump, **opening)
        self.window.resize(*size)
        qtbot.addWidget(self.window, before_close_func=self._let_go)
        QCursor.setPos(0, 0)  # not where the test before has left it
        self.window.show()
        self.pump.start()

    def _let_go(self, window):
        window.workspace.leave()
        self.pump.stop()
        window.arming.disarm("the test is over")
        window.ticket.set_connected(False)
        window.let_go()

    def until(self, condition):
        """Answer the window until something holds."""

        def holds():
            self.desk.take()
            return condition()

        self.qtbot.waitUntil(holds, timeout=PATIENCE_MS)

    def settle(self, frame=None):
        """Let the window take one more frame, in every panel whose turn it is."""
        if frame is not None:
            self.desk.frame = frame
        seen = []
        self.pump.framed.connect(seen.append)
        self.until(lambda: len(seen) >= 2 and not self.window.display.is_showing)
        self.pump.framed.disconnect(seen.append)

    def arm(self):
        self.window.arming.toggle()
        assert self.window.arming.is_armed()

    def write(self, quantity="2", price="60980.0"):
        """Write a draft and wait for its preview."""
        self.window.ticket.price.setText(price)
        self.window.ticket.quantity.setText(quantity)
        self.until(lambda: self.window.ticket.state.is_preview_current)


@pytest.fixture
def rig_of(qtbot, theme):
    """Make a rig for a frame."""

    def make(frame, **options):
        rig = Rig(qtbot, theme, frame, **options)
        if frame is not None:
            rig.until(lambda: rig.window.display.selected is not None)
        return rig

    return make


@pytest.fixture
def rig(rig_of):
    return rig_of(normal_desk())


@pytest.fixture
def focus(qtbot):
    """Give a widget the focus and be sure that it has it."""

    def give(widget):
        widget.window().activateWindow()
        widget.setFocus()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is widget, timeout=PATIENCE_MS)
        return widget

    return give
