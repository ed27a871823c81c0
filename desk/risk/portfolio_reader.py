"""Reading a portfolio document: strict, and every refusal names line and field.

Numbers are read from their text; what is no finite number of a sensible size is refused, and so
is what contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from desk.model.errors import InputError
from desk.model.numbers import ONE, ZERO
from desk.risk.json_place import FieldError, Path, field_name, line_of, read_json, value_at
from desk.risk.portfolio import Bound, Part, Portfolio

DIGITS = 24
"""Most digits of a number on either side of the point, as everywhere on this desk."""

SAID: Mapping[Bound, str] = {
    "positive": "a number above 0",
    "not negative": "a number of 0 or more",
    "share": "a fraction from 0 to 1",
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document came from, so that a refusal found later can still name its line."""

    name: str
    text: str
    tree: Any
    line: int | None
    """The line of a `--lines` stream that is the whole document; None: a file of its own."""

    def refusal(self, error: FieldError) -> InputError:
        """Return a field error as bad input, with the line it stands on."""
        return InputError(
            source=self.name,
            line=line_of(self.text, error.path) if self.line is None else self.line,
            field=field_name(error.path) or None,
            expected=error.expected,
            found=error.found,
        )


def parse_portfolio(data: bytes, name: str, line: int | None = None) -> tuple[Portfolio, Source]:
    """Read a document; raise InputError naming line, field, what was expected and found."""
    try:
        text, tree = read_json(data, name)
    except InputError as error:
        if line is not None:
            error.line = line
        raise
    source = Source(name=name, text=text, tree=tree, line=line)
    try:
        _check_spelling(tree, ())
        portfolio = _convert(tree)
        _check_numbers(portfolio, ())
        _check_whole(portfolio)
    except FieldError as error:
        raise source.refusal(error) from None
    return portfolio, source


# --- shape ---------------------------------------------------------------------------------------

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_QUOTED = re.compile(r"`([^`]*)`")
_WORDS = {
    "decimal": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
    "date": "a date",
}
_CHOICES = {
    "schema": '"desk.portfolio/1"',
    "kind": "perpetual, financing or spot (in `instruments`: perpetual or spot)",
    "side": "BUY or SELL",
    "type": "LIMIT or MARKET",
    "tif": "GTC, IOC or FOK",
    "margin_mode": "cross or isolated",
    "contract": "linear or inverse",
}


def _convert(tree: Any) -> Portfolio:
    try:
        return msgspec.convert(tree, type=Portfolio)
    except msgspec.ValidationError as error:
        raise _field_error(str(error), tree) from None


def _field_error(message: str, tree: Any) -> FieldError:
    what, _, place = message.partition(" - at ")
    path = _named(_path(place.strip("`")), tree)
    quoted = _QUOTED.search(what)
    name = quoted.group(1) if quoted else ""
    if what.startswith("Object missing"):
        return FieldError((*path, name), "a value", "nothing")
    if what.startswith("Object contains unknown"):
        return FieldError((*path, name), "a field of desk.portfolio/1", "an unknown field")
    last = path[-1] if path else ""
    expected = _CHOICES.get(str(last))
    if expected is None and what.startswith("Expected"):
        expected = " or ".join(_WORDS.get(word, word) for word in name.split(" | "))
    if expected is None:
        expected = "a date as YYYY-MM-DD" if "date" in what else "a number"
    return FieldError(path, expected, value_at(tree, path))


