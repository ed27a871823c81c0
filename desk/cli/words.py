"""The words of a command line, and what is said of a line that is none."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from decimal import Decimal
from io import StringIO

from desk.model.numbers import parse_decimal


class LineError(Exception):
    """A line is not a command; says what was expected and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found
        self.column: int | None = None
        """Where in the line, from 0; None until the reader of the line has said."""

    def __str__(self) -> str:
        return f"expected {self.expected}, found {self.found}"


_SPAN = re.compile(r"(\d{1,8})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def moment_ms(word: str) -> int:
    """Return a moment with its time zone as milliseconds since 1970."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise LineError("a time such as 2026-11-28T18:00Z", f"“{word}”") from None
    if moment.tzinfo is None:
        raise LineError("a time with its zone (Z is UTC)", f"“{word}”")
    return int(moment.timestamp() * 1000)


def seconds_of(word: str) -> int | None:
    """Return a span of time such as 90m in seconds; None for what is written in another way."""
    match = _SPAN.fullmatch(word.lower())
    return None if match is None else int(match[1]) * _SECONDS[match[2]]


def readable(line: str) -> str:
    """Return a line with what is no character replaced: it could be written nowhere.

    Python hands on a bad byte of the command line, or of a terminal's, as half a character.
    """
    return line.encode(errors="replace").decode()


def split(line: str) -> list[tuple[str, int]]:
    """Return the words of a line as a shell would read them, each with its column."""
    text = StringIO(line)
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    found: list[tuple[str, int]] = []
    try:
        while True:
            rest = line[text.tell() :]
            word = lexer.get_token()
            if word is None:
                return found
            found.append((word, len(line) - len(rest.lstrip(lexer.whitespace))))
    except ValueError as error:
        unclosed = LineError("closed quotes", str(error))
        unclosed.column = len(line)
        raise unclosed from None


class Words:
    """The words of a line, taken one by one; what was asked for and was not there is noted."""

    def __init__(self, line: str) -> None:
        found = split(line)
        self._words = [word for word, _ in found]
        self._columns = [column for _, column in found]
        self._end = len(line)
        self.column = 0
        """Of the word that was looked at last."""
        self.wanted: str | None = None
        """What the line would have to go on with, or may go on with next."""
        self.open: dict[str, None] = {}
        """Words that may still stand somewhere."""

    def __bool__(self) -> bool:
        return bool(self._words)

    def take(self, expected: str) -> str:
        """Return the next word, or say what is missing."""
        if not self._words:
            raise self.missing(expected)
        self.column = self._columns.pop(0)
        return self._words.pop(0)

    def maybe(self, expected: str) -> str | None:
        """Return the next word, or None at the end of the line."""
        if not self._words:
            self.wanted = expected
            return None
        return self.take(expected)

    def needed(self, name: str) -> str:
        """Take `name VALUE` from wherever it stands, or say that it is missing."""
        value = self.option(name)
        if value is None:
            raise self.missing(name)
        return value

    def missing(self, expected: str, found: str = "the end of the line") -> LineError:
        """Return what to raise where the line would have to go on, and note it."""
        self.wanted, self.column = expected, self._end
        return LineError(expected, found)

    def number(self, expected: str) -> Decimal:
        """Return the next word as a plain decimal number."""
        word = self.take(expected)
        value = parse_decimal(word)
        if value is None:
            raise LineError(expected, f"“{word}”")
        return value

    def option(self, name: str) -> str | None:
        """Take `name VALUE` from wherever it stands, or return None."""
        if name not in self._words:
            self.open[name] = None
            return None
        at = self._words.index(name)
        if at + 1 >= len(self._words):
            raise self.missing(f"a value after {name}")
        value, self.column = self._words[at + 1], self._columns[at + 1]
        del self._words[at : at + 2], self._columns[at : at + 2]
        return value

    def flag(self, name: str) -> bool:
        """Take a word from wherever it stands; say whether it was there."""
        if name not in self._words:
            self.open[name] = None
            return False
        at = self._words.index(name)
        del self._words[at], self._columns[at]
        return True

    def one_of(self, *names: str) -> str | None:
        """Take one word of several that exclude each other, from wherever it stands."""
        chosen = next((name for name in names if self.flag(name)), None)
        if chosen:
            self.close(*names)
        return chosen

    def close(self, *names: str) -> None:
        """Note that these words may stand nowhere any more."""
        for name in names:
            self.open.pop(name, None)

    def rest(self) -> str:
        """Return all that is left as one text."""
        left, self._words = " ".join(self._words), []
        return left

    def end(self) -> None:
        """Refuse what is left over."""
        if self._words:
            self.column = self._columns[0]
            raise LineError("the end of the line", f"“{' '.join(self._words)}”")
