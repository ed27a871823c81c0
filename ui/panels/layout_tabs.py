"""The layouts as tabs at the footer's left, and the button of the menu with all about them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Signal
from PySide6.QtGui import QContextMenuEvent, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from ui.paint import painting
from ui.plain import as_text
from ui.tabs import Tab
from ui.theme import Theme
from ui.viewmodels.translation import tr

MOST, MOST_COMPACT = 6, 4
"""Tabs that find room; every layout is in the menu."""


class LayoutTab(Tab):
    """The name of a layout."""

    around = (24, 20)
    line_above = True

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setAccessibleName(tr("Layout {name}", name=text))


class MenuButton(QPushButton):
    """Three dots: layouts and panels."""

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(24, 22)
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setAccessibleName(tr("Layouts and panels"))
        self.setToolTip(as_text(tr("Layouts and panels ({key})", key=key)))

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            token = "text" if self.underMouse() else "text2"
            for offset in (-5, 0, 5):
                dot = QRectF(box.center().x() + offset - 1, box.center().y() - 1, 2, 2)
                ink.fill(token, dot)
            if self.hasFocus():
                ink.frame("accent", None, box)


class LayoutTabs(QWidget):
    """Exclusive tabs in a row, and the menu's button."""

    chosen = Signal(str)
    """The layout's id."""
    menu_asked = Signal(QPoint)

    def __init__(self, theme: Theme, menu_key: str) -> None:
        super().__init__()
        self._theme = theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._group = QButtonGroup(self)
        self.tabs: dict[str, LayoutTab] = {}
        self.menu = MenuButton(theme, menu_key)
        self.menu.clicked.connect(self.ask_menu)
        self._row.addWidget(self.menu)
        self.setAccessibleName(tr("Layouts"))

    def show_layouts(self, layouts: Sequence[tuple[str, str]], current: str) -> None:
        """Show ids and names; the current one always has a tab."""
        most = MOST_COMPACT if self._theme.compact else MOST
        shown = list(layouts[:most])
        if current not in {key for key, _ in shown}:
            shown[-1:] = [one for one in layouts if one[0] == current]
        if [(key, tab.text()) for key, tab in self.tabs.items()] != shown:
            self._build(shown)
        self.tabs[current].setChecked(True)

    def _build(self, shown: Sequence[tuple[str, str]]) -> None:
        for tab in self.tabs.values():
            self._group.removeButton(tab)
            self._row.removeWidget(tab)
            tab.deleteLater()
        self.tabs = {}
        for number, (key, name) in enumerate(shown):
            tab = self.tabs[key] = LayoutTab(self._theme, name)
            tab.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(tab)
            self._row.insertWidget(number, tab)

    def ask_menu(self) -> None:
        """Open the menu above its button."""
        self.menu_asked.emit(self.menu.mapToGlobal(QPoint(0, 0)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()
