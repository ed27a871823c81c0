"""The docks' places: an arrangement put up, sized for the window, and left to the trader's hand."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import msgspec
from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QTabBar, QWidget

from ui.dock import TITLE, Dock
from ui.dock_hold import let_go
from ui.dock_look import DockStyle, TabLook
from ui.layouts import (
    GAP,
    TALL,
    Box,
    Node,
    Stack,
    Wishes,
    extent_of,
    handle_of,
    keys_of,
    places,
    stacks_of,
    without,
)
from ui.paint import painting
from ui.theme import Theme

STATE_VERSION = 2
"""Of what Qt writes of the docks; another one is not taken. 1 could hold windows with tabs."""
_GONE = "gone"
"""Name of a tab bar that no place has any more."""

_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class DockArea(QMainWindow):
    """The middle of the window, where the docks live."""

    changed = Signal()
    """The trader has moved, closed or brought forward something."""
    turned = Signal()
    """Another set of docks is on the screen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._style = DockStyle()
        self.setStyle(self._style)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        # Not GroupedDragging: docks dropped on one that floats become a window of Qt's own with
        # tabs, and Qt ends the process when the layout changes while there is one.
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setContentsMargins(0, GAP, 0, GAP)
        self._tabs = TabLook(theme, self)
        self.docks: dict[str, Dock] = {}
        self.touched = False
        """The trader has moved a border or a dock: the places are his from then on."""
        self._tree: Node | None = None
        self._host = ""
        self._wishes = Wishes()
        self._given: dict[str, QSize] = {}
        self._busy = 0
        self._empty = self.saveState(STATE_VERSION)

    def add(self, key: str, title: str, panel: QWidget | None) -> Dock:
        """Make a dock, shown nowhere until an arrangement has a place for it."""
        dock = self.docks[key] = Dock(self._theme, key, title, panel)
        dock.setParent(self)
        dock.hide()
        dock.topLevelChanged.connect(partial(self._float, dock))
        dock.dockLocationChanged.connect(self._touch)
        dock.closed.connect(self._touch)
        dock.moved.connect(self._tell)
        return dock

    @property
    def compact(self) -> bool:
        """Whether the window is a small one."""
        return self._theme.compact

    @property
    def is_busy(self) -> bool:
        """Whether docks are being put in their places."""
        return self._busy > 0

    # ---- arrangements -----------------------------------------------------------------------

    def arrange(self, tree: Node, host: str, guests: Collection[str] = ()) -> None:
        """Put the docks where an arrangement has them, those it has no place for behind `host`."""
        with self.by_ourselves():
            self._tree, self._host = without(tree, self.docks), host
            self.touched = False
            self._clear()
            if self._tree is not None:
                self._put(self._tree)
            for key in guests:
                self.show_dock(key)
            self._bring_fronts()
            self._show_tab_bars()
            self.resize_docks()
        self.turned.emit()

    def _clear(self) -> None:
        """Take every dock out, and the empty places that Qt would keep for them."""
        for dock in self.docks.values():
            if dock.isFloating():
                dock.setFloating(False)
            self.removeDockWidget(dock)
        self.restoreState(self._empty, STATE_VERSION)
        for bar in self.findChildren(QTabBar):
            bar.setObjectName(_GONE)  # Qt deletes it, but later
            bar.hide()

    def _put(self, node: Node) -> None:
        first = self.docks[next(keys_of(node))]
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first)
        first.show()
        self._split(node)

    def _split(self, node: Node) -> None:
        """Part a place that the first dock of a node has for itself."""
        if isinstance(node, Stack):
            for before, key in pairwise(node.keys):
                self.tabifyDockWidget(self.docks[before], self.docks[key])
                self.docks[key].show()
            return
        firsts = [next(keys_of(part)) for _, part in node.parts]
        for before, key in pairwise(firsts):
            way = _ACROSS if node.across else _DOWN
            self.splitDockWidget(self.docks[before], self.docks[key], way)
            self.docks[key].show()
        for _, part in node.parts:
            self._split(part)

    def _put_up_anew(self) -> None:
        """Put everything up as it is: where a stack has lost docks to another, Qt keeps a tab bar
        for what is left and gives the same one away, and ends the process when a tab is moved.
        """
        state = self.saveState(STATE_VERSION)
        self._clear()
        self.restoreState(state, STATE_VERSION)

    def _show_tab_bars(self) -> None:
        """Qt does not show the bar of docks that were put together in a window on the screen."""
        for bar in self.findChildren(QTabBar):
            if bar.count() > 1 and bar.objectName() != _GONE:
                bar.show()

    def _bring_fronts(self) -> None:
        for stack in () if self._tree is None else stacks_of(self._tree):
            self.docks[stack.keys[0]].raise_()

    def restore(self, state: bytes, tree: Node, host: str) -> bool:
        """Put the docks back as they were."""
        with self.by_ourselves():
            self.touched = True
            self._clear()
            done = self.restoreState(QByteArray(state), STATE_VERSION)
            if done:
                self._tree, self._host = without(tree, self.docks), host
        if done:
            self.turned.emit()
        return done

    def mirror(self, other: DockArea) -> None:
        """Put the docks where those of another area are, in as much room as there is here."""
        with self.by_ourselves():
            self._clear()
            self.restoreState(QByteArray(other.state()), STATE_VERSION)
            self._tree, self._host, self._wishes = other._tree, other._host, other._wishes
            self.touched = other.touched
            self._show_tab_bars()
        self.resize_docks()
        self.turned.emit()

    def state(self) -> bytes:
        """Return what `restore` takes."""
        return bytes(self.saveState(STATE_VERSION).data())

    def go_on_sizing(self) -> None:
        """What was restored is an arrangement nobody has moved: it is sized for this window."""
        self.touched = False
        self.resize_docks()

    @contextmanager
    def by_ourselves(self) -> Generator[None]:
        """What changes meanwhile is not the trader's doing; nothing is painted half done.

        At the end everything is painted anew.
        """
        updates = self.updatesEnabled()
        self.setUpdatesEnabled(False)
        try:
            with self._unnoticed():
                let_go(self, self.docks.values())
                yield
        finally:
            self.setUpdatesEnabled(updates)
            for dock in self.docks.values():
                if updates and dock.isFloating():
                    # It lost its updates as a child and is none any more: it would stand still.
                    dock.setUpdatesEnabled(True)

    @contextmanager
    def _unnoticed(self) -> Generator[None]:
        """What changes meanwhile is not the trader's doing."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    # ---- one dock ---------------------------------------------------------------------------

    def shown(self) -> list[str]:
        """Return the docks of the arrangement as it is, those behind a tab too."""
        return [key for key, dock in self.docks.items() if not dock.isHidden()]

    def placed(self) -> list[str]:
        """Return the docks that have a place, closed ones too."""
        nowhere = Qt.DockWidgetArea.NoDockWidgetArea
        return [k for k, d in self.docks.items() if self.dockWidgetArea(d) != nowhere]

    def docked(self) -> list[str]:
        """Return the docks that are in the window."""
        return [key for key, dock in self.docks.items() if _is_docked(dock)]

    def guests(self) -> list[str]:
        """Return the docks that are shown though the arrangement has no place for them."""
        placed = frozenset(() if self._tree is None else keys_of(self._tree))
        return [key for key in self.shown() if key not in placed]

    def show_dock(self, key: str) -> None:
        """Show a dock: in its old place, or behind the arrangement's host."""
        dock = self.docks[key]
        if not dock.isHidden():
            return
        with self.by_ourselves():
            if key not in self.placed():
                host = self.docks.get(self._host)
                if host is None or host.isHidden() or host.isFloating():
                    host = next((d for d in self.docks.values() if _is_docked(d)), None)
                if host is None:
                    self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
                else:
                    self.tabifyDockWidget(host, dock)
            dock.show()
            self._show_tab_bars()
        self.turned.emit()
        self._tell()

    def tab_behind(self, key: str, host: str) -> None:
        """Move a dock behind another's tab."""
        dock = self.docks[key]
        with self.by_ourselves():
            dock.setFloating(False)
            self.tabifyDockWidget(self.docks[host], dock)
            dock.show()
            self._put_up_anew()
            dock.raise_()
        self.turned.emit()
        self._touch()

    def bring_up(self, widget: QWidget) -> None:
        """Show the dock that holds a widget, before those it shares its place with."""
        for key, dock in self.docks.items():
            if dock.isAncestorOf(widget):
                self.show_dock(key)
                dock.raise_()
                if dock.isFloating():
                    dock.activateWindow()

    def is_in_front(self, key: str) -> bool:
        """Behind another tab a dock stays visible to Qt, but nothing of it is on the screen."""
        dock = self.docks[key]
        return dock.isVisible() and not dock.bar.visibleRegion().isEmpty()

    # ---- sizes ------------------------------------------------------------------------------

    def resize_docks(self) -> None:
        """Give the docks the arrangement's sizes for this window."""
        if self._tree is None or self.touched:
            return
        box = Box(0, 0, self.width(), self.height() - 2 * GAP)
        wishes = msgspec.structs.replace(self._wishes, compact=self._theme.compact)
        with self._unnoticed():  # a ticket that grows for its reasons paints no chart anew
            self._resize(self._tree, places(self._tree, box, wishes))
            self._note_sizes()

    def _resize(self, node: Node, boxes: dict[str, Box]) -> None:
        if isinstance(node, Stack):
            return
        handles = [handle_of(part) for _, part in node.parts]
        extents = [extent_of(part, boxes, across=node.across) for _, part in node.parts]
        way = _ACROSS if node.across else _DOWN
        self.resizeDocks([self.docks[key] for key in handles], extents, way)
        for _, part in node.parts:
            self._resize(part, boxes)

    def _note_sizes(self) -> None:
        """Remember what was given; the layout takes it only when it is activated."""
        if (layout := self.layout()) is not None:
            layout.activate()
        self._given = self._sizes()

    def _sizes(self) -> dict[str, QSize]:
        return {key: dock.size() for key, dock in self.docks.items()}

    def fit(self, **wishes: int | bool) -> None:
        """Size the docks for what they hold: `held` positions, a `ticket` so high."""
        wanted = msgspec.structs.replace(self._wishes, **wishes)
        if wanted != self._wishes:
            self._wishes = wanted
            self.resize_docks()

    def fit_ticket(self, height: int) -> None:
        """Give the ticket the height its reasons need, at the orders' cost, or take it back."""
        self.fit(ticket=height + TITLE)

    def fit_front(self) -> None:
        """Give a tall dock its height while it is in front, and take it back."""
        guests = [key for key in self.guests() if not self.docks[key].isFloating()]
        tall = any(key in TALL and self.is_in_front(key) for key in guests)
        self.fit(tall=tall, tabbed=bool(guests))

    # ---- the trader's hand ------------------------------------------------------------------

    def _float(self, dock: Dock, floats: bool) -> None:
        """A dock that was put back is the one that is looked at."""
        if not self._busy and not floats:
            dock.raise_()
            self._show_tab_bars()
        self._touch()

    def _touch(self) -> None:
        if not self._busy:
            self.touched = True
            self.changed.emit()

    def _tell(self) -> None:
        if not self._busy:
            self.changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.painter.fillRect(event.rect(), self._theme.color("bg"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the layout's own sizes until the trader has moved a border."""
        super().resizeEvent(event)
        if not self._busy:  # while docks are put up they are not all in the layout yet
            self.resize_docks()

    def childEvent(self, event: QChildEvent) -> None:
        """Qt makes a tab bar for docks that share a place: it gets our look."""
        super().childEvent(event)
        bar = event.child()
        if event.polished() and isinstance(bar, QTabBar):
            self._tabs.dress(bar)
            bar.currentChanged.connect(self._tell)

    def event(self, event: QEvent) -> bool:
        """A button let go on the window itself has moved a border: nothing else is in reach."""
        done = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease and self._sizes() != self._given:
            self._touch()
        return done


def _is_docked(dock: Dock) -> bool:
    return not dock.isHidden() and not dock.isFloating()
