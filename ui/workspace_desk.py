"""The workspace by hand: tabs in the footer, menus, keys; names are asked for in the strip."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QMenu, QWidget

from ui.dock import Dock
from ui.panels.strips import Answer
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.window import DeskWindow

QUESTION = "layout"
"""Of the strip."""


class WorkspaceDesk(QObject):
    """Connects layouts, docks and menus; shows what comes to the screen with the newest frame."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        self._area, self._workspace = window.area, window.workspace
        self.menu: QMenu | None = None
        tabs = window.footer.layouts
        tabs.chosen.connect(self.switch)
        tabs.menu_asked.connect(self.open_menu)
        self._workspace.listed.connect(self._list)
        self._workspace.failed.connect(window.say)
        window.placed.connect(self._workspace.note)
        window.resized.connect(self._workspace.refit)
        self._area.turned.connect(self._turn)
        for key, dock in self._area.docks.items():
            dock.bar.menu_asked.connect(partial(self._open_dock_menu, key))
            dock.visibilityChanged.connect(self._turn_one)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.screenRemoved.connect(self._bring_back)
        self._list()
        if self._area.docks["watch"].isHidden():
            QTimer.singleShot(0, self, self.focus_first)  # once it is shown

    def _bring_back(self) -> None:
        """Qt tells it before the screen is out of its list."""
        QTimer.singleShot(0, self, self._workspace.bring_back)

    def _list(self) -> None:
        workspace = self._workspace
        names = [(key, workspace.name_of(key)) for key in workspace.layouts]
        self._window.footer.layouts.show_layouts(names, workspace.current)

    def _turn_one(self, shown: bool) -> None:
        """A dock came to the front, or its window back."""
        if shown and not self._area.is_busy:
            self._turn()

    def _turn(self) -> None:
        """What comes to the screen shows what is true now, before it is painted."""
        display, frame = self._window.display, self._window.pump.frame
        display.pacing.hurry()
        if frame is not None:
            display.show_frame(frame)

    # ---- layouts ----------------------------------------------------------------------------

    def switch(self, layout_id: str) -> None:
        """Show a layout; the focus stays where it is, or goes to the first table."""
        self._keeping_focus(partial(self._workspace.switch, layout_id))

    def step(self, direction: int) -> None:
        """Show the next or previous layout."""
        self._keeping_focus(partial(self._workspace.step, direction))

    def reset(self) -> None:
        """Put the layout back."""
        self._keeping_focus(self._workspace.reset)
        name = self._workspace.name_of(self._workspace.current)
        self._window.say(tr("Layout {name} is as it was made.", name=name))

    def _keeping_focus(self, act: Callable[[], None]) -> None:
        """Qt gives a lost focus to the next control, which may be a lock: Space would arm."""
        before = QApplication.focusWidget()
        act()
        if QApplication.activeWindow() is None:
            self._window.activateWindow()  # it was a dock that floated
        if before is not None and before.isVisible():
            before.setFocus()
        else:
            self.focus_dock(next(iter(self._in_front()), None))

    def ask_name(self, wrong: str = "", name: str = "") -> None:
        """Ask under which name the arrangement shall be kept."""
        self._ask_name(tr("Save this arrangement as"), self._workspace.save_as, wrong, name)

    def ask_rename(self, wrong: str = "", name: str = "") -> None:
        """Ask for another name."""
        workspace = self._workspace
        present = name or workspace.name_of(workspace.current)
        self._ask_name(tr("Rename this layout to"), workspace.rename, wrong, present)

    def _ask_name(self, question: str, give: Callable[[str], str], wrong: str, name: str) -> None:
        def answered(answer: str, fields: dict[str, str]) -> None:
            if answer == "save" and (why := give(fields["name"])):
                self._ask_name(question, give, why, fields["name"])

        answers = [Answer("save", tr("Save"), "accent"), Answer("leave", tr("Leave it"))]
        fields = {"name": (tr("Name"), name, 1)}
        self._ask(f"{wrong} {question}".strip(), answers, answered, fields)

    def ask_delete(self) -> None:
        """Ask before an own layout goes."""
        name = self._workspace.name_of(self._workspace.current)

        def answered(answer: str, _: dict[str, str]) -> None:
            if answer == "delete":
                self._keeping_focus(self._workspace.delete)

        answers = [Answer("delete", tr("Delete"), "danger"), Answer("leave", tr("Leave it"))]
        self._ask(tr("Delete layout {name}?", name=name), answers, answered, {})

    def _ask(
        self,
        question: str,
        answers: list[Answer],
        answered: Callable[[str, dict[str, str]], None],
        fields: dict[str, tuple[str, str, int]],
    ) -> None:
        strip = self._window.strip
        if strip.asking and strip.asking not in {QUESTION, "deposit"}:
            self._window.say(tr("Answer the question above first."))
            return
        strip.ask(QUESTION, question, answers, answered, fields=fields)

    # ---- menus ------------------------------------------------------------------------------

    def open_menu(self, at: QPoint) -> None:
        """What can be done with layouts and panels."""
        menu = self._new_menu()
        self.add_layouts(menu)
        menu.addSeparator()
        self.add_panels(menu)
        menu.popup(at)

    def add_layouts(self, menu: QMenu) -> None:
        """Every layout, and what can be done with the one that is shown."""
        workspace = self._workspace
        for key in workspace.layouts:
            name, shown = workspace.name_of(key), key == workspace.current
            _offer(menu, name, partial(self.switch, key), checked=shown)
        menu.addSeparator()
        _offer(menu, tr("Save as…"), self.ask_name)
        if workspace.layouts[workspace.current].is_own:
            _offer(menu, tr("Save"), workspace.save)
            _offer(menu, tr("Rename…"), self.ask_rename)
            _offer(menu, tr("Delete…"), self.ask_delete)
        _offer(menu, tr("Put back as it was made"), self.reset)

    def _open_dock_menu(self, key: str, at: QPoint) -> None:
        """What can be done with one dock."""
        area, menu = self._area, self._new_menu()
        dock = area.docks[key]
        words = tr("Put back into the window") if dock.isFloating() else tr("Float")
        _offer(menu, words, partial(_toggle_floating, dock))
        behind = menu.addMenu(tr("Move to a tab behind"))
        for other in area.docked():
            if other != key:
                title = area.docks[other].windowTitle()
                put = partial(area.tab_behind, key, other)
                _offer(behind, title, partial(self._keeping_focus, put))
        _offer(menu, tr("Close"), partial(self._show_or_close, key, shown=False))
        menu.addSeparator()
        self.add_panels(menu)
        menu.popup(at)

    def add_panels(self, menu: QMenu) -> None:
        """Every panel, ticked where it is shown."""
        panels = menu.addMenu(tr("Panels"))
        for key, dock in self._area.docks.items():
            hidden = dock.isHidden()
            turn = partial(self._show_or_close, key, shown=hidden)
            _offer(panels, dock.windowTitle(), turn, checked=not hidden)

    def _show_or_close(self, key: str, *, shown: bool) -> None:
        dock = self._area.docks[key]
        if shown:
            self._area.show_dock(key)
            dock.raise_()
            self.focus_dock(dock)
        else:
            self._keeping_focus(partial(self._close, dock))

    def _close(self, dock: Dock) -> None:
        dock.close()

    def _new_menu(self) -> QMenu:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = QMenu(self._window)
        return self.menu

    # ---- docks by key -----------------------------------------------------------------------

    def step_dock(self, direction: int) -> None:
        """Give the focus to the next dock on the screen, in the order one reads them."""
        docks = self._in_front()
        present = self.current_dock()
        if docks:
            place = docks.index(present) if present in docks else -direction
            self.focus_dock(docks[(place + direction) % len(docks)])

    def float_dock(self) -> None:
        """Make the dock with the focus a window of its own, or put it back."""
        dock = self.current_dock()
        if dock is None:
            self._window.say(tr("No panel has the focus."))
            return
        focus = QApplication.focusWidget()
        _toggle_floating(dock)
        dock.activateWindow()
        if focus is not None:
            focus.setFocus()

    def current_dock(self) -> Dock | None:
        """Return the dock that has the focus."""
        focus = QApplication.focusWidget()
        docks = self._area.docks.values()
        return next((d for d in docks if focus is not None and d.isAncestorOf(focus)), None)

    def _in_front(self) -> list[Dock]:
        docks = [d for key, d in self._area.docks.items() if self._area.is_in_front(key)]
        return sorted(docks, key=lambda d: (d.isFloating(), d.x(), d.y()))

    def focus_first(self) -> None:
        """Qt gives the first focus to the first control, a lock, and Space would arm."""
        tables = (t for d in self._in_front() for t in d.findChildren(QAbstractItemView))
        table = next((table for table in tables if _takes_focus(table)), None)
        (table or self._window.footer.command).setFocus()

    def focus_dock(self, dock: Dock | None) -> None:
        """Give the focus to a table or field of a dock, else to what there is."""
        inside = None if dock is None else dock.widget()
        if dock is None or inside is None:
            return
        able = [w for w in inside.findChildren(QWidget) if _takes_focus(w)]
        tables = [w for w in able if isinstance(w, QAbstractItemView | QLineEdit)]
        dock.activateWindow()
        for widget in (*tables, *able)[:1]:
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _offer(
    menu: QMenu, text: str, act: Callable[[], object], *, checked: bool | None = None
) -> QAction:
    """Add an entry; with a mark before it where it says whether something is so."""
    action = menu.addAction(text)
    if checked is not None:
        action.setCheckable(True)
        action.setChecked(checked)
    action.triggered.connect(lambda _=False: act())
    return action


