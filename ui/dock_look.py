"""How docks look together: four pixels between, nothing drawn in them, tabs as flat words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QTabBar, QWidget

from ui.layouts import GAP
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.translation import tr


class DockStyle(QProxyStyle):
    """Fusion with a four pixel gap between docks, and nothing drawn in it."""

    def __init__(self) -> None:
        super().__init__("fusion")

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


class TabLook(QObject):
    """Gives a tab bar that Qt makes for docks in one place our look."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def dress(self, bar: QTabBar) -> None:
        """Take over a bar's painting."""
        bar.setDrawBase(False)
        bar.setExpanding(False)
        bar.setFont(self._theme.face(12).font)
        bar.setAccessibleName(tr("Docks in this place"))
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paint a tab bar as flat words, the one in front underlined."""
        if isinstance(watched, QTabBar) and event.type() == QEvent.Type.Paint:
            self._paint(watched)
            return True
        return super().eventFilter(watched, event)

    def _paint(self, bar: QTabBar) -> None:
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
