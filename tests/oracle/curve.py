"""A sum of pieces c0 + c1·w + c2·w² over w > 0, and every point where it is 0.

A curve is its coefficients just above 0 and the points where they change. Straight pieces have
exact roots. A piece with a square (deribit's coin-margined requirement) has roots with a square
root in them: those are enclosed by an integer square root to 1 part in 10⁶⁰ of the discriminant's
own scale, far below the 20 digits anything is compared at.
"""

from dataclasses import dataclass
from fractions import Fraction as F
from functools import lru_cache
from itertools import combinations, pairwise
from math import isqrt

PRECISION = 10**60

EVERYWHERE = "everywhere"
"""Instead of roots: a whole piece is 0."""


@dataclass(frozen=True)
class Curve:
    """Coefficients, and at rising points what is added to them."""

    start: tuple[F, F, F]
    steps: tuple[tuple[F, tuple[F, F, F]], ...] = ()

    def scaled(self, factor):
        """The curve of w' where w = factor × w'."""

        def wider(c):
            return (c[0], c[1] * factor, c[2] * factor * factor)

        return Curve(wider(self.start), tuple((p / factor, wider(c)) for p, c in self.steps))

    def times(self, share):
        """Every value times a number."""

        def more(c):
            return (c[0] * share, c[1] * share, c[2] * share)

        return Curve(more(self.start), tuple((p, more(c)) for p, c in self.steps))


def added(one, other):
    return (one[0] + other[0], one[1] + other[1], one[2] + other[2])


def total(curves):
    start = (F(0), F(0), F(0))
    for curve in curves:
        start = added(start, curve.start)
    steps = sorted((step for curve in curves for step in curve.steps), key=lambda step: step[0])
    return Curve(start, tuple(steps))


@lru_cache(maxsize=4_096)  # a hundred thousand portfolios would fill gigabytes
def largest_of(lines):
    """The curve of max(0, rate × w − amount, …), found by crossing every pair of lines."""
    lines = sorted({(F(0), F(0)), *lines})
    crossings = set()
    for (rate, amount), (other_rate, other_amount) in combinations(lines, 2):
        if rate != other_rate:
            point = (other_amount - amount) / (other_rate - rate)
            if point > 0:
                crossings.add(point)
    points = sorted(crossings)
    inner = [
        *((left + right) / 2 for left, right in zip([F(0), *points], points, strict=False)),
        points[-1] + 1 if points else F(1),
    ]
    best = [max(lines, key=lambda line, w=w: w * line[0] - line[1]) for w in inner]
    pieces = [(-amount, rate, F(0)) for rate, amount in best]
    steps = tuple(
        (point, added(after, (-before[0], -before[1], -before[2])))
        for point, (before, after) in zip(points, pairwise(pieces), strict=True)
        if after != before
    )
    return Curve(pieces[0], steps)


def roots(curve):
    """Every w > 0 at which the curve is 0, rising; EVERYWHERE when a whole piece is."""
    found, coefficients, left = set(), curve.start, F(0)
    for point, change in (*curve.steps, (None, None)):
        if point is None or point > left:
            inside = _roots_of_piece(coefficients)
            if inside is EVERYWHERE:
                return EVERYWHERE
            found |= {w for w in inside if left <= w and w > 0 and (point is None or w <= point)}
        if point is not None:
            coefficients, left = added(coefficients, change), point
    return sorted(found)


def _roots_of_piece(coefficients):
    c0, c1, c2 = coefficients
    if c2:
        return _roots_of_square(c0, c1, c2)
    if c1:
        return [-c0 / c1]
    return [] if c0 else EVERYWHERE


def _roots_of_square(c0, c1, c2):
    discriminant = c1 * c1 - 4 * c2 * c0
    if discriminant < 0:
        return []
    # √(n/d) = √(n·d)/d
    n, d = discriminant.numerator, discriminant.denominator
    root = F(isqrt(n * d * PRECISION**2), d * PRECISION)
    return [(-c1 - root) / (2 * c2), (-c1 + root) / (2 * c2)]


def value(curve, w):
    """The curve at a point."""
    c = _piece(curve, w)
    return c[0] + c[1] * w + c[2] * w * w


def slope_at(curve, w):
    """How steeply the curve comes to a point from below."""
    c = _piece(curve, w)
    return c[1] + 2 * c[2] * w


def _piece(curve, w):
    c = curve.start
    for point, change in curve.steps:
        if point < w:
            c = added(c, change)
    return c
