"""Windows beside the window: never modal, left with Escape, the panic keys work above them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button
from ui.paint import painting
from ui.theme import Theme
from ui.viewmodels.translation import tr


class Dialog(QDialog):
    """A title, a body, and a row of buttons of which none is a default."""

    def __init__(self, theme: Theme, title: str, parent: QWidget, width: int = 480) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.is_gone = False
        """Left: an answer that comes now has nowhere to be shown; the events tell it."""
        self.finished.connect(self._go)
        self.setModal(False)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(width)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        column.addLayout(self.body, 1)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(8)
        self.foot.addStretch(1)
        column.addLayout(self.foot)

    def add_button(self, text: str, kind: str = "plain") -> Button:
        """Add a button at the right end of the foot."""
        button = Button(self.theme, text, kind)
        self.foot.addWidget(button)
        return button

    def add_close(self, text: str = "") -> Button:
        """Add the button that leaves."""
        button = self.add_button(text or tr("Close"))
        button.clicked.connect(self.close)
        return button

    def _go(self) -> None:
        self.is_gone = True

    def present(self) -> None:
        """Show it in front."""
        self.show()
        self.raise_()
        self.activateWindow()

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            ink.frame("edge", None, QRectF(self.rect()), radius=0)
