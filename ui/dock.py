"""One dock: a flat title with the panel's own controls, and a frame that shows it armed."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRectF, QSize, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QMoveEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import icons
from ui.paint import Align, Ink, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.translation import tr

TITLE = 28
"""Height of a title."""


class FloatButton(QPushButton):
    """Takes a dock out of the window, or back."""

    def __init__(self, theme: Theme, dock: QDockWidget, title: str) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(22, 22)
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setAccessibleName(tr("Float {title}", title=title))
        self.setToolTip(as_text(tr("Float {title}, or put it back", title=title)))
        self.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            token = "text" if self.underMouse() else "muted"
            icons.draw(painter, "float", self._theme.color(token).name(), QRectF(5, 5, 12, 12))
            if self.hasFocus():
                Ink(painter, self._theme).frame("accent", None, QRectF(self.rect()))


class TitleBar(QWidget):
    """A dock's title, 28 high: words on the left, a note and the panel's own controls right."""

    menu_asked = Signal(QPoint)
    """What can be done with the dock; where on the screen."""

    def __init__(self, theme: Theme, title: str, dock: QDockWidget) -> None:
        super().__init__()
        self._theme = theme
        self.title = title
        self.note = ""
        self.armed = False
        self._dock = dock
        self.is_past = False
        """Its panel shows the past, which a window of its own has to say by itself."""
        self.setFixedHeight(TITLE)
        self._left: list[QWidget] = []
        self._right: list[QWidget] = []
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 6, 0)
        self.row.setSpacing(6)
        self.row.addStretch(1)
        self.row.addWidget(FloatButton(theme, dock, title))

    def add_left(self, widget: QWidget) -> None:
        """Put a control in the place of the title's words."""
        self.title = ""
        self.row.insertWidget(0, widget)
        self._left.append(widget)

    def add_right(self, widget: QWidget) -> None:
        """Put a control before the float button."""
        self.row.insertWidget(self.row.count() - 1, widget)
        if widget not in self._right:
            self._right.append(widget)

    def add_lock(self, lock: QWidget) -> None:
        """The surface's lock, beside the float button: what it frees is this dock."""
        self.add_right(lock)

    def say(self, note: str) -> None:
        """Show a note at the right."""
        if note != self.note:
            self.note = note
            self.update()

    def set_armed(self, armed: bool) -> None:
        """Three pixels of accent across the top of an armed surface."""
        if armed != self.armed:
            self.armed = armed
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def sizeHint(self) -> QSize:
        return QSize(120, TITLE)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, TITLE)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            is_past = self.is_past and self._dock.isFloating()
            ink.fill("warn_tint" if is_past else "raised", box)
            ink.rule(box)
            if is_past or self.armed:
                ink.fill("warn_fill" if is_past else "accent", QRectF(0, 0, box.width(), 3))
            inner = box.adjusted(12, 0, -34, 0)
            width = ink.text("text", self._theme.face(12, 600), self.title, inner)
            left, right = self._between(inner.left() + width, inner.right())
            inner.setRight(right)
            past = tr("REPLAY")
            whole = " · ".join(filter(None, (past * is_past, self.note)))
            notes = (whole, past) if is_past else (whole,)
            self._paint_note(ink, "warning" if is_past else "muted", notes, inner, right - left)

    def _paint_note(
        self, ink: Ink, token: str, notes: tuple[str, ...], box: QRectF, room: float
    ) -> None:
        """Paint the first note that there is room for."""
        face = self._theme.face(11)
        for note in notes:
            if note and face.width(note) + 16 <= room:
                ink.text(token, face, note, box, Align.RIGHT)
                return

    def _between(self, left: float, right: float) -> tuple[float, float]:
        """What the controls at either side of the stretch leave."""
        for one in self._here(self._left):
            left = max(left, float(one.x() + one.width()))
        for one in self._here(self._right):
            right = min(right, one.x() - 8.0)
        return left, right

    def _here(self, controls: list[QWidget]) -> Iterator[QWidget]:
        """Those that have not been put elsewhere since.

        Qt's layout is not asked for its items: a wrapper that is held outlives its item, and what
        is made at that address later comes back as the item.
        """
        return (one for one in controls if one.parentWidget() is self)


class Dock(QDockWidget):
    """A panel in its dock; `objectName` is the stable id, never the title.

    Its panel may come later: a dock that no layout shows at the start costs nothing then.
    """

    closed = Signal()
    """By its menu, or as a window of its own."""
    moved = Signal()
    """As a window of its own it lies elsewhere, or has another size."""

    def __init__(self, theme: Theme, key: str, title: str, panel: QWidget | None) -> None:
        super().__init__(title)
        self.setObjectName(key)
        self.bar = TitleBar(theme, title, self)
        self.setTitleBarWidget(self.bar)
        self._surface = _Surface(theme)
        self.setWidget(self._surface)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        if panel is not None:
            self.fill(panel)

    def fill(self, panel: QWidget) -> None:
        """Put its panel in."""
        self._surface.fill(panel)

    def set_armed(self, armed: bool) -> None:
        """Frame an armed surface in accent, three pixels at its top."""
        self.bar.set_armed(armed)
        self._surface.set_armed(armed)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        if self.isFloating():
            self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isFloating():
            self.moved.emit()


class _Surface(QWidget):
    """A panel with the one pixel around it that shows an armed surface."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._armed = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 0, 1, 1)

    def fill(self, panel: QWidget) -> None:
        self._column.addWidget(panel)
        panel.setAutoFillBackground(True)

    def set_armed(self, armed: bool) -> None:
        if armed != self._armed:
            self._armed = armed
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("accent" if self._armed else "panel", QRectF(self.rect()))
