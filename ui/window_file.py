"""The window's own file: `window.ini` in the desk folder, texts in groups, a schema number.

Nothing in it is worth a start that fails: what cannot be used is said, laid aside under another
name, and passed over; what can be read of an older file is migrated. Without a folder nothing
outlives the window.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QSettings

FILE = "window.ini"
LAID_ASIDE = "window.passed-over.ini"
PRIVATE = 0o600
MOST_BYTES = 1 << 18
SCHEMA = 1

Values = dict[str, str]
"""`group/key` → text."""

MIGRATIONS: dict[int, Callable[[Values], Values]] = {}
"""Schema of a file → what makes it one of the next; an older one that is missing is passed over."""


class WindowFile:
    """The file's texts, and why some of them are not there."""

    def __init__(self, folder: str | None) -> None:
        self._at = None if folder is None else Path(folder) / FILE
        self._values: Values = {}
        self.complaints: list[str] = []
        """A sentence for each thing that was passed over."""
        if self._at is not None:
            self._read(self._at)

    def group(self, name: str) -> Values:
        """Return the texts of a group by key."""
        start = f"{name}/"
        return {
            key.removeprefix(start): value
            for key, value in self._values.items()
            if key.startswith(start)
        }

    def put(self, name: str, values: Mapping[str, str]) -> None:
        """Replace a group; `write` keeps it."""
        start = f"{name}/"
        kept = {k: v for k, v in self._values.items() if not k.startswith(start)}
        self._values = kept | {f"{start}{key}": value for key, value in values.items()}

    def write(self) -> str:
        """Write the file; return why it could not be, or nothing."""
        if self._at is None:
            return ""
        try:
            _make_private(self._at)
        except OSError as error:
            return f"{FILE}: {error.strerror or error}"
        store = _settings(self._at)
        for key in store.allKeys():
            if key not in self._values:
                store.remove(key)
        for key, value in {"schema": str(SCHEMA), **self._values}.items():
            store.setValue(key, value)
        store.sync()
        return "" if store.status() == QSettings.Status.NoError else f"{FILE}: it cannot be written"

    def _read(self, at: Path) -> None:
        try:
            size = at.stat().st_size
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(str(error.strerror or error))
            return
        if size > MOST_BYTES:
            self._lay_aside(at, f"expected at most {MOST_BYTES} bytes, found {size}")
            return
        store = _settings(at)
        found = {key: store.value(key) for key in store.allKeys()}
        status = store.status()  # each group is parsed when it is asked for
        if status == QSettings.Status.AccessError:
            self._complain("it cannot be read")
            return
        texts = {key: text for key, text in found.items() if isinstance(text, str)}
        if not texts and not size:
            return
        self._take(at, texts, damaged=status != QSettings.Status.NoError or len(texts) < len(found))

    def _take(self, at: Path, texts: Values, *, damaged: bool) -> None:
        """Bring what was read to this schema, or pass it over."""
        written = texts.pop("schema", "")
        schema = int(written) if written.isascii() and written.isdigit() else -1
        if schema > SCHEMA:
            self._lay_aside(at, f"it is of a newer desk (schema {schema}, expected {SCHEMA})")
            return
        while schema != SCHEMA:
            migrate = MIGRATIONS.get(schema)
            if migrate is None:
                self._lay_aside(at, f"it is not of this desk (schema {written or 'missing'})")
                return
            texts = migrate(texts)
            schema += 1
        self._values = texts
        if damaged:
            self._lay_aside(at, "it is damaged, what can be read of it is kept")

    def _lay_aside(self, at: Path, why: str) -> None:
        """Keep what is not understood under another name; the next write begins anew."""
        try:
            at.replace(at.with_name(LAID_ASIDE))
        except OSError as error:
            why = f"{why}; {error.strerror or error}"
        self._complain(why)

    def _complain(self, why: str) -> None:
        self.complaints.append(f"{FILE}: {why}")


def _settings(at: Path) -> QSettings:
    return QSettings(str(at), QSettings.Format.IniFormat)


def _make_private(at: Path) -> None:
    """Qt keeps the rights of a file that is there; they are ours alone."""
    os.close(os.open(at, os.O_CREAT | os.O_RDWR, PRIVATE))
    at.chmod(PRIVATE)
