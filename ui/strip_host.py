"""Where the strip is: in the window, or over the dialog or floating dock where the hand is.

A modal dialog blocks every other window, the strip with it. So while something else than the
window is in front, a panic question stands in a small window of its own that belongs to what is in
front: over its upper edge, never blocked by it, gone with its question. The dialog stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ui.panels.strips import Strip

LEAST_WIDTH = 720


class StripHost(QObject):
    """Brings the strip to the hand and back."""

    def __init__(self, window: QWidget, strip: Strip, put_back: Callable[[], None]) -> None:
        """`put_back` gives the strip its place in the window again."""
        super().__init__(window)
        self._window, self._strip, self._put_back = window, strip, put_back
        self._sheet: QWidget | None = None
        strip.gone.connect(self.bring_home)

    @property
    def is_out(self) -> bool:
        """Whether the strip stands over something else than the window."""
        return self._sheet is not None

    def bring(self) -> None:
        """Put the strip where the hand is."""
        front = QApplication.activeModalWidget() or QApplication.activeWindow()
        if front is None or front.window() is self._window.window():
            self.bring_home()
        elif self._sheet is None or front.window() is not self._sheet:
            try:
                self._stand_over(front.window())
            except Exception:
                self.bring_home()  # its key answers it there; what went wrong is reported as ever
                raise

    def _stand_over(self, front: QWidget) -> None:
        self.bring_home()
        flags = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint
        sheet = self._sheet = QWidget(None, flags | Qt.WindowType.WindowStaysOnTopHint)
        sheet.setWindowTitle(self._strip.accessibleName())
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._strip)
        sheet.winId()  # there is no handle before
        sheet.windowHandle().setTransientParent(front.windowHandle())
        sheet.setGeometry(self._place(front))
        sheet.show()
        self._strip.show()
        sheet.raise_()
        sheet.activateWindow()
        self._strip.take_focus()

    def _place(self, front: QWidget) -> QRect:
        """Over the upper edge of what is in front, whole on its screen."""
        at, screen = front.frameGeometry(), front.screen().availableGeometry()
        width = min(max(at.width(), LEAST_WIDTH), screen.width())
        height = self._strip.height()
        left = max(screen.left(), min(at.left(), screen.right() + 1 - width))
        top = max(screen.top(), at.top() - height)
        return QRect(QPoint(left, top), QPoint(left + width - 1, top + height - 1))

    def bring_home(self) -> None:
        """Back into the window."""
        sheet, self._sheet = self._sheet, None
        if sheet is not None:
            self._put_back()
            sheet.close()
            sheet.deleteLater()
