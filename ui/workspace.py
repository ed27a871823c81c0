"""The workspace: named layouts, where the window and its docks were, kept over restarts.

Three layouts ship; a trader's own are copies. Each is kept as it is left, so switching or a crash
loses nothing, and can be put back: a shipped one to what ships, an own one to what was saved under
its name. Everything goes by stable ids, in `window.ini`; what cannot be used is said and passed
over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from ui import window_place
from ui.docks import DockArea
from ui.late_write import LateWrite
from ui.layout_store import (
    MOST_LAYOUTS,
    Layout,
    Saved,
    read_layouts,
    written,
    wrong_name,
)
from ui.layouts import FIRST, SHIPPED
from ui.on_screen import bring_back
from ui.viewmodels.translation import tr
from ui.window_file import FILE, WindowFile, decoded, encoded

if TYPE_CHECKING:
    from ui.panes import Panes

NAMES = {"trade": tr("Trade"), "risk": tr("Risk"), "monitor": tr("Monitor")}
"""What the layouts that ship are called, by their ids."""
LAYOUTS, PANELS, SHOWN = "layouts", "panels", "workspace"
KEEP_MS = 1_000
"""After a change the file is written when nothing has changed for so long."""


class Keeps(Protocol):
    """A panel with settings of its own that a restart gives back."""

    def state(self) -> dict[str, str]: ...

    def restore(self, state: dict[str, str]) -> None: ...


class Workspace(QObject):
    """The layouts of one window and which of them is shown."""

    listed = Signal()
    """Names, or which of them is shown, have changed."""
    failed = Signal(str)
    """The file cannot be written: why."""

    def __init__(self, window: Panes, area: DockArea, file: WindowFile) -> None:
        super().__init__(window)
        self._window, self._area, self._file = window, area, file
        self.complaints: list[str] = []
        self.layouts = read_layouts(file.group(LAYOUTS), self.complaints)
        self.current = FIRST
        self._panels: dict[str, Keeps] = {}
        self.held = False
        """The window shows something else: how its docks stand now is nobody's wish."""
        self._failed = ""
        self._left = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEEP_MS)
        self._timer.timeout.connect(self._keep)
        self._late = LateWrite(file, self)
        self._late.done.connect(self._tell)
        area.changed.connect(self.note)

    # ---- showing ----------------------------------------------------------------------------

    def begin(self, wanted: str | None) -> str:
        """Show the layout that is wanted, else the last one; return what was wrong with that."""
        self._window.take_size()
        last = self._file.group(SHOWN).get("layout", FIRST)
        found = self.find(wanted or "") or (last if last in self.layouts else FIRST)
        self._show(found)
        if wanted and not self.find(wanted):
            name = self.name_of(found)
            return tr("There is no layout {wanted}: this is {name}.", wanted=wanted, name=name)
        return ""

    def find(self, name: str) -> str:
        """Return the id of a layout by its id or name in any letters; "" if there is none."""
        for layout in self.layouts.values():
            if name.casefold() in {
                layout.id, layout.name.casefold(), self.name_of(layout.id).casefold(),
            }:  # fmt: skip
                return layout.id
        return ""

    def name_of(self, layout_id: str) -> str:
        """Return a layout's name in the trader's language."""
        layout = self.layouts[layout_id]
        return layout.name if layout.is_own else NAMES.get(layout.id, layout.name)

    def switch(self, layout_id: str) -> None:
        """Show another layout; how this one is left is remembered."""
        if layout_id != self.current:
            self.remember()
            self._show(layout_id)
            self.note()

    def step(self, direction: int) -> None:
        """Show the next or previous layout."""
        ids = list(self.layouts)
        self.switch(ids[(ids.index(self.current) + direction) % len(ids)])

    def _show(self, layout_id: str) -> None:
        layout = self.layouts[layout_id]
        self.current = layout_id
        if not self._put_back(layout, layout.now):
            self._arrange(layout, layout.now)
        self.bring_back()
        self.listed.emit()

    def _put_back(self, layout: Layout, saved: Saved | None) -> bool:
        """Restore what Qt wrote; False where there is nothing, or nothing that can be used."""
        area, compact = self._area, self._area.compact
        if saved is None or (not saved.touched and compact != saved.compact):
            return False
        state = decoded(saved.state)
        tree = layout.shipped.tree(compact)
        if state is None or not area.restore(state, tree, layout.shipped.host):
            said = tr(
                "{file}: layout {name} is damaged or of another version, and stands as shipped",
                file=FILE,
                name=self.name_of(layout.id),
            )
            self.complaints.append(said)
            return False
        if not saved.touched:
            area.go_on_sizing()
        return True

    def _arrange(self, layout: Layout, saved: Saved | None) -> None:
        shipped, docks = layout.shipped, self._area.docks
        guests = [key for key in (() if saved is None else saved.guests) if key in docks]
        self._area.arrange(shipped.tree(self._area.compact), shipped.host, guests)

    def refit(self) -> None:
        """The window has become small, or large: an arrangement nobody has moved follows."""
        if not self._area.touched:
            layout = self.layouts[self.current]
            self._arrange(layout, self._saved())

    def bring_back(self) -> None:
        """Floating docks that lie on a screen that is gone come back."""
        for dock in self._area.docks.values():
            if dock.isFloating() and not dock.isHidden():
                bring_back(dock)

    # ---- the trader's own -------------------------------------------------------------------

    def reset(self) -> None:
        """Put the layout back to what ships, or to what was saved under its name."""
        layout = self.layouts[self.current]
        self.layouts[layout.id] = msgspec.structs.replace(layout, now=layout.kept)
        self._show(layout.id)
        self.note()

    def save_as(self, name: str) -> str:
        """Make an own layout of what is shown, and go on in that; return what is wrong with it."""
        name = " ".join(name.split())
        if wrong := self._wrong_name(name):
            return wrong
        if len(self.layouts) >= MOST_LAYOUTS:
            return tr("There are {most} layouts: delete one first.", most=MOST_LAYOUTS)
        taken = {int(key.removeprefix("own-")) for key in self.layouts if key not in SHIPPED}
        number = next(n for n in range(1, MOST_LAYOUTS + 1) if n not in taken)
        saved, of = self._saved(), self.layouts[self.current].of
        made = Layout(f"own-{number}", name, of, now=saved, kept=saved)
        self.remember()
        self.layouts[made.id] = made
        self.current = made.id
        self.listed.emit()
        self.note()
        return ""

    def rename(self, name: str) -> str:
        """Give the own layout that is shown another name; return what is wrong with it."""
        layout = self.layouts[self.current]
        name = " ".join(name.split())
        if not layout.is_own:
            return tr("{name} ships with the desk: save it under a name first.", name=layout.name)
        if wrong := self._wrong_name(name, besides=layout.id):
            return wrong
        self.layouts[layout.id] = msgspec.structs.replace(layout, name=name)
        self.listed.emit()
        self.note()
        return ""

    def save(self) -> None:
        """What is shown is what putting back gives from now on; a shipped one has its own."""
        self.remember()
        layout = self.layouts[self.current]
        if layout.is_own:
            self.layouts[layout.id] = msgspec.structs.replace(layout, kept=layout.now)
            self.note()

    def delete(self) -> None:
        """Delete the own layout that is shown; the one it was made from is shown."""
        layout = self.layouts[self.current]
        if layout.is_own:
            self._show(layout.of)
            del self.layouts[layout.id]
            self.listed.emit()
            self.note()

    def _wrong_name(self, name: str, besides: str = "") -> str:
        if self.find(name) not in {"", besides}:
            return tr("There is a layout {name} already.", name=name)
        return wrong_name(name)

    # ---- keeping ----------------------------------------------------------------------------

    def note(self) -> None:
        """Something that is kept has changed: it is written when all is quiet."""
        if not self._left:
            self._timer.start()

    def keep_panel(self, key: str, panel: Keeps) -> bool:
        """Give a panel back what was kept of it, and keep it from now on; return if there was."""
        self._panels[key] = panel
        written = self._file.group(PANELS).get(key, "{}")
        try:
            state = msgspec.json.decode(written, type=dict[str, str])
        except (msgspec.DecodeError, msgspec.ValidationError):
            self.failed.emit(tr("{file}: panel {name} is damaged", file=FILE, name=key))
            return False
        panel.restore(state)
        return bool(state)

    def remember(self) -> None:
        """Note how the layout is left."""
        if self.held:
            return
        layout = self.layouts[self.current]
        self.layouts[layout.id] = msgspec.structs.replace(layout, now=self._saved())

    def _saved(self) -> Saved:
        area = self._area
        return Saved(
            state=encoded(area.state()),
            guests=tuple(area.guests()),
            touched=area.touched,
            compact=self._area.compact,
        )

    @property
    def is_writing(self) -> bool:
        """Whether the file is being written."""
        return self._late.is_on

    def _keep(self) -> None:
        """Write everything to the file, while the window goes on."""
        self._put()
        self._late.begin()

    def _put(self) -> None:
        self.remember()
        self._file.put(LAYOUTS, written(self.layouts))
        states = {k: msgspec.json.encode(p.state()).decode() for k, p in self._panels.items()}
        self._file.put(PANELS, self._file.group(PANELS) | states)
        self._file.put(SHOWN, {"layout": self.current})
        window_place.note(self._window.window(), self._file)

    def _tell(self, why: str) -> None:
        if why and why != self._failed:
            self.failed.emit(why)
        self._failed = why

    def leave(self) -> None:
        """Keep everything; what the docks do from now on, as they go, is nobody's wish."""
        if self._left:
            return
        self._left = True
        self._timer.stop()
        self._put()
        self._late.finish()
        self._tell(self._file.write())
