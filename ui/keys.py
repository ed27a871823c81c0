"""The key map: one file, conflicts refused at load, panic keys everywhere."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TypeVar, cast

import msgspec
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

_Map = TypeVar("_Map", dict[str, "Key"], dict[str, str])

OWN_FILE = "keys.toml"
"""In the desk folder: a person's own keys, `action = "Ctrl+Shift+K"`, one line an action."""

_EDITING = frozenset(f"Ctrl+{letter}" for letter in "ACVXYZ")
"""What every text field answers to."""


class KeyMapError(ValueError):
    """The key map cannot be used; the text says which line, what was expected and found."""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action's key."""

    key: str
    text: str
    panic: bool = False
    """Works in every window, with a dialog open, armed or not."""


def load_key_map(own: bytes | None = None) -> dict[str, Key]:
    """Return the shipped map, with a person's own keys over it; KeyMapError if they do not fit."""
    shipped = files("resources").joinpath("keys.toml").read_bytes()
    keys = _read(shipped, dict[str, Key])
    for action, chosen in ({} if own is None else _read(own, dict[str, str])).items():
        if action not in keys:
            raise KeyMapError(f"keys.toml: action {action} is unknown")
        keys[action] = msgspec.structs.replace(keys[action], key=chosen)
    taken: dict[str, str] = {}
    for action, key in keys.items():
        other = taken.setdefault(_canonical(action, key.key), action)
        if other != action:
            raise KeyMapError(
                f"keys.toml: {key.key} is given to {other} and to {action}; one key, one action"
            )
    return keys


def _read(data: bytes, kind: type[_Map]) -> _Map:
    try:
        return msgspec.convert(tomllib.loads(data.decode()), kind)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise KeyMapError(f"keys.toml: {error}") from error


def _canonical(action: str, key: str) -> str:
    sequence = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)
    # The stubs do not know that a sequence can be indexed.
    first = cast("list[QKeyCombination]", sequence)
    pressed = first[0] if sequence.count() == 1 else None
    if pressed is None or pressed.key() == Qt.Key.Key_unknown:
        raise KeyMapError(
            f"keys.toml: {action}: expected one key such as Ctrl+Shift+K, found {key!r}"
        )
    held = pressed.keyboardModifiers()
    strong = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    is_function = Qt.Key.Key_F1 <= pressed.key() <= Qt.Key.Key_F35
    if not (held & strong or is_function):
        raise KeyMapError(
            f"keys.toml: {action}: {key} needs Ctrl, Alt or a function key, "
            "a bare key fires while a list has the focus"
        )
    written = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    if written in _EDITING:
        raise KeyMapError(f"keys.toml: {action}: {key} is what a text field is edited with")
    return written


def bind(
    window: QWidget, keys: Mapping[str, Key], actions: Mapping[str, Callable[[], None]]
) -> dict[str, QShortcut]:
    """Make the shortcuts: application-wide, no repeat while held down.

    All of them reach floating docks (a window shortcut would be dead on a second monitor). A
    missing action is a KeyError: every key of the map does something. Panic keys are none of these:
    `ui.panic_keys` sees them before any shortcut does.
    """
    shortcuts: dict[str, QShortcut] = {}
    for name, key in keys.items():
        if key.panic:
            continue
        shortcut = QShortcut(QKeySequence(key.key), window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(actions[name])
        shortcuts[name] = shortcut
    return shortcuts


def chord(key: Key) -> str:
    """The key as this platform writes it, in every language: `Ctrl+⇧+K`."""
    formats = QKeySequence.SequenceFormat
    written = formats.NativeText if sys.platform == "darwin" else formats.PortableText
    return QKeySequence(key.key).toString(written).replace("Shift", "⇧")
