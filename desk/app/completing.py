"""How a line that is being typed may go on: asked of its own reader, which notes what it wants.

Nothing of the grammar is written down again here: the reader reads what is there, and what it
then asks for (or would still take) is looked up among what the desk knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from desk.cli.grammar import PREVIEWED, VERBS, read
from desk.cli.program_grammar import QUANTITY
from desk.cli.words import LineError, Words
from desk.engine.desk import Desk
from desk.model.instrument import Instrument
from desk.model.numbers import plain

MOST = 40
"""Options of one answer."""

_LIST = re.compile(r"[\w/-]+(, [\w/-]+)*( or [\w/-]+)?")
"""An expectation that is nothing but the words themselves."""

LONGEST = 1_000
"""Characters of a line that is read at all."""


class Option(NamedTuple):
    """A word that the line may go on with, and what it is."""

    text: str
    note: str = ""


def completions(desk: Desk, text: str) -> dict[str, Any]:
    """Return the words that may stand where the line ends; `expected` says what is wanted."""
    line = text[:LONGEST]
    stem = re.search(r"\S*$", line)
    assert stem is not None  # of nothing, too
    typed, before = stem.group(), line[: stem.start()]
    expected, options = _next(desk, before)
    wanted = typed.casefold()
    found = [one for one in options if one.text.casefold().startswith(wanted)][:MOST]
    return {
        "options": [{"text": one.text, "note": one.note} for one in found],
        "expected": expected,
        "from": len(before),
    }


def _next(desk: Desk, line: str) -> tuple[str | None, list[Option]]:
    """Return what is expected behind whole words, and the words it can be."""
    try:
        words = Words(line)
    except LineError as error:
        return error.expected, []
    try:
        read(words, "new")
    except LineError as error:
        if words.wanted != error.expected:
            return error.expected, []  # wrong before its end: nothing that follows mends it
        options = list(_options(desk, error.expected))
        if error.found != "the end of the line":  # one of what may stand anywhere is missing
            options += [Option(name) for name in words.open]
        return error.expected, options
    optional = [] if words.wanted is None else list(_options(desk, words.wanted))
    return None, [*optional, *(Option(name, "option") for name in words.open)]


def _options(desk: Desk, expected: str) -> Iterator[Option]:
    """Yield what an expectation can be; one that lists words is a list of these."""
    name = expected.removeprefix("a value after ")
    look = _VALUES.get(name) if name != expected else _LOOKS.get(expected)
    if look is not None:
        yield from look(desk)
    elif name == expected and _LIST.fullmatch(expected):
        yield from (Option(word) for word in re.split(r", | or ", expected))


def _verbs(desk: Desk) -> Iterable[Option]:
    del desk
    return (Option(verb) for verb in VERBS)


def _previewed(desk: Desk) -> Iterable[Option]:
    del desk
    return (Option(verb) for verb in PREVIEWED)


def _instruments(desk: Desk) -> Iterable[Option]:
    """What is traded first, then what is only watched."""

    def untraded(one: Instrument) -> bool:
        return one.connection not in desk.settings.traded

    for one in sorted(desk.catalogue.all(), key=untraded):
        if one.connection in desk.settings.fed | desk.settings.traded:
            yield Option(one.id, f"{one.kind.value}{', not traded' if untraded(one) else ''}")


def _accounts(desk: Desk) -> Iterable[Option]:
    return (Option(one.id, one.kind) for one in desk.state.accounts.values())


def _orders(desk: Desk) -> Iterable[Option]:
    """Yield working orders, newest first."""
    for order in reversed(desk.state.live_orders()):
        terms = order.terms
        at = "" if terms.expected_price is None else f" at {plain(terms.expected_price)}"
        said = f"{terms.side.value.lower()} {plain(terms.quantity)} {terms.instrument}{at}"
        yield Option(order.id, said)


def _cancelled(desk: Desk) -> Iterable[Option]:
    yield Option("all", "every working order, or those of a scope")
    for one in desk.state.programs.running:
        yield Option(one.program.id, f"{one.program.kind}, all that is left of it")
    yield from _orders(desk)


def _quantities(desk: Desk) -> Iterable[Option]:
    del desk
    yield Option("risk", "what may be lost at the stop: risk 500usdt")
    for share in (25, 50, 75, 100):
        yield Option(f"{share}%", "of the position, else of what is free")


def _shares(desk: Desk) -> Iterable[Option]:
    del desk
    return (Option(f"{share}%") for share in (25, 50, 75, 100))


def _assets(desk: Desk) -> Iterable[Option]:
    known = {asset for name in desk.state.accounts for asset in desk.state.ledger.balances(name)}
    return (Option(asset) for asset in sorted(known | {"USDT", "BTC", "ETH"}))


def _disclosures(desk: Desk) -> Iterable[Option]:
    return (Option(f"{one.text}@1", one.note) for one in _instruments(desk))


Look = Callable[[Desk], Iterable[Option]]

_LOOKS: Mapping[str, Look] = {
    "a command": _verbs,
    "what to preview": _previewed,
    "an instrument": _instruments,
    "an order id": _orders,
    "an order id, or all": _cancelled,
    "a quantity": _quantities,
    "a percentage": _shares,
    QUANTITY: _shares,
    "an account": _accounts,
    "a financing account": _accounts,
    "the account it leaves": _accounts,
    "the account it reaches": _accounts,
    "an asset": _assets,
    "INSTRUMENT@VERSION": _disclosures,
}
"""What an expectation of a reader, in its own words, can be."""

_VALUES: Mapping[str, Look] = {"account": _accounts, "quantity": _shares}
"""The same for the value behind a name."""
