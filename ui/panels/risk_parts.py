"""Parts of an account's card: close-out, collateral, the ratio's half hour, funding to come."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from ui.paint import Align, Ink, Spot
from ui.panels.gauge import draw_sparkline
from ui.viewmodels.close_out_card import CloseOut
from ui.viewmodels.figure import Figure
from ui.viewmodels.funding_forecast import Forecast
from ui.viewmodels.risk import AccountCard, CollateralRow
from ui.viewmodels.translation import tr


def spot(ink: Ink, figure: Figure, box: QRectF) -> None:
    """Remember where a figure stands, for the pointer."""
    ink.spots.append(Spot(box, figure.label, figure.value, figure.of, figure.tip))


def paint_close_out(
    ink: Ink, close_out: CloseOut, inner: QRectF, y: float, *, dim: bool, roomy: bool
) -> float:
    """The common move big, how likely, the marks there, each position alone; return the bottom."""
    theme = ink.theme
    label, pad = theme.face(11), 8 if theme.compact else 12
    said = [(tr("the other way"), close_out.other_side), (tr("marks there"), close_out.marks)]
    lines = [(title, words) for title, words in said if words]
    alone = len(close_out.alone) if roomy else (len(close_out.alone) + 1) // 2
    height = 60 + 18 * (len(lines) + alone)
    box = QRectF(inner.left(), y, inner.width(), height)
    ink.frame("line", "raised", box, radius=4)
    row = QRectF(box.left() + pad, box.top() + 6, box.width() - 2 * pad, 18)
    ink.text("muted", label, tr("Nearest close-out · common move"), row)
    if not theme.compact:
        ink.text("muted", label, tr("margin ratio 1.00"), row, Align.RIGHT)
    row = QRectF(row.left(), row.bottom() + 2, row.width(), 26)
    _move(ink, close_out, row, dim=dim)
    row = QRectF(row.left(), row.bottom() + 2, row.width(), 18)
    for title, words in lines:
        ink.text("muted", label, title, row)
        ink.text("stale" if dim else "text2", theme.face(11, 500), words, row, Align.RIGHT)
        row.translate(0, 18)
    paint = _alone_in_rows if roomy else _alone_in_pairs
    paint(ink, close_out, row, dim=dim)
    return box.bottom()


def _move(ink: Ink, close_out: CloseOut, row: QRectF, *, dim: bool) -> None:
    """The move, its σ beside it, its time at the right, as far as there is room."""
    theme, label = ink.theme, ink.theme.face(11)
    used = ink.text(
        "stale" if dim else close_out.tone.value, theme.face(20, 600), close_out.move, row
    )
    move = QRectF(row.left(), row.top(), used, row.height())
    name = tr("Common move to close-out")
    ink.spots.append(Spot(move, name, close_out.move, close_out.of, close_out.likely))
    free = row.adjusted(used + 14, 3, 0, 3)
    free.setLeft(free.left() + ink.text("text2", label, close_out.sigma, free) + 12)
    if label.width(close_out.time) <= free.width():
        ink.text("text2", label, close_out.time, free, Align.RIGHT)


def _alone_in_rows(ink: Ink, close_out: CloseOut, row: QRectF, *, dim: bool) -> None:
    """A line a position: price, how sure, how far."""
    theme = ink.theme
    for figure, (off, away) in zip(close_out.alone, close_out.beside, strict=True):
        ink.text("muted", theme.face(11), tr("{coin} alone", coin=figure.label), row)
        token = "stale" if dim else figure.tone.value
        for share, face, words, tone in (
            (0.60, theme.face(12, 600), figure.value, token),
            (0.78, theme.face(11), off, "muted"),
            (1.0, theme.face(11, 500), away, "stale" if dim else "text2"),
        ):
            place = QRectF(row.left(), row.top(), row.width() * share, row.height())
            ink.text(tone, face, words, place, Align.RIGHT)
        spot(ink, figure, QRectF(row))
        row.translate(0, 18)


def _alone_in_pairs(ink: Ink, close_out: CloseOut, row: QRectF, *, dim: bool) -> None:
    """Two positions a line, right aligned; how sure each is where there is room for it."""
    theme = ink.theme
    label, text = theme.face(11), theme.face(11, 500)
    told = list(zip(close_out.alone, close_out.beside, strict=True))
    for start in range(0, len(told), 2):
        pair = told[start : start + 2]
        title = tr("each alone") if start == 0 else ""
        ink.text("muted", label, title, row)
        wide = sum(label.width(f"{f.label} {off} ") + text.width(f.value) + 12
                   for f, (off, _) in pair)  # fmt: skip
        has_room = wide + label.width(title) <= row.width()
        right = row.right()
        for figure, (off, _) in reversed(pair):
            before = right
            for face, words, tone in (
                (label, f" {off}" if off and has_room else "", "muted"),
                (text, figure.value, "stale" if dim else figure.tone.value),
                (label, f"{figure.label} ", "muted"),
            ):
                place = QRectF(row.left(), row.top(), right - row.left(), row.height())
                right -= ink.text(tone, face, words, place, Align.RIGHT)
            spot(ink, figure, QRectF(right, row.top(), before - right, row.height()))
            right -= 12
        row.translate(0, 18)


def paint_ratio(
    ink: Ink, card: AccountCard, points: list[float], inner: QRectF, y: float, *, dim: bool
) -> float:
    """The margin ratio with its half hour, the venue's own beside it; return the bottom."""
    theme, token = ink.theme, "stale" if dim else "text"
    row = QRectF(inner.left(), y, inner.width(), 16)
    ink.text("muted", theme.face(11), tr("Margin ratio, 30 min"), row)
    below = QRectF(inner.left(), y + 16, inner.width(), 20)
    used = ink.text(token, theme.face(13, 600), card.margin_ratio, below)
    own = Figure(tr("Margin ratio"), card.margin_ratio, of=f"{card.account}.margin_ratio")
    spot(ink, own, QRectF(below.left(), row.top(), used, 36))
    right = below.right()
    if card.venue_ratio:
        venue = card.subtitle.partition(" ")[0]
        said = tr("{venue}'s own ratio, no haircut", venue=venue)
        ink.text("muted", theme.face(11), said, row, Align.RIGHT)
        words = f"{card.venue_ratio} {tr('↑ is danger')}"
        right -= ink.text("stale" if dim else "text2", theme.face(11, 500), words, below,
                          Align.RIGHT)  # fmt: skip
    left = below.left() + used + 10
    draw_sparkline(ink, points, QRectF(left, below.top() + 3, min(160, right - 12 - left), 14))
    return below.bottom() + 8


