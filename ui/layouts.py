"""The three arrangements that ship, as data, and the sizes of their docks in pixels.

Positions and sizes are those of the design at 1920×1080 and 1366×768; at any other size the parts
marked `REST` take what is left, and no part is squeezed below its least while another has room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

import msgspec

GAP = 4
"""Pixels between docks, and above and below all of them."""
TAB_BAR = 27
"""Height of the tabs under docks that share one place."""
REST = 0
"""A part that takes what the others leave."""
TALL = frozenset({"financing", "close_out", "rules", "journal"})
"""Docks that need more height than the market watch while they are in front in its place."""

LEAST_WIDTH = {"risk": 280, "ticket": 284, "ladder": 220, "chart": 360, "positions": 640}
LEAST_HEIGHT = {"chart": 240, "positions": 120, "orders": 90, "ticket": 300}
LEAST = 150


class Stack(msgspec.Struct, frozen=True):
    """Docks in one place behind tabs, the first one in front."""

    keys: tuple[str, ...]


class Split(msgspec.Struct, frozen=True):
    """Parts side by side, or one above the other."""

    across: bool
    parts: tuple[tuple[int | str, Node], ...]
    """Pixels, `REST`, or the name of a wish; and what is there."""


Node: TypeAlias = Stack | Split


class Box(msgspec.Struct, frozen=True):
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int


class Wishes(msgspec.Struct, frozen=True):
    """What docks need for what they show now."""

    compact: bool = False
    held: int = 3
    """Positions."""
    ticket: int = 0
    """Height of the ticket with its reasons."""
    tall: bool = False
    """A dock of `TALL` is in front in the market watch's place."""
    tabbed: bool = False
    """Other docks share that place: it has tabs."""


def wished(name: str, wishes: Wishes, room: int) -> int:
    """Return the height a dock wishes for in a column of so much room; KeyError if it has none."""
    small = wishes.compact
    if name == "positions":
        return 80 + 40 * min(max(wishes.held, 2), 5)
    if name == "watch":
        height = (300 if small else 470) if wishes.tall else (193 if small else 365)
        return height + wishes.tabbed * TAB_BAR
    if name == "ticket":
        usual, orders = (500, 90) if small else (596, 120)
        return max(usual, min(wishes.ticket, room - orders))
    raise KeyError(name)


# ---- the arrangements ----------------------------------------------------------------------------


def _stack(*keys: str) -> Stack:
    return Stack(keys)


def _row(*parts: tuple[int | str, Node]) -> Split:
    return Split(True, parts)


def _column(*parts: tuple[int | str, Node]) -> Split:
    return Split(False, parts)


def trade(compact: bool) -> Split:
    """One instrument: chart, ladder, ticket, with what is held above."""
    chart = _column((REST, _stack("chart")), ("watch", _stack("watch")))
    ladder = _stack("ladder")
    middle = _row((REST, chart), (236 if compact else 292, ladder))
    ticket = _column(("ticket", _stack("ticket")), (REST, _stack("orders")))
    return _row(
        (296 if compact else 384, _stack("risk")),
        (REST, _column(("positions", _stack("positions")), (REST, middle))),
        (296 if compact else 368, ticket),
    )


def risk(compact: bool) -> Split:
    """What could happen: stress, rehearsal, the lender's view, the rules."""
    plans = _stack("rehearsal", "close_out")
    stress = _column((REST, _stack("stress")), (252 if compact else 352, plans))
    right = (
        _stack("financing", "rules")
        if compact
        else _column((608, _stack("financing")), (REST, _stack("rules")))
    )
    return _row(
        (312 if compact else 432, _stack("risk")),
        (REST, stress),
        (450 if compact else 676, right),
    )


def monitor(compact: bool) -> Split:
    """Watching: every venue, two charts, alerts, feeds, the journal."""
    charts = _row((REST, _stack("chart_btc")), (REST, _stack("chart_eth")))
    right = (
        _stack("alerts", "feeds", "journal")
        if compact
        else _column((396, _stack("alerts")), (260, _stack("feeds")), (REST, _stack("journal")))
    )
    watch = _column((320 if compact else 496, _stack("watch")), (REST, charts))
    return _row(
        (296 if compact else 384, _stack("risk")), (REST, watch), (296 if compact else 368, right)
    )


