"""Where a figure on a grid of moves passes zero: lines through the squares of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from desk.margin.stress_curves import Floats

Point: TypeAlias = tuple[float, float]
Corner: TypeAlias = tuple[int, int]
Edge: TypeAlias = tuple[Corner, Corner]


def contour(values: Floats, axis: Sequence[float]) -> list[list[Point]]:
    """Return the lines on which values are zero, each as points along it.

    `values[i, j]` stands at (axis[i], axis[j]). Between two neighbours the figure is taken to be
    straight, which margin is but for the bends at tiers. A square that touches an unknown value
    has no line.
    """
    found = _Squares(values, axis)
    sides = values > 0
    known = ~np.isnan(values)
    whole = known[:-1, :-1] & known[1:, :-1] & known[:-1, 1:] & known[1:, 1:]
    count = sides[:-1, :-1].astype(int) + sides[1:, :-1] + sides[:-1, 1:] + sides[1:, 1:]
    crossed = np.argwhere(whole & (count > 0) & (count < 4))
    links: dict[Edge, list[Edge]] = {}
    for i, j in crossed.tolist():
        for one, other in found.links(i, j):
            links.setdefault(one, []).append(other)
            links.setdefault(other, []).append(one)
    return [[found.point(edge) for edge in line] for line in _lines(links)]


class _Squares:
    """Squares between four neighbours, and where lines cross their edges."""

    def __init__(self, values: Floats, axis: Sequence[float]) -> None:
        self._values: list[list[float]] = values.tolist()
        self._axis = axis

    def links(self, i: int, j: int) -> list[tuple[Edge, Edge]]:
        """Return which edges of a square a line joins: two, or four at a saddle."""
        around = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
        edges = [_edge(around[n], around[(n + 1) % 4]) for n in range(4)]
        cut = [n for n in range(4) if self._is_cut(edges[n])]
        if len(cut) == 2:
            return [(edges[cut[0]], edges[cut[1]])]
        middle = sum(self._values[a][b] for a, b in around) / 4
        # At a saddle the middle says which two of the four corners lie on one side.
        shift = (middle > 0) != (self._values[i][j] > 0)
        first = 3 if shift else 0
        return [
            (edges[first], edges[(first + 1) % 4]),
            (edges[(first + 2) % 4], edges[(first + 3) % 4]),
        ]

    def _is_cut(self, edge: Edge) -> bool:
        (a, b), (c, d) = edge
        return (self._values[a][b] > 0) != (self._values[c][d] > 0)

    def point(self, edge: Edge) -> Point:
        """Return where along an edge the value is zero."""
        (a, b), (c, d) = edge
        one, other = self._values[a][b], self._values[c][d]
        share = one / (one - other)
        axis = self._axis
        return (
            axis[a] + share * (axis[c] - axis[a]),
            axis[b] + share * (axis[d] - axis[b]),
        )


def _edge(one: Corner, other: Corner) -> Edge:
    return (one, other) if one <= other else (other, one)


def _lines(links: dict[Edge, list[Edge]]) -> list[list[Edge]]:
    """Join links end to end; open lines begin at their ends, what is left are rings."""
    ends = [edge for edge, others in links.items() if len(others) == 1]
    lines: list[list[Edge]] = []
    seen: set[Edge] = set()
    for start in [*ends, *links]:
        if start in seen:
            continue
        line, at = [start], start
        seen.add(start)
        while (following := next((e for e in links[at] if e not in seen), None)) is not None:
            line.append(following)
            seen.add(following)
            at = following
        is_ring = len(line) > 2 and start in links[at]
        lines.append([*line, start] if is_ring else line)
    return lines
