"""The frame is there before the desk, and closes only when the desk agrees."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from ui.shell import Shell


class Content(QWidget):
    painted = Signal()

    def __init__(self):
        super().__init__()
        self.agrees = False

    def closeEvent(self, event):
        event.setAccepted(self.agrees)


def shown(qtbot):
    shell = Shell(QColor("#101010"), QColor("#202020"))
    qtbot.addWidget(shell)
    shell.show()
    qtbot.waitUntil(lambda: shell.first_painted_ns > 0)
    return shell


def test_frame_without_a_desk_is_painted_in_its_colours_and_cannot_be_closed(qtbot):
    shell = shown(qtbot)
    picture = shell.grab().toImage()
    assert picture.pixelColor(5, 5) == QColor("#202020")
    assert picture.pixelColor(5, 300) == QColor("#101010")
    assert not shell.close()


def test_frame_asks_the_desk_takes_its_title_and_tells_it_when_it_is_painted(qtbot):
    shell = shown(qtbot)
    content = Content()
    with qtbot.waitSignal(content.painted):
        shell.hold(content)
    assert content.isVisible()
    content.setWindowTitle("SIMULATED · Desk")
    assert shell.windowTitle() == "SIMULATED · Desk"
    assert not shell.close()
    content.agrees = True
    assert shell.close()
