"""The docks' places: four pixels between, tabs where they share one, the Trade layout."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QChildEvent, QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QProxyStyle,
    QStyle,
    QStyleOption,
    QTabBar,
    QWidget,
)

from ui.dock import Dock
from ui.paint import Align, painting
from ui.theme import Theme

GAP = 4
TABS = ("feeds", "financing", "close_out", "rules")
"""Docks that share the market watch's place, behind it."""
TALL = ("financing", "close_out", "rules")
"""Of these, those that need more height than the market watch while they are in front."""
TAB_BAR = 27
"""Height of the tabs under docks that share one place."""


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
        self._front = ""
        """Which of `TALL` is in front."""
        self._ticket_height = 0
        """What the ticket has asked for."""
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
        self.splitDockWidget(docks["chart"], docks["ladder"], left)
        self.splitDockWidget(docks["chart"], docks["watch"], down)
        for before, key in pairwise(("watch", *TABS)):
            self.tabifyDockWidget(docks[before], docks[key])
        self.splitDockWidget(docks["ticket"], docks["orders"], down)
        docks["watch"].raise_()

    def bring_up(self, widget: QWidget) -> None:
        """Bring the dock that holds a widget before those it shares its place with."""
        for dock in self.docks.values():
            if dock.isAncestorOf(widget):
                dock.raise_()

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
        self.resizeDocks([docks["chart"], docks["ladder"]], [middle - depth - GAP, depth], across)
        held, watched = self._rows
        row = 20 if compact else 24
        positions = 28 + row + 40 * min(max(held, 2), 5) + 4
        watch = min(193 if compact else 365, 28 + row * (watched + 1) + 8) + TAB_BAR
        if self._front:
            watch = max(watch, 300 if compact else 470)
        self.resizeDocks(
            [docks["positions"], docks["chart"], docks["watch"]],
            [positions, max(180, height - positions - watch - 4 * GAP), watch],
            down,
        )
        self.grow_ticket(self._ticket_height)
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

    def childEvent(self, event: QChildEvent) -> None:
        """Qt makes a tab bar for docks that share a place: it gets our look."""
        super().childEvent(event)
        bar = event.child()
        if event.polished() and isinstance(bar, QTabBar):
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setFont(self._theme.face(12).font)
            bar.setAccessibleName("Docks in this place")
            bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paint a tab bar as flat words, the one in front underlined."""
        if isinstance(watched, QTabBar) and event.type() == QEvent.Type.Paint:
            self._paint_tabs(watched)
            return True
        return super().eventFilter(watched, event)

    def _paint_tabs(self, bar: QTabBar) -> None:
        with painting(bar, self._theme) as ink:
            ink.fill("raised", QRectF(bar.rect()))
            for number in range(bar.count()):
                front = number == bar.currentIndex()
                box = QRectF(bar.tabRect(number))
                face = self._theme.face(12, 600 if front else 400)
                ink.text("text" if front else "text2", face, bar.tabText(number), box, Align.CENTER)
                if front:
                    ink.fill("accent", QRectF(box.left() + 4, 0, box.width() - 8, 2))
                    if bar.hasFocus():
                        ink.frame("accent", None, box.adjusted(1, 3, -1, -3))

    def event(self, event: QEvent) -> bool:
        """A button let go on the window itself has moved a border: nothing else is in reach."""
        done = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease and self._sizes() != self._given:
            self._touched = True
        return done

    def fit_front(self) -> None:
        """Give a tall dock its height while it is in front, and take it back."""
        front = next((key for key in TALL if self._is_in_front(key)), "")
        if front != self._front:
            self._front = front
            if not self._touched:
                self.size_trade()

    def _is_in_front(self, key: str) -> bool:
        """Behind another tab a dock stays visible to Qt, but nothing of it is on the screen."""
        dock = self.docks[key]
        return not dock.isFloating() and not dock.bar.visibleRegion().isEmpty()

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
        self._ticket_height = height
        compact = self._theme.compact
        column = self.height() - 3 * GAP
        usual, least = (column - (188 if compact else 396)), (90 if compact else 120)
        wanted = max(usual, min(height + 28, column - least))
        docks = [self.docks["ticket"], self.docks["orders"]]
        self.resizeDocks(docks, [wanted, column - wanted], Qt.Orientation.Vertical)
        if not self._touched:
            self._note_sizes()