def _path(place: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    for name, index in _STEP.findall(place):
        steps.append(name or (int(index) if index.isdigit() else "..."))
    return tuple(steps)


def _named(path: Path, tree: Any) -> Path:
    """Put the key in place of `...`, which is how a member of a mapping is reported."""
    if "..." not in path:
        return path
    where = path.index("...")
    mapping = tree
    for step in path[:where]:
        mapping = mapping[step]
    for key in cast("dict[str, Any]", mapping):
        try:
            msgspec.convert(_with_only(tree, path[:where], key), type=Portfolio)
        except msgspec.ValidationError:
            return _named((*path[:where], key, *path[where + 1 :]), tree)
    return path[:where]


def _with_only(tree: Any, path: Path, key: str) -> Any:
    """Return the document with one member left of the mapping at a path."""
    if not path:
        return {key: tree[key]}
    changed = _with_only(tree[path[0]], path[1:], key)
    if isinstance(tree, dict):
        return {**cast("dict[str, Any]", tree), path[0]: changed}
    return [changed if index == path[0] else item for index, item in enumerate(tree)]


# --- numbers -------------------------------------------------------------------------------------


_TEXT_FIELDS = {"id", "account", "description", "lender", "instrument"}


def _check_spelling(tree: Any, path: Path) -> None:
    """Refuse what Decimal would read and no person writes as a number: `1_0`, ` 10`."""
    if isinstance(tree, dict):
        for key, item in cast("dict[str, Any]", tree).items():
            if key not in _TEXT_FIELDS:
                _check_spelling(item, (*path, key))
    elif isinstance(tree, list):
        for index, item in enumerate(cast("list[Any]", tree)):
            _check_spelling(item, (*path, index))
    elif isinstance(tree, str) and _ODD_NUMBER.fullmatch(tree):
        raise FieldError(path, "a number", tree)


_ODD_NUMBER = re.compile(r"(?=.*[_\s])(?=.*\d)[\s+-]*+[\d_.]*+(?:[eE][+-]?[\d_]*+)?\s*+", re.DOTALL)


def _check_numbers(value: object, path: Path, bound: Bound | None = None) -> None:
    """Hold every number of a part to its bounds, and to a size that arithmetic can carry."""
    if isinstance(value, Decimal):
        _check_number(value, path, bound)
    elif isinstance(value, msgspec.Struct):
        bounds = value.BOUNDS if isinstance(value, Part) else Part.BOUNDS
        for name in value.__struct_fields__:
            _check_numbers(getattr(value, name), (*path, name), bounds.get(name))
    elif isinstance(value, dict):
        inside = _MAPPING_BOUNDS.get(str(path[-1]))
        for key, item in cast("dict[str, object]", value).items():
            _check_numbers(item, (*path, key), inside)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            _check_numbers(item, (*path, index))


_MAPPING_BOUNDS: Mapping[str, Bound] = {
    "prices": "positive",
    "marks": "positive",
    "haircuts": "share",
}


def _check_number(value: Decimal, path: Path, bound: Bound | None) -> None:
    if not value.is_finite():
        raise FieldError(path, "a number", str(value))
    digits, exponent = len(value.as_tuple().digits), value.adjusted()
    if value and (exponent >= DIGITS or exponent - digits + 1 < -DIGITS):
        raise FieldError(path, f"at most {DIGITS} digits on either side of the point", str(value))
    good = {
        "positive": value > 0,
        "not negative": value >= 0,
        "share": ZERO <= value <= ONE,
        None: True,
    }
    if not good[bound]:
        raise FieldError(path, SAID[bound or "positive"], str(value))


def _check_whole(portfolio: Portfolio) -> None:
    """Check what no single field shows: the time, and that every id is given once."""
    try:
        zone = portfolio.time.tzinfo
    except ValueError:
        raise FieldError(("as_of",), "an ISO 8601 time", portfolio.as_of) from None
    if zone is None:
        raise FieldError(("as_of",), "a time with its zone", portfolio.as_of)
    seen: set[str] = set()
    for index, account in enumerate(portfolio.accounts):
        if account.id in seen:
            raise FieldError(("accounts", index, "id"), "an id of its own", account.id)
        seen.add(account.id)
    own_price = portfolio.prices.get(portfolio.currency, ONE)
    if own_price != ONE:
        expected = f"1: prices are in {portfolio.currency}"
        raise FieldError(("prices", portfolio.currency), expected, str(own_price))
