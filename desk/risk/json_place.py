"""Reading a JSON document so that every refusal can name field, line, expected and found.

Numbers are read from their text, never through binary floating point. A field given twice is
refused: one of the two would be believed, and nobody could say which.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from json import JSONDecodeError
from typing import Any, NamedTuple, TypeAlias, cast

from desk.model.errors import InputError, on_one_line

Path: TypeAlias = tuple[str | int, ...]
"""From the top of the document: names and list positions."""

_DECODER = json.JSONDecoder()
_SPACE = " \t\n\r"
_FOUND_LENGTH = 60

DEEPEST = 64
"""Levels of a document; a portfolio has 8."""


class FieldError(Exception):
    """One field is not what it should be."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        super().__init__(path, expected, found)
        self.path = path
        self.expected = on_one_line(expected)
        self.found = on_one_line(found)


def field_name(path: Path) -> str:
    """Write a path as people do: `accounts[0].positions[1].quantity`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{on_one_line(step)}"
    return text.removeprefix(".")


class _Odd(NamedTuple):
    """Stands in a tree where JSON has what no document may have."""

    expected: str
    found: str


def read_json(data: bytes, source: str) -> tuple[str, Any]:
    """Return a document's text and tree, numbers as Decimal; raise InputError with the line."""
    try:
        text = data.decode("utf-8-sig")
        tree = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=lambda word: _Odd("a number", word),
            object_pairs_hook=_once,
        )
        odd = next((FieldError(path, *said) for path, said in list(_odd(tree, ()))), None)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            source=source, line=line, expected="UTF-8 text", found=f"byte 0x{data[error.start]:02x}"
        ) from None
    except JSONDecodeError as error:
        found = f"{error.msg} at column {error.colno}"
        raise InputError(source=source, line=error.lineno, expected="JSON", found=found) from None
    except RecursionError:
        raise InputError(
            source=source, line=1, expected="a portfolio document", found="endless nesting"
        ) from None
    if odd is not None:
        raise InputError(
            source=source,
            line=line_of(text, odd.path),
            field=field_name(odd.path) or None,
            expected=odd.expected,
            found=odd.found,
        )
    return text, tree


def _number(text: str) -> Decimal | _Odd:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return _Odd("a number", _shortened(text))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        twice = name in fields
        fields[name] = _Odd("each field once", "it twice in one object") if twice else value
    return fields


def _odd(tree: Any, path: Path) -> Iterator[tuple[Path, _Odd]]:
    """Find what may not be; raise RecursionError where it is nested deeper than any document."""
    if len(path) > DEEPEST:
        raise RecursionError
    if isinstance(tree, _Odd):
        yield path, tree
    elif isinstance(tree, dict):
        for name, item in cast("dict[str, Any]", tree).items():
            yield from _unwritable(name, (*path, name))
            yield from _odd(item, (*path, name))
    elif isinstance(tree, list):
        for index, item in enumerate(cast("list[Any]", tree)):
            yield from _odd(item, (*path, index))
    elif isinstance(tree, str):
        yield from _unwritable(tree, path)


def _unwritable(text: str, path: Path) -> Iterator[tuple[Path, _Odd]]:
    """Half of a surrogate pair is no character: no answer could name it."""
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        yield path, _Odd("text", _shortened(ascii(text)))


def value_at(tree: Any, path: Path) -> str:
    """Write what a document holds at a path, shortened; `nothing` where the path ends early."""
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    text = json.dumps(tree, default=str, ensure_ascii=False)
    if isinstance(tree, Decimal):
        text = str(tree)
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _FOUND_LENGTH else text[: _FOUND_LENGTH - 1] + "…"


def line_of(text: str, path: Path) -> int:
    """Return the line a field stands on; of what should have held it, where it is missing."""
    position = _skip(text, 1 if text.startswith("\ufeff") else 0)
    for step in path:
        inside = _enter(text, position, step)
        if inside is None:
            break
        position = inside
    return text.count("\n", 0, position) + 1


def _enter(text: str, position: int, step: str | int) -> int | None:
    """Return where a member of the object or list at a position begins."""
    position = _skip(text, position + 1)
    index = 0
    while text[position] not in "}]":
        name: str | int = index
        if isinstance(step, str):
            if text[position] != '"':
                return None
            name, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
        if name == step:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
        index += 1
    return None


def _skip(text: str, position: int) -> int:
    while text[position] in _SPACE:
        position += 1
    return position
