"""Docks: flat titles, four pixels between, and the places of the Trade layout."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QProxyStyle,
    QPushButton,
    QStyle,
    QStyleOption,
    QVBoxLayout,
    QWidget,
)

from ui import icons
from ui.paint import Align, Ink, painting
from ui.theme import Theme

GAP = 4


class FloatButton(QPushButton):
    """Takes a dock out of the window, or back."""

    def __init__(self, theme: Theme, dock: QDockWidget, title: str) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(22, 22)
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setAccessibleName(f"Float {title}")
        self.setToolTip(f"Float {title}, or put it back")
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

    def __init__(self, theme: Theme, title: str, dock: QDockWidget) -> None:
        super().__init__()
        self._theme = theme
        self.title = title
        self.note = ""
        self.armed = False
        self.setFixedHeight(28)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 6, 0)
        self.row.setSpacing(6)
        self.row.addStretch(1)
        self.row.addWidget(FloatButton(theme, dock, title))

    def add_left(self, widget: QWidget) -> None:
        """Put a control in the place of the title's words."""
        self.title = ""
        self.row.insertWidget(0, widget)

    def add_right(self, widget: QWidget) -> None:
        """Put a control before the float button."""
        self.row.insertWidget(self.row.count() - 1, widget)

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

    def sizeHint(self) -> QSize:
        return QSize(120, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("raised", box)
            ink.rule(box)
            if self.armed:
                ink.fill("accent", QRectF(0, 0, box.width(), 3))
            inner = box.adjusted(12, 0, -34, 0)
            face = self._theme.face(11)
            width = ink.text("text", self._theme.face(12, 600), self.title, inner)
            free = inner.width() - width - 16
            for item in (self.row.itemAt(number) for number in range(self.row.count() - 1)):
                widget = item.widget() if item is not None else None
                if widget is not None:
                    free -= widget.width() + 6
                    inner.setRight(min(inner.right(), widget.x() - 8.0))
            if self.note and face.width(self.note) <= free:
                ink.text("muted", face, self.note, inner, Align.RIGHT)


class Dock(QDockWidget):
    """A panel in its dock; `objectName` is the stable id, never the title."""

    def __init__(self, theme: Theme, key: str, title: str, panel: QWidget) -> None:
        super().__init__(title)
        self.setObjectName(key)
        self.bar = TitleBar(theme, title, self)
        self.setTitleBarWidget(self.bar)
        self._surface = _Surface(theme, panel)
        self.setWidget(self._surface)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )

    def set_armed(self, armed: bool) -> None:
        """Frame an armed surface in accent, three pixels at its top."""
        self.bar.set_armed(armed)
        self._surface.set_armed(armed)


class _Surface(QWidget):
    """A panel with the one pixel around it that shows an armed surface."""

    def __init__(self, theme: Theme, panel: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._armed = False
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 1)
        column.addWidget(panel)
        panel.setAutoFillBackground(True)

    def set_armed(self, armed: bool) -> None:
        if armed != self._armed:
            self._armed = armed
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("accent" if self._armed else "panel", QRectF(self.rect()))


class DockStyle(QProxyStyle):
    """Fusion with a four pixel gap between docks, and nothing drawn in it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("fusion")
        self._theme = theme

    def pixelMetric(
        self,
        metric: QStyle.PixelMetric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        """The gap; everything else is Fusion's."""
        if metric == QStyle.PixelMetric.PM_DockWidgetSeparatorExtent:
            return GAP
        return super().pixelMetric(metric, option, widget)

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Leave the gap empty; the background shows."""
        if element != QStyle.PrimitiveElement.PE_IndicatorDockWidgetResizeHandle:
            super().drawPrimitive(element, option, painter, widget)


class DockArea(QMainWindow):
    """The middle of the window, where the docks live."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._style = DockStyle(theme)
        self.setStyle(self._style)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        self.setContentsMargins(0, GAP, 0, GAP)
        self.docks: dict[str, Dock] = {}
        self._rows = (3, 7)
        self._given: dict[str, QSize] = {}
        self._touched = False
        """The trader has moved a border or a dock: the places are his from then on."""

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            painter.fillRect(event.rect(), QColor(self._theme.color("bg")))

    def add(self, key: str, title: str, panel: QWidget) -> Dock:
        """Make a dock; `arrange_trade` puts it in its place."""
        dock = self.docks[key] = Dock(self._theme, key, title, panel)
        dock.topLevelChanged.connect(self._touch)
        return dock

    def arrange_trade(self) -> None:
        """Put the docks where the Trade layout has them."""
        left, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        docks = self.docks
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["risk"])
        self.splitDockWidget(docks["risk"], docks["positions"], left)
        self.splitDockWidget(docks["positions"], docks["ticket"], left)
        self.splitDockWidget(docks["positions"], docks["chart"], down)
        self.splitDockWidget(docks["chart"], docks["watch"], down)
        self.splitDockWidget(docks["chart"], docks["depth"], left)
        self.splitDockWidget(docks["ticket"], docks["orders"], down)

    def size_trade(self) -> None:
        """Give the docks the Trade layout's sizes for this window."""
        compact = self._theme.compact
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        docks, height = self.docks, self.height()
        side, ticket = (296, 296) if compact else (384, 368)
        middle = max(360, self.width() - side - ticket - 2 * GAP)
        depth = 236 if compact else 292
        self.resizeDocks(
            [docks["risk"], docks["positions"], docks["ticket"]], [side, middle, ticket], across
        )
        self.resizeDocks([docks["chart"], docks["depth"]], [middle - depth - GAP, depth], across)
        held, watched = self._rows
        row = 20 if compact else 24
        positions = 28 + row + 40 * min(max(held, 2), 5) + 4
        watch = min(193 if compact else 365, 28 + row * (watched + 1) + 8)
        self.resizeDocks(
            [docks["positions"], docks["chart"], docks["watch"]],
            [positions, max(180, height - positions - watch - 4 * GAP), watch],
            down,
        )
        orders = 188 if compact else 396
        self.resizeDocks(
            [docks["ticket"], docks["orders"]], [height - orders - 3 * GAP, orders], down
        )
        self._note_sizes()

    def _note_sizes(self) -> None:
        """Remember what was given; the layout takes it only when it is activated."""
        if (layout := self.layout()) is not None:
            layout.activate()
        self._given = self._sizes()

    def _sizes(self) -> dict[str, QSize]:
        return {key: dock.size() for key, dock in self.docks.items()}

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the layout's own sizes until the trader has moved a border."""
        super().resizeEvent(event)
        if not self._touched:
            self.size_trade()

    def event(self, event: QEvent) -> bool:
        """A button let go on the window itself has moved a border: nothing else is in reach."""
        done = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease and self._sizes() != self._given:
            self._touched = True
        return done

    def _touch(self) -> None:
        self._touched = True

    def fit_rows(self, held: int, watched: int) -> None:
        """Size the tables for what they hold; the chart has the rest."""
        if (held, watched) != self._rows:
            self._rows = (held, watched)
            if not self._touched:
                self.size_trade()

    def grow_ticket(self, height: int) -> None:
        """Give the ticket the height its reasons need, at the orders' cost, or take it back."""
        compact = self._theme.compact
        column = self.height() - 3 * GAP
        usual, least = (column - (188 if compact else 396)), (90 if compact else 120)
        wanted = max(usual, min(height + 28, column - least))
        docks = [self.docks["ticket"], self.docks["orders"]]
        self.resizeDocks(docks, [wanted, column - wanted], Qt.Orientation.Vertical)
        if not self._touched:
            self._note_sizes()
