"""The book's depth: as heat behind the candles, and as a profile at the right edge.

Sizes have no hue of their own behind candles: only how much is there; beside them the pair of
up and down tells bids from asks.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from ui.plotting.arrays import fill_boxes, level_image
from ui.theme import Theme
from ui.viewmodels.candles import Heat, Numbers
from ui.viewmodels.chart_scale import Scale

LEVELS = 12
"""Shades of heat, nothing excluded."""
STRONGEST = 0.6
"""Share of the strongest shade's colour, so that candles stand out before it."""
COLUMN = 2
"""Pixels that a column of heat is wide at least."""
PROFILE_WIDTH = 48
LEAST_BUCKET = 3
"""Pixels of height from which a bucket of the profile can be seen."""


def heat_colors(theme: Theme) -> list[QColor]:
    """From the plot's ground to the strongest shade."""
    ground, full = theme.color("panel"), theme.color("safe_fill")
    shares = [STRONGEST * number / LEVELS for number in range(LEVELS + 1)]
    return [_mixed(ground, full, share) for share in shares]


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(
        (one.red(), one.green(), one.blue()),
        (other.red(), other.green(), other.blue()),
        strict=True,
    )
    return QColor(*(round(a + (b - a) * share) for a, b in parts))


def paint_heat(painter: QPainter, theme: Theme, heat: Heat, scale: Scale, right: float) -> None:
    """Paint how depth developed over what is shown of time and price."""
    if not heat.time_s or not heat.step > 0:
        return
    low = math.floor(scale.low / heat.step) * heat.step
    high = math.ceil(scale.high / heat.step) * heat.step
    count = max(1, int((right - scale.left) / COLUMN))
    times: Numbers = (
        scale.start + (np.arange(count, dtype=np.float64) + 0.5) * COLUMN / scale.pixels_a_second
    )
    sizes = heat.grid(times, low, high)
    known = sizes[sizes > 0]
    if not known.size:
        return
    most = float(np.percentile(known, 98))
    levels = np.ceil(np.sqrt(np.clip(sizes / most, 0, 1)) * LEVELS).astype(np.uint8)
    image = level_image(np.flipud(levels.T), heat_colors(theme))
    top, bottom = scale.y_of(high), scale.y_of(low)
    painter.drawImage(QRectF(scale.left, top, count * COLUMN, bottom - top), image)


def profile_boxes(heat: Heat, scale: Scale, right: float) -> Numbers:
    """The newest column as bars from the right edge: left, top, width, height."""
    if not heat.time_s or not heat.step > 0:
        return np.empty((0, 4))
    sizes, low, step = heat.sizes[-1], heat.low[-1], heat.step
    together = max(1, math.ceil(LEAST_BUCKET / (step * scale.pixels_a_price)))
    if together > 1:
        # Buckets are joined on a grid of prices, so that they stand still while the book moves.
        ahead = round(low / step) % together
        sizes = np.concatenate((np.zeros(ahead), sizes))
        sizes = np.concatenate((sizes, np.zeros(-len(sizes) % together)))
        sizes = sizes.reshape(-1, together).sum(axis=1)
        low, step = low - ahead * heat.step, step * together
    bottoms = low + np.arange(len(sizes)) * step
    seen = (bottoms + step > scale.low) & (bottoms < scale.high) & (sizes > 0)
    if not seen.any():
        return np.empty((0, 4))
    sizes, bottoms = sizes[seen], bottoms[seen]
    width = np.ceil(sizes / sizes.max() * PROFILE_WIDTH)
    top = np.round(scale.bottom - (bottoms + step - scale.low) * scale.pixels_a_price)
    base = np.round(scale.bottom - (bottoms - scale.low) * scale.pixels_a_price)
    height = np.maximum(1, base - top - 1)
    boxes: Numbers = np.column_stack((right - width, top, width, height)).astype(np.float64)
    return boxes


def paint_profile(
    painter: QPainter, theme: Theme, boxes: Numbers, divide: float | None, *, dimmed: bool
) -> None:
    """Bids below the mark's height, asks above; without a mark nobody knows which is which."""
    if not len(boxes):
        return
    if divide is None or dimmed:
        fill_boxes(painter, theme.color("sel"), boxes)
        return
    is_bid = boxes[:, 1] + boxes[:, 3] / 2 >= divide
    fill_boxes(painter, theme.color("bid_fill"), boxes[is_bid])
    fill_boxes(painter, theme.color("ask_fill"), boxes[~is_bid])
