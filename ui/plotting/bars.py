"""Candles and volume as boxes of whole pixels: hollow is up, filled is down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from ui.plotting.arrays import fill_boxes
from ui.theme import Theme
from ui.viewmodels.candles import Candles, Numbers
from ui.viewmodels.chart_scale import Scale

VOLUME_SHARE = 0.2
"""Of the plot's height that the greatest volume takes."""
BODY_SHARE = 0.7
LEAST_HOLLOW = 4
"""Pixels from which a body has an inside."""


class Boxes(NamedTuple):
    """Left, top, width, height of each wick and body."""

    wicks: Numbers
    bodies: Numbers
    is_up: NDArray[np.bool_]


def body_width(scale: Scale, bar_s: int) -> int:
    """An odd number of pixels, so that the wick stands in the middle."""
    pitch = bar_s * scale.pixels_a_second
    return 1 if pitch < 3 else max(1, int(pitch * BODY_SHARE / 2) * 2 + 1)


def candle_boxes(candles: Candles, part: slice, scale: Scale) -> Boxes:
    """Where some candles stand."""
    values = candles.values
    opened, closed = values["open"][part], values["close"][part]
    middle, width = _middles(candles, part, scale), body_width(scale, candles.bar_s)
    ys = [
        np.floor(scale.bottom - (prices - scale.low) * scale.pixels_a_price)
        for prices in (
            values["high"][part],
            values["low"][part],
            np.maximum(opened, closed),
            np.minimum(opened, closed),
        )
    ]
    one = np.ones_like(middle)
    wicks = np.column_stack((middle, ys[0], one, ys[1] - ys[0] + 1))
    bodies = np.column_stack((middle - width // 2, ys[2], one * width, ys[3] - ys[2] + 1))
    return Boxes(wicks, bodies, closed >= opened)


def _middles(candles: Candles, part: slice, scale: Scale) -> Numbers:
    times = candles.start[part] + candles.bar_s / 2
    return np.floor(scale.left + (times - scale.start) * scale.pixels_a_second)


def paint_candles(painter: QPainter, theme: Theme, boxes: Boxes, *, dimmed: bool) -> None:
    """Up and down in their colours, and by their shape."""
    for token, chosen in (("bid", boxes.is_up), ("ask", ~boxes.is_up)):
        color = theme.color("stale" if dimmed else token)
        fill_boxes(painter, color, boxes.wicks[chosen])
        fill_boxes(painter, color, boxes.bodies[chosen])
    up = boxes.bodies[boxes.is_up]
    if len(up) and up[0, 2] >= LEAST_HOLLOW:
        inside = up[up[:, 3] >= LEAST_HOLLOW - 1] + np.array((1, 1, -2, -2))
        fill_boxes(painter, theme.color("panel"), inside)


def volume_boxes(candles: Candles, part: slice, scale: Scale, most: float) -> Numbers:
    """Bars from the bottom up; `most` is as high as one gets."""
    middle, width = _middles(candles, part, scale), body_width(scale, candles.bar_s)
    share = np.nan_to_num(candles.values["volume"][part]) / most if most > 0 else middle * 0
    height = np.ceil(np.clip(share, 0, 1) * (scale.bottom - scale.top) * VOLUME_SHARE)
    one = np.ones_like(middle)
    return np.column_stack((middle - width // 2, scale.bottom - height, one * width, height))
