"""The desk's menu: settings, layouts, panels, a picture, the tour, the keys, about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from ui.about import AboutDialog
from ui.keys import chord
from ui.picture import save_picture
from ui.tour import Tour
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.window import DeskWindow


class DeskMenu(QObject):
    """Opened from the footer or by its key."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        self.tour = Tour(window)
        self.menu: QMenu | None = None
        window.footer.menu.clicked.connect(self.open)

    def open(self) -> None:
        """Show the menu over its button."""
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = menu = self._made()
        button = self._window.footer.menu
        corner = button.mapToGlobal(QPoint(button.width(), 0))
        size = menu.sizeHint()
        menu.popup(corner - QPoint(size.width(), size.height()))
        menu.setActiveAction(menu.actions()[0])

    def _made(self) -> QMenu:
        window = self._window
        menu = QMenu(window)
        menu.setAccessibleName(tr("Desk menu"))
        self._add(menu, tr("Settings…"), window.settings.open, "settings")
        menu.addSeparator()
        window.workspace_desk.add_layouts(menu.addMenu(tr("Layouts")))
        window.workspace_desk.add_panels(menu)
        menu.addSeparator()
        self._add(menu, tr("Save picture of window"), self.save_picture, "picture")
        menu.addSeparator()
        self._add(menu, tr("Tour"), self.tour.begin)
        self._add(menu, tr("Keys"), window.help.show, "help")
        self._add(menu, tr("About the desk"), self.about)
        return menu

    def _add(self, menu: QMenu, text: str, do: Callable[[], object], key: str = "") -> None:
        """Add an entry; the key after it is told, the shortcut itself is the map's."""
        shown = f"{text}\t{chord(self._window.keys[key])}" if key else text
        menu.addAction(shown).triggered.connect(lambda _=False: do())

    def about(self) -> None:
        """Say what this desk is."""
        window = self._window
        dialog = AboutDialog(window.theme, window.hello, window.pump.frame, window)
        window.surfaces.present("about", dialog)

    def save_picture(self) -> None:
        """Write a picture of the window into the desk folder, and say where."""
        desk = self._window.settings
        if not desk.folder:
            self._window.say(tr("This desk has no folder: a picture has nowhere to go."))
            return
        try:
            path = save_picture(self._window, desk.folder, desk.preferences.zone)
        except OSError as error:
            why = error.strerror or str(error)
            said = tr("The picture cannot be written: {why}", why=why)
            self._window.say(said, Tone.DANGER, "triangle")
            return
        self._window.say(tr("Picture saved: {path}", path=path), icon="tick")
