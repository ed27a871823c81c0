"""How an account's card is drawn: hero figure, gauge, figures, close-out, collateral."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from ui import icons
from ui.paint import Align, Ink, Spot
from ui.panels.gauge import draw_gauge, draw_sparkline
from ui.panels.risk_parts import (
    paint_close_out,
    paint_collateral,
    paint_forecast,
    paint_ratio,
    spot,
)
from ui.viewmodels.figure import Figure
from ui.viewmodels.funding_forecast import Forecast
from ui.viewmodels.risk import AccountCard
from ui.viewmodels.translation import tr

PAD, ROOMY_PAD = 12, 16
ROOMY = 410
"""Width from which a card says more: the accounts column of the Risk layout."""


def paint_full(
    ink: Ink,
    card: AccountCard,
    points: list[float],
    top: float,
    width: float,
    *,
    dim: bool,
    forecast: Forecast | None = None,
) -> float:
    """The worst account with everything; return the bottom."""
    gap = 8 if ink.theme.compact else 12
    inner, roomy = _inner(top, width), width >= ROOMY
    y = _head(ink, card, inner, dim=dim)
    if card.since and not card.cure_within:  # else the countdown tells
        ink.text("text2", ink.theme.face(11), card.since, QRectF(inner.left(), y - 6, 0, 16))
        y += 14
    if card.cure_within:
        y = _countdown(ink, card, inner, y)
    has_spark = roomy and card.gauge.has_ratio
    y = _hero(ink, card, None if has_spark else points, inner, y, dim=dim)
    y += draw_gauge(ink, card.gauge, QRectF(inner.left(), y, inner.width(), 0), dim=dim) + gap
    y = paint_figures(ink, card.figures, QRectF(inner.left(), y, inner.width(), 0), dim=dim) + 2
    if has_spark:
        y = paint_ratio(ink, card, points, inner, y, dim=dim)
    if card.close_out:
        y = paint_close_out(ink, card.close_out, inner, y, dim=dim, roomy=roomy) + gap
    if card.collateral:
        y = paint_collateral(ink, card, inner, y, dim=dim)
    if forecast is not None and roomy:
        y = paint_forecast(ink, forecast, inner, y + gap)
    return y + gap


def _inner(top: float, width: float) -> QRectF:
    pad = ROOMY_PAD if width >= ROOMY else PAD
    return QRectF(pad, top, width - 2 * pad, 0)


def paint_small(ink: Ink, card: AccountCard, top: float, width: float, *, dim: bool) -> float:
    """Another account: name, level, gauge, two figures; return the bottom."""
    inner = _inner(top + 10, width)
    inner.setHeight(24 if width >= ROOMY else 20)
    theme = ink.theme
    used = ink.text("text", theme.face(12, 600), card.account, inner)
    note = card.subtitle if card.is_margined else tr("no leverage")
    if not card.is_margined or card.is_idle:
        shown = card.holdings or tr("empty")
        free = inner.width() - ink.text(
            "stale" if dim else "text2", theme.face(11), shown, inner, Align.RIGHT
        )
        _note(ink, note, inner, used, free)
        return inner.bottom() + 10
    chip = _level(ink, card, inner.right(), inner.center().y(), dim=dim)
    used_box = inner.adjusted(0, 0, -chip - 8, 0)
    token = "stale" if dim else card.tone.value
    face = theme.face(20 if width >= ROOMY else 13, 600)
    wide = ink.text(token, face, card.utilization, used_box, Align.RIGHT)
    _ratio_spots(ink, card, used_box.adjusted(used_box.width() - wide, 0, 0, 0), QRectF())
    _note(ink, note, inner, used, used_box.width() - wide)
    gauge_box = QRectF(inner.left(), inner.bottom() + 6, inner.width(), 0)
    y = gauge_box.top() + draw_gauge(ink, card.gauge, gauge_box, lane=8, scale=False, dim=dim)
    line = QRectF(inner.left(), y + 4, inner.width(), 18)
    for figure in (card.figures[0], card.figures[2]):
        shown = f"{figure.label} {figure.value}"
        width = ink.text("stale" if dim else "muted", theme.face(11), shown, line)
        spot(ink, figure, QRectF(line.left(), line.top(), width, line.height()))
        line.setLeft(line.left() + width + 14)
    if theme.face(11).width(card.note) <= line.width():
        ink.text("muted", theme.face(11), card.note, line, Align.RIGHT)
    return line.bottom() + 8


def _note(ink: Ink, note: str, row: QRectF, used: float, free: float) -> None:
    """What an account is, where there is room for it."""
    face = ink.theme.face(11)
    if used + 8 + face.width(note) + 8 <= free:
        ink.text("muted", face, note, row.adjusted(used + 8, 0, 0, 0))


def _head(ink: Ink, card: AccountCard, inner: QRectF, *, dim: bool) -> float:
    theme = ink.theme
    row = QRectF(inner.left(), inner.top() + 12, inner.width(), 22)
    used = ink.text("text", theme.face(13, 600), card.account, row)
    ink.text("muted", theme.face(11), card.subtitle, row.adjusted(used + 8, 0, 0, 0))
    _level(ink, card, row.right(), row.center().y(), dim=dim)
    return row.bottom() + 6


def _level(ink: Ink, card: AccountCard, right: float, y: float, *, dim: bool) -> float:
    """The level's chip: that all is well is not known of old figures; return its width."""
    kind = "UNKNOWN" if dim and card.level == "NORMAL" else card.level
    word = tr("STALE") if kind != card.level else card.level_word
    return ink.chip(kind, word, right, y)


