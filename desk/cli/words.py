"""The words of a command line, and what is said of a line that is none."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from decimal import Decimal

from desk.model.numbers import parse_decimal


class LineError(Exception):
    """A line is not a command; says what was expected and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found

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


class Words:
    """The words of a line, taken one by one."""

    def __init__(self, line: str) -> None:
        try:
            self._words = shlex.split(line, comments=False)
        except ValueError as error:
            raise LineError("closed quotes", str(error)) from None

    def __bool__(self) -> bool:
        return bool(self._words)

    def take(self, expected: str) -> str:
        """Return the next word, or say what is missing."""
        if not self._words:
            raise LineError(expected, "the end of the line")
        return self._words.pop(0)

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
            return None
        at = self._words.index(name)
        if at + 1 >= len(self._words):
            raise LineError(f"a value after {name}", "the end of the line")
        value = self._words[at + 1]
        del self._words[at : at + 2]
        return value

    def flag(self, name: str) -> bool:
        """Take a word from wherever it stands; say whether it was there."""
        if name not in self._words:
            return False
        self._words.remove(name)
        return True

    def rest(self) -> str:
        """Return all that is left as one text."""
        left, self._words = " ".join(self._words), []
        return left

    def end(self) -> None:
        """Refuse what is left over."""
        if self._words:
            raise LineError("the end of the line", f"“{' '.join(self._words)}”")
