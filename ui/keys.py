"""The key map: one file, conflicts refused at load, panic keys everywhere."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import cast

import msgspec
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

ACTIONS = frozenset(
    {
        "arm",
        "buy",
        "cancel_all",
        "cancel_selected",
        "client",
        "close_100",
        "close_25",
        "close_50",
        "close_75",
        "cures",
        "flatten",
        "focus_close_out",
        "focus_feeds",
        "focus_financing",
        "focus_orders",
        "focus_positions",
        "focus_rules",
        "focus_watch",
        "focus_ladder",
        "help",
        "kill",
        "ladder_buy",
        "ladder_buy_stop",
        "ladder_coarser",
        "ladder_down",
        "ladder_finer",
        "ladder_quantity",
        "ladder_recentre",
        "ladder_sell",
        "ladder_sell_stop",
        "ladder_up",
        "limit",
        "look",
        "market",
        "next_instrument",
        "previous_instrument",
        "price",
        "quantity",
        "rearm",
        "sell",
        "submit",
    }
)


class KeyMapError(ValueError):
    """The key map cannot be used; the text says which line, what was expected and found."""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action's key."""

    key: str
    text: str
    panic: bool = False
    """Works in every window, with a dialog open, armed or not."""


def load_key_map(data: bytes | None = None) -> dict[str, Key]:
    """Read a key map (the shipped one by default); KeyMapError if it is not sound."""
    if data is None:
        data = files("resources").joinpath("keys.toml").read_bytes()
    try:
        read = msgspec.convert(tomllib.loads(data.decode()), dict[str, Key])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise KeyMapError(f"keys.toml: {error}") from error
    for wanted, odd in ((ACTIONS - set(read), "is missing"), (set(read) - ACTIONS, "is unknown")):
        if wanted:
            raise KeyMapError(f"keys.toml: action {min(wanted)} {odd}")
    taken: dict[str, str] = {}
    for action, key in read.items():
        written = _canonical(action, key.key)
        if written in taken:
            raise KeyMapError(
                f"keys.toml: {key.key} is given to {taken[written]} and to {action}; "
                "one key, one action"
            )
        taken[written] = action
    return read


def _canonical(action: str, key: str) -> str:
    sequence = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)
    # The stubs do not know that a sequence can be indexed.
    first = cast("list[QKeyCombination]", sequence)
    pressed = first[0] if sequence.count() == 1 else None
    if pressed is None or pressed.key() == Qt.Key.Key_unknown:
        raise KeyMapError(
            f"keys.toml: {action}: expected one key such as Ctrl+Shift+K, found {key}"
        )
    held = pressed.keyboardModifiers()
    strong = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    is_function = Qt.Key.Key_F1 <= pressed.key() <= Qt.Key.Key_F35
    if not (held & strong or is_function):
        raise KeyMapError(
            f"keys.toml: {action}: {key} needs Ctrl, Alt or a function key, "
            "a bare key fires while a list has the focus"
        )
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def bind(
    window: QWidget, keys: Mapping[str, Key], actions: Mapping[str, Callable[[], None]]
) -> dict[str, QShortcut]:
    """Make the shortcuts: application-wide, no repeat while held down.

    All of them reach floating docks (a window shortcut would be dead on a second monitor). A
    missing action is a KeyError: every key of the map does something.
    """
    shortcuts: dict[str, QShortcut] = {}
    for name, key in keys.items():
        shortcut = QShortcut(QKeySequence(key.key), window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(actions[name])
        shortcuts[name] = shortcut
    return shortcuts


def chord(key: Key) -> str:
    """The key as this platform writes it: `Ctrl+⇧+K`."""
    return (
        QKeySequence(key.key).toString(QKeySequence.SequenceFormat.NativeText).replace("Shift", "⇧")
    )
