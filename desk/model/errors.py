"""What can go wrong, as a tree.

* DeskError
    * InputError: a document, file, argument or command line is not what it should be
    * JournalError
        * JournalFull: no durable write is possible for new risk; the reserve remains
        * JournalBroken: chain or anchor does not hold; nothing is repaired silently
        * JournalUnwritable: a sync failed; nothing more is durable in this process
        * JournalHeld: another process holds the desk folder
    * FilmMissing: there is no picture of that moment, or it does not hold
    * RecordingError: the disk takes no more of a recording
    * FeedError: a venue cannot be reached or speaks nonsense

Refusals of orders are values (`desk.model.events.Denial`), not exceptions.
"""

from __future__ import annotations


def on_one_line(text: str) -> str:
    """Escape what would break a line, steer a terminal, or could not be written at all."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class DeskError(Exception):
    """Base of everything the desk raises on purpose."""


class InputError(DeskError):
    """Bad input: which file or stream, which line, which field, what was expected and found."""

    def __init__(
        self,
        *,
        source: str,
        expected: str,
        found: str,
        field: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(source, field, expected, found)
        self.source = source
        self.line = line
        self.field = field
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        where = place if self.field is None else f"{place}: {self.field}"
        return on_one_line(f"{where}: expected {self.expected}, found {self.found}")


class JournalError(DeskError):
    """The journal cannot do what was asked."""


class JournalFull(JournalError):
    """The disk is full: only what reduces or records may use the reserve."""


class JournalBroken(JournalError):
    """The chain, the anchor or a row does not hold."""

    def __init__(self, path: str, seq: int | None, what: str) -> None:
        super().__init__(path, seq, what)
        self.path = path
        self.seq = seq
        self.what = what

    def __str__(self) -> str:
        place = self.path if self.seq is None else f"{self.path}: row {self.seq}"
        return on_one_line(f"{place}: {self.what}")


class JournalUnwritable(JournalError):
    """A write or sync failed; nothing more can be made durable in this process."""


class JournalHeld(JournalError):
    """Another process holds the desk folder."""

    def __init__(self, path: str, pid: int | None) -> None:
        super().__init__(path, pid)
        self.path = path
        self.pid = pid

    def __str__(self) -> str:
        holder = "another process" if self.pid is None else f"process {self.pid}"
        return on_one_line(f"{self.path} is held by {holder}")


class FilmMissing(DeskError):
    """A picture of the past cannot be had; the message is a sentence without its full stop."""


class FeedError(DeskError):
    """A venue cannot be reached or speaks nonsense."""


class RecordingError(DeskError):
    """The disk takes no more of a recording; what was written before remains readable."""
