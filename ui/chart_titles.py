"""A chart's dock title: which instrument it shows, and whether it follows the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton

from ui.dock import Dock
from ui.paint import Align, painting
from ui.panels.chart import ChartPanel
from ui.theme import Theme
from ui.viewmodels.translation import tr

SQUARE = 8


class LinkMark(QPushButton):
    """The word and a square: filled while the chart follows the chosen instrument."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setCheckable(True)
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setFixedHeight(20)
        self.setAccessibleName(tr("Follow the chosen instrument"))
        self.toggled.connect(self._say)
        self._say(False)

    def _say(self, linked: bool) -> None:
        self.setText(tr("linked") if linked else tr("pinned"))
        self.setToolTip(
            tr("It follows the chosen instrument; a click keeps it to this one.")
            if linked
            else tr("It keeps to this instrument; a click lets it follow the chosen one.")
        )
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(int(self._theme.face(11).width(self.text())) + SQUARE + 14, 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            word = box.adjusted(2, 0, -SQUARE - 6, 0)
            ink.text("text2", self._theme.face(11), self.text(), word, Align.RIGHT)
            square = QRectF(box.right() - SQUARE - 1, box.center().y() - 4, SQUARE, SQUARE)
            if self.isChecked():
                ink.fill("accent", square)
            else:
                ink.frame("edge", None, square, radius=0)
            if self.hasFocus():
                ink.frame("accent", None, box)


class ChartTitle(QObject):
    """Keeps title and mark in line with the chart."""

    linked = Signal()
    """It was linked or pinned by hand: another instrument may be shown."""

    def __init__(self, theme: Theme, dock: Dock, panel: ChartPanel) -> None:
        super().__init__(dock)
        self._dock, self._panel = dock, panel
        self.mark = LinkMark(theme)
        self.mark.clicked.connect(self._turn)
        dock.bar.add_right(self.mark)
        self.refresh()

    def refresh(self) -> None:
        """Say what the chart shows; cheap where nothing has changed."""
        self._dock.bar.say(self._panel.instrument or "")
        if self.mark.isChecked() is not self._panel.is_linked:
            self.mark.setChecked(self._panel.is_linked)

    def _turn(self) -> None:
        panel = self._panel
        panel.pin(None if self.mark.isChecked() else panel.instrument)
        self.refresh()
        self.linked.emit()
