"""What is set: kept in the desk folder, in force at once, or from the window's next opening on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from desk.engine.snapshot import Hello
from ui import keys, policy, preferences
from ui.own_files import OwnFiles
from ui.own_policy import keep_policy, stricter
from ui.palette import SCHEMES
from ui.preferences import Preferences
from ui.reopening import Reopening
from ui.settings_files import change_line, with_line
from ui.theme import set_look
from ui.viewmodels import settings
from ui.viewmodels.settings import CONFIRM, KEY, NO, YES, Chosen
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.window import DeskWindow

_T = TypeVar("_T")


class SettingsDesk(QObject):
    """Changes one setting at a time; says why not, in a sentence."""

    changed = Signal()
    """Something was set."""

    def __init__(self, window: DeskWindow, own: OwnFiles) -> None:
        super().__init__(window)
        self._window, self._own = window, own
        self.preferences = own.preferences
        self.policy = own.policy
        self.keys = own.keys
        """As they will be; the window goes by those with which it was opened."""
        self.hello: Hello | None = None
        self.reopening = Reopening(window)
        self._unkept: dict[str, bytes] = {}
        """The files of a desk without a folder."""
        window.pump.greeted.connect(self._greet)
        window.alerts.sound.muted = not own.preferences.sound
        window.orders.alerts.mute.setChecked(own.preferences.sound)
        window.orders.alerts.muted.connect(self._mute)

    @property
    def folder(self) -> str:
        """The desk's; empty: nothing is kept."""
        return self._own.folder or ""

    def chosen(self) -> Chosen:
        """What is set now."""
        return Chosen(
            preferences=self.preferences,
            policy=self.policy,
            keys={action: (key.text, keys.chord(key)) for action, key in self.keys.items()},
            desk={} if self.hello is None else self.hello.settings,
            folder=self.folder,
        )

    def waits(self) -> bool:
        """Whether something that was set holds only once the window opens again."""
        own = self._own
        return self.keys != own.keys or settings.reopens(own.preferences, self.preferences)

    def open(self) -> None:
        """Show the dialog, or bring it to the front."""
        from ui.settings_dialog import SettingsDialog  # after the first paint

        dialog = self._window.surfaces.open.get("settings")
        if dialog is None:
            dialog = SettingsDialog(self._window.theme, self, self._window)
            self._window.surfaces.present("settings", dialog)
        else:
            dialog.present()

    def next_look(self) -> None:
        """Dark, light, high contrast, and around again."""
        schemes = list(SCHEMES)
        self.change("scheme", schemes[(schemes.index(self.preferences.scheme) + 1) % len(schemes)])

    def change(self, key: str, value: str) -> str:
        """Set something; return why it cannot be, or nothing."""
        try:
            if key.startswith(CONFIRM):
                self._confirm(key.removeprefix(CONFIRM), value)
            elif key.startswith(KEY):
                self._set_key(key.removeprefix(KEY), value)
            elif key in Preferences.__struct_fields__:
                return self._prefer(key, value)
            else:
                self._act(key)
        except OSError as error:
            return tr("It cannot be written: {why}", why=error.strerror or error)
        except ValueError as error:
            return " ".join(str(error).split())
        self.changed.emit()
        return ""

    def drafts(self) -> list[str]:
        """What is written and not sent: lost when the window opens again."""
        window = self._window
        written = [
            (bool(window.ticket.quantity.text()), tr("the ticket")),
            (bool(window.footer.command.text()), tr("the command line")),
            (self._has_open_form(), tr("an open form")),
        ]
        return [name for is_there, name in written if is_there]

    def _has_open_form(self) -> bool:
        beside = (self._window.order_desk.form, self._window.alerts.form)
        is_open = any(form is not None and not form.is_gone for form in beside)
        return is_open or bool(set(self._window.surfaces.open) - {"settings"})

    # ---- each kind --------------------------------------------------------------------------

    def _prefer(self, name: str, value: str) -> str:
        wanted: object = value == YES if name in {"sound", "tour_seen"} else value
        was, now = self.preferences, msgspec.structs.replace(self.preferences, **{name: wanted})
        self.preferences = now
        if (was.scheme, was.direction) != (now.scheme, now.direction):
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            set_look(app, self._window.theme, now.scheme, now.direction)
        if was.sound != now.sound:
            self._window.orders.alerts.mute.setChecked(now.sound)
        self.changed.emit()
        return preferences.save(self._own.file, now)

    def _confirm(self, action: str, value: str) -> None:
        """In the file and in force; without a folder in force alone."""
        if action == "hold_ms":
            written = value if value.isascii() and value.isdigit() else f'"{value}"'
        else:
            written = f'"{value}"'
        said = self._with_line(policy.OWN_FILE, action, written, policy.load_policy)
        both = stricter(said, self.policy)
        self.policy = msgspec.structs.replace(both, **{action: getattr(said, action)})
        if self.folder:
            keep_policy(Path(self.folder), self.policy)
        self._window.commands.confirming.policy = self.policy
        self._window.drill.policy = self.policy

    def _set_key(self, action: str, key: str) -> None:
        """In the file; the window goes by its keys until it opens again, and shows them."""
        shipped = keys.load_key_map()[action].key
        written = "" if key in ("", shipped) else _quoted(key)
        self.keys = self._with_line(keys.OWN_FILE, action, written, keys.load_key_map)

    def _with_line(self, name: str, line: str, value: str, read: Callable[[bytes], _T]) -> _T:
        if self.folder:
            return change_line(Path(self.folder) / name, line, value, read)
        data = with_line(self._unkept.get(name, b""), line, value)
        said = read(data)
        self._unkept[name] = data
        return said

    def _act(self, key: str) -> None:
        if key == "try_sound":
            self._window.alerts.sound.sound_once()
        elif key == "layout":
            self._window.workspace_desk.reset()
        else:
            raise ValueError(f"nothing is set by the name {key}")

    def _greet(self, hello: Hello) -> None:
        self.hello = hello

    def _mute(self, muted: bool) -> None:
        self.change("sound", NO if muted else YES)


def _quoted(key: str) -> str:
    """As TOML: a text in which a backslash is one, unless it has a quote of that kind."""
    return f'"{key}"' if "'" in key else f"'{key}'"
