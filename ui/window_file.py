"""The window's own file: `window.ini` in the desk folder, texts in groups, a schema number.

Nothing in it is worth a start that fails: what cannot be used is said, laid aside under another
name, and passed over; what can be read of an older file is migrated. Without a folder nothing
outlives the window.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from zlib import crc32

from ui import ini_text
from ui.private_file import replace

FILE = "window.ini"
LAID_ASIDE = "window.passed-over.ini"
MOST_BYTES = 1 << 18
LONGEST_NUMBER = 9
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
        self._writing = Lock()
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
        """Write the file; return why it could not be, or nothing.

        Any thread may: each writes what has been put until its turn, so none writes an older file
        over a newer one.
        """
        if self._at is None:
            return ""
        with self._writing:
            data = ini_text.write({"schema": str(SCHEMA), **self._values})
            try:
                replace(self._at, data)
            except OSError as error:
                return f"{FILE}: {error.strerror or error}"
        return ""

    def _read(self, at: Path) -> None:
        try:
            with at.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(str(error.strerror or error))
            return
        if len(data) > MOST_BYTES:
            self._lay_aside(at, f"expected at most {MOST_BYTES} bytes, found more")
        elif data:
            texts, whole = ini_text.read(data)
            self._take(at, texts, damaged=not whole)

    def _take(self, at: Path, texts: Values, *, damaged: bool) -> None:
        """Bring what was read to this schema, or pass it over."""
        written = texts.pop("schema", "")
        schema = int(written) if is_number(written) else -1
        if schema > SCHEMA:
            self._lay_aside(at, f"it is of a newer desk (schema {schema}, expected {SCHEMA})")
            return
        while schema != SCHEMA:
            migrate = MIGRATIONS.get(schema)
            if migrate is None:
                self._lay_aside(
                    at, f"it is not of this desk (schema {written[:LONGEST_NUMBER] or 'missing'})"
                )
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


def is_number(text: str) -> bool:
    """Whether a text is a number that one counts with."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


def encoded(data: bytes) -> str:
    """Write what Qt made of a place with its checksum: Qt trusts every byte of it."""
    return f"{crc32(data):08x}{b64encode(data).decode()}"


def decoded(text: str) -> bytes | None:
    """Return the bytes of an `encoded` text; None where they are not what was written."""
    try:
        data = b64decode(text[8:].encode(), validate=True)
    except ValueError:
        return None
    return data if data and encoded(data) == text else None