def _takes_focus(widget: QWidget) -> bool:
    tab = Qt.FocusPolicy.TabFocus
    return bool(widget.focusPolicy() & tab) and widget.isVisible() and widget.isEnabled()


def _toggle_floating(dock: Dock) -> None:
    dock.setFloating(not dock.isFloating())


def workspace_keys(window: DeskWindow) -> dict[str, Callable[[], None]]:
    """What the keys of layouts and docks do."""
    desk = window.workspace_desk
    return {
        "layout_trade": partial(desk.switch, "trade"),
        "layout_risk": partial(desk.switch, "risk"),
        "layout_monitor": partial(desk.switch, "monitor"),
        "layout_next": partial(desk.step, 1),
        "layout_reset": desk.reset,
        "panels": window.footer.layouts.ask_menu,
        "next_dock": partial(desk.step_dock, 1),
        "previous_dock": partial(desk.step_dock, -1),
        "float_dock": desk.float_dock,
    }


SEEN = {
    "ticket": ("buy", "sell", "limit", "market", "submit", "setting"),
    "positions": ("close_25", "close_50", "close_75", "close_100", "reverse", "set_stop"),
    "orders": ("amend",),
}
"""Keys that act on what a panel shows: they do nothing while it is not on the screen."""


def only_seen(window: DeskWindow, actions: dict[str, Callable[[], None]]) -> None:
    """Let no key send what nobody sees: its panel may not be in this layout."""
    for dock, names in SEEN.items():
        for name in names:
            actions[name] = while_seen(window, dock, actions[name])


def _is_seen(window: DeskWindow, dock: str) -> bool:
    """A list of orders that is behind another page of its dock is not."""
    is_page = dock != "orders" or window.orders.orders.isVisible()
    return is_page and window.area.is_in_front(dock)


def while_seen(window: DeskWindow, dock: str, act: Callable[[], None]) -> Callable[[], None]:
    """What a key does while its dock is on the screen; else it says why it does nothing."""

    def guarded() -> None:
        if _is_seen(window, dock):
            act()
        else:
            title = window.area.docks[dock].windowTitle()
            window.say(tr("{panel} is not on the screen: nothing was done.", panel=title))

    return guarded