def paint_forecast(ink: Ink, forecast: Forecast, inner: QRectF, y: float) -> float:
    """What funding will take or bring, and what that does to close-out; return the bottom."""
    theme = ink.theme
    row = QRectF(inner.left(), y, inner.width(), 18)
    ink.text("text2", theme.face(11), forecast.title, row)
    ink.text("muted", theme.face(11), forecast.next_in, row, Align.RIGHT)
    row.translate(0, 18)
    ink.text("muted", theme.face(11), forecast.moves, row, Align.RIGHT)
    for label, amount, tone in forecast.amounts:
        used = ink.text("muted", theme.face(11), f"{label} ", row)
        row.setLeft(row.left() + used)
        used = ink.text(tone.value, theme.face(11, 500), amount, row)
        row.setLeft(row.left() + used + 12)
    return row.bottom()


def paint_collateral(ink: Ink, card: AccountCard, inner: QRectF, y: float, *, dim: bool) -> float:
    theme = ink.theme
    row = QRectF(inner.left(), y, inner.width(), 18)
    ink.text("muted", theme.face(11), tr("Collateral after haircut"), row)
    token = "stale" if dim else "text2"
    ink.text(token, theme.face(11, 500), card.collateral_total, row, Align.RIGHT)
    paint_bar(
        ink, card.collateral, QRectF(inner.left(), row.bottom() + 2, inner.width(), 8), dim=dim
    )
    y = row.bottom() + 14
    columns = (0.42, 0.0, 0.62, 1.0) if theme.compact else (0.40, 0.66, 0.77, 1.0)
    for asset in card.collateral:
        row = QRectF(inner.left(), y, inner.width(), 20)
        ink.text("text2", theme.face(11, 500), asset.asset, row)
        words = (asset.quantity, asset.price, asset.haircut, asset.counted)
        for share, word, last in zip(columns, words, (False, False, False, True), strict=True):
            if not share:
                continue
            box = QRectF(row.left(), row.top(), row.width() * share, row.height())
            face = theme.face(11, 500 if last else 400)
            ink.text(token if last else "muted", face, word, box, Align.RIGHT)
        y += 20
    return y


def paint_bar(ink: Ink, rows: tuple[CollateralRow, ...], box: QRectF, *, dim: bool) -> None:
    """Segments by value before haircut; the hatched end of each does not count."""
    ink.fill("field", box)
    left = box.left()
    fills = ("safe_fill", "safe", "edge")
    for number, row in enumerate(rows):
        width = box.width() * row.share
        kept = QRectF(left, box.top(), max(0.0, width * (1 - row.cut) - 1), box.height())
        ink.fill("line" if dim else fills[number % len(fills)], kept)
        if row.cut > 0:
            ink.hatch("edge", QRectF(kept.right(), box.top(), width * row.cut, box.height()), 4)
        left += width
