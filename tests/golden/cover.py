"""What the rows of a journal can hold, and what of it some rows do: no part may be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_type_hints

import msgspec

from desk.engine.change import Change, change_of
from desk.execution import outcome
from desk.model.commands import AnyCommand
from desk.model.journal import Row
from desk.model.orders import OrderTerms, OrderType, TimeInForce

PARTS = (
    Change,
    *(
        found
        for field in ("lending", "rules", "programs", "alerts")
        for found in get_args(get_type_hints(Change)[field])
        if found is not type(None)
    ),
)
"""The structs whose every field is a thing that a row may say."""


_NOTHING = (None, False, "", (), {}, [])


def all_parts() -> set[str]:
    """Everything that a row can say, as far as types tell it."""
    found = {f"{part.__name__}.{field}" for part in PARTS for field in _fields(part)}
    found |= {f"outcome {word.__struct_config__.tag}" for word in get_args(outcome.Outcome)}
    found |= {f"type {one.value}" for one in OrderType}
    found |= {f"tif {one.value}" for one in TimeInForce}
    return found | {f"terms {field}" for field in _fields(OrderTerms)}


def _fields(part: type) -> list[str]:
    return [field.name for field in msgspec.structs.fields(part)]


QUESTIONS = frozenset(
    [
        "ask",
        "blotter",
        "export",
        "failed",  # its row is a latch
        "film",
        "film_check",
        "frame",
        "goodbye",
        "heartbeat",
        "line",
        "moments",
        "preview",
        "preview_change",
    ]
)
"""Commands that leave no row of their own name."""


def all_types() -> set[str]:
    """The type of each row that a command leaves, and of each word of a venue."""
    commands = {str(one.__struct_config__.tag) for one in get_args(AnyCommand)}
    words = {str(one.__struct_config__.tag) for one in get_args(outcome.Outcome)}
    return (commands - QUESTIONS) | (words - {"filled"}) | {"fill"}


def said_by(rows: Iterable[Row]) -> set[str]:
    """What these rows say of it, and their own types."""
    rows = [*rows]
    found = {name for row in rows for name in _said(change_of(row))}
    return found | {f"row {row.entry.type}" for row in rows}


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, PARTS):
        for field in _fields(type(value)):
            inner = getattr(value, field)
            if inner not in _NOTHING:
                yield f"{type(value).__name__}.{field}"
                yield from _said(inner)
    elif isinstance(value, outcome.Outcome):
        yield f"outcome {value.__struct_config__.tag}"
    elif isinstance(value, OrderTerms):
        yield from (f"type {value.type.value}", f"tif {value.tif.value}")
        yield from (f"terms {f}" for f in _fields(OrderTerms) if getattr(value, f) not in _NOTHING)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _said(inner)
    elif hasattr(value, "terms"):
        yield from _said(value.terms)