class Shipped(msgspec.Struct, frozen=True):
    """A layout that ships."""

    name: str
    tree: Callable[[bool], Split]
    host: str
    """The dock behind which one is put that the layout has no place for."""


SHIPPED = {
    "trade": Shipped("Trade", trade, "watch"),
    "risk": Shipped("Risk", risk, "close_out"),
    "monitor": Shipped("Monitor", monitor, "watch"),
}
FIRST = "trade"


# ---- arithmetic ----------------------------------------------------------------------------------


def keys_of(node: Node) -> Iterator[str]:
    """Every dock of an arrangement."""
    if isinstance(node, Stack):
        yield from node.keys
    else:
        for _, part in node.parts:
            yield from keys_of(part)


def stacks_of(node: Node) -> Iterator[Stack]:
    """Every place of an arrangement, by the docks that share it."""
    if isinstance(node, Stack):
        yield node
    else:
        for _, part in node.parts:
            yield from stacks_of(part)


def handle_of(part: Node) -> str:
    """The dock by which a part is sized: Qt sizes the innermost split around it that runs so."""
    if isinstance(part, Split):
        alone = [node for _, node in part.parts if isinstance(node, Stack)]
        part = alone[0] if alone else part
    return next(keys_of(part))


def extent_of(part: Node, boxes: dict[str, Box], *, across: bool) -> int:
    """Width or height of a part in pixels, by the boxes of its docks."""
    inside = [boxes[key] for key in keys_of(part)]
    if across:
        return max(1, max(b.x + b.width for b in inside) - min(b.x for b in inside))
    return max(1, max(b.y + b.height for b in inside) - min(b.y for b in inside))


def without(node: Node, there: Collection[str]) -> Node | None:
    """Leave only docks that are there; their neighbours take the place."""
    if isinstance(node, Stack):
        keys = tuple(key for key in node.keys if key in there)
        return Stack(keys) if keys else None
    kept = [(size, left) for size, part in node.parts if (left := without(part, there))]
    if len(kept) == 1:
        return kept[0][1]
    return Split(node.across, tuple(kept)) if kept else None


def shares(split: Split, room: int, wishes: Wishes) -> list[int]:
    """Share out a width or height among the parts of a split."""
    room -= GAP * (len(split.parts) - 1)
    rests = [number for number, (size, _) in enumerate(split.parts) if size == REST]
    rests = rests or [len(split.parts) - 1]
    leasts = [least(part, across=split.across) for _, part in split.parts]
    sizes = [
        0 if number in rests else _pixels(size, wishes, room)
        for number, (size, _) in enumerate(split.parts)
    ]
    over = sum(sizes) + sum(leasts[number] for number in rests) - room
    spare = [max(0, size - least_) for size, least_ in zip(sizes, leasts, strict=True)]
    if over > 0 and (most := sum(spare)):
        cut = min(1.0, over / most)
        sizes = [size - int(part * cut) for size, part in zip(sizes, spare, strict=True)]
    left = max(0, room - sum(sizes))
    for number, rest in enumerate(rests):
        sizes[rest] = left // len(rests) + (number < left % len(rests))
    return sizes


def _pixels(size: int | str, wishes: Wishes, room: int) -> int:
    return size if isinstance(size, int) else wished(size, wishes, room)


def least(node: Node, *, across: bool) -> int:
    """The width or height below which a figure would be cut."""
    if isinstance(node, Stack):
        table = LEAST_WIDTH if across else LEAST_HEIGHT
        return max(table.get(key, LEAST) for key in node.keys)
    leasts = [least(part, across=across) for _, part in node.parts]
    return sum(leasts) + GAP * (len(leasts) - 1) if node.across == across else max(leasts)


def places(node: Node, box: Box, wishes: Wishes) -> dict[str, Box]:
    """Return where each dock of an arrangement lies."""
    if isinstance(node, Stack):
        return dict.fromkeys(node.keys, box)
    found: dict[str, Box] = {}
    x, y = box.x, box.y
    room = box.width if node.across else box.height
    for (_, part), size in zip(node.parts, shares(node, room, wishes), strict=True):
        if node.across:
            found |= places(part, Box(x, y, size, box.height), wishes)
            x += size + GAP
        else:
            found |= places(part, Box(x, y, box.width, size), wishes)
            y += size + GAP
    return found