def _countdown(ink: Ink, card: AccountCard, inner: QRectF, y: float) -> float:
    box = QRectF(inner.left(), y, inner.width(), 36)
    ink.frame("danger", "danger_tint", box, radius=4)
    theme = ink.theme
    color = theme.color("danger").name()
    icons.draw(ink.painter, "clock", color, QRectF(box.left() + 12, box.center().y() - 7, 14, 14))
    words = box.adjusted(36, 0, -12, 0)
    used = ink.text("text", theme.face(12), tr("Cure within"), words)
    ink.text("danger", theme.face(18, 600), card.cure_within, words.adjusted(used + 10, 0, 0, 0))
    label = theme.face(11)
    free = words.width() - used - 20 - theme.face(18, 600).width(card.cure_within)
    told = (f"{tr('until close-out may begin')} · {card.cure_by}", card.cure_by)
    note = next((one for one in told if label.width(one) <= free), "")
    ink.text("text2", label, note, words, Align.RIGHT)
    return box.bottom() + 8


def _hero(
    ink: Ink, card: AccountCard, points: list[float] | None, inner: QRectF, y: float, *, dim: bool
) -> float:
    """Utilization big; the ratio and its half hour at the right, unless they stand below."""
    theme = ink.theme
    size = 26 if theme.compact else 32
    row = QRectF(inner.left(), y, inner.width(), size + 10)
    token = "stale" if dim else card.tone.value
    used = ink.text(token, theme.face(size, 600), card.utilization, row)
    label = QRectF(row.left() + used + 12, row.center().y(), row.width(), 16)
    what = tr("loan ÷ margin value") if card.gauge.is_loan else tr("margin utilization")
    named = label.left() + ink.text("muted", theme.face(11), what, label) + 8
    if card.gauge.has_ratio and points is not None:
        ratio = theme.face(11, 600)
        above = QRectF(row.left(), row.top(), row.width(), 16)
        shown = "stale" if dim else "text2"
        width = ratio.width(card.margin_ratio)
        _ratio_spots(
            ink,
            card,
            QRectF(row.left(), row.top(), used, row.height()),
            above.adjusted(above.width() - width - 80, 0, 0, 0),
        )
        ink.text(shown, ratio, card.margin_ratio, above, Align.RIGHT)
        ink.text(
            "muted", theme.face(11), tr("margin ratio"), above.adjusted(0, 0, -width - 6, 0),
            Align.RIGHT,
        )  # fmt: skip
        start = max(row.right() - 84, named)
        draw_sparkline(ink, points, QRectF(start, row.top() + 22, row.right() - 4 - start, 14))
    else:
        _ratio_spots(ink, card, QRectF(row.left(), row.top(), used, row.height()), QRectF())
    return row.bottom() + 6


def paint_figures(
    ink: Ink, figures: tuple[Figure, ...], box: QRectF, *, dim: bool = False
) -> float:
    """Labels over values, three to a row; return the bottom."""
    theme = ink.theme
    label, value = theme.face(11), theme.face(13, 500)
    small = theme.face(11, 500)
    pitch = 38 if theme.compact else 44
    column = box.width() / 3
    for number, figure in enumerate(figures):
        left = box.left() + number % 3 * column
        top = box.top() + number // 3 * pitch
        ink.text("muted", label, figure.label, QRectF(left, top, column, 16), Align.LEFT)
        token = "stale" if dim else figure.tone.value
        fits = value.width(figure.value) < column
        place = QRectF(left, top + 16, column, 20)
        ink.text(token, value if fits else small, figure.value, place, Align.LEFT)
        spot(ink, figure, QRectF(left, top, column, 36))
    return box.top() + (len(figures) + 2) // 3 * pitch


def _ratio_spots(ink: Ink, card: AccountCard, used: QRectF, ratio: QRectF) -> None:
    """Utilization, and the margin ratio where there is one."""
    name = "utilization" if card.gauge.is_loan else "margin_utilization"
    figure = f"{card.account}.{name}"
    ink.spots.append(Spot(used, tr("Utilization"), card.utilization, figure))
    if not ratio.isEmpty():
        figure = f"{card.account}.margin_ratio"
        ink.spots.append(Spot(ratio, tr("Margin ratio"), card.margin_ratio, figure))
