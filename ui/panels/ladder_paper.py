"""The ladder as a picture: a grid that paints itself, and only the rows that changed."""

from __future__ import annotations

from collections import defaultdict
from itertools import zip_longest

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.empty import Lesson, paint_lesson
from ui.paint import Align, Ink, painting
from ui.panels.ladder_places import (
    COLUMNS,
    HEAD,
    PAD,
    PIN,
    PINS_ABOVE,
    PINS_BELOW,
    ROW,
    SMALL_PIN,
    Places,
    packed,
)
from ui.theme import Theme
from ui.viewmodels.ladder import LadderRow, LadderView
from ui.viewmodels.ladder_pins import Pin
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.translation import tr

TITLES = {
    "own": tr("Own"),
    "bid": tr("Bid"),
    "price": tr("Price"),
    "ask": tr("Ask"),
    "volume": tr("Vol"),
}
SAMPLE = "888,888.8"

_CHIP_DRESS = {
    "": ("accent", "accent_tint", "accent"),
    "sent": ("edge", "panel", "muted"),
    "moving": ("accent", "panel", "muted"),
    "cancelling": ("edge", "panel", "muted"),
    "unknown": ("warning", "warn_tint", "warning"),
}
_CHIP_SIGNS = {"sent": "…", "unknown": "?", "moving": "→", "cancelling": "×"}


class LadderPaper(QWidget):
    """Rows, pins and chips; what the hand does with them is the grid's."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.view: LadderView | None = None
        self.dimmed = False
        self.hovered: int | None = None
        """Row under the pointer."""
        self.cursor_row: int | None = None
        """Row that keys act on."""
        self.tag: tuple[int, str, str, str] | None = None
        """Row, side, words and token of what a click would do."""
        self.ghost: tuple[int, str] | None = None
        """Row and words of an order in the hand."""
        self.lifted = ""
        """The order that is in the hand."""
        self._sample = SAMPLE
        self.places = Places(240, 400, 60)
        self.open_rows = range(0)
        """Rows that no pin lies over: only they are painted and touched."""
        self._above: list[tuple[Pin, ...]] = []
        self._below: list[tuple[Pin, ...]] = []

    # ---- measures ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(290, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(216, HEAD + PIN * (PINS_ABOVE + PINS_BELOW) + 3 * ROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.measure()

    def measure(self, sample: str = "") -> None:
        """Take the size that it has now; `sample`: the longest price."""
        self._sample = sample or self._sample
        wide = self.theme.face(12, 600).width(self._sample) + 18
        pin = SMALL_PIN if self.theme.compact else PIN
        self.places = Places(self.width(), self.height(), round(wide), pin)

    # ---- showing ----------------------------------------------------------------------------

    def covered_by(self, view: LadderView) -> tuple[int, int]:
        """Rows at either end that this view's pins lie over."""
        above, below = self._packed(view)
        return self.places.covered_rows(len(above), len(below))

    def _packed(self, view: LadderView) -> tuple[list[tuple[Pin, ...]], list[tuple[Pin, ...]]]:
        face, width = self.theme.face(11), self.width() - 24
        above = packed(view.above, PINS_ABOVE, width, face)
        return above, packed(view.below, PINS_BELOW, width, face)

    def show_view(self, view: LadderView) -> None:
        """Show rows; only what differs is painted again."""
        before, self.view = self.view, view
        pins, (self._above, self._below) = (self._above, self._below), self._packed(view)
        covered = self.covered_by(view)
        self.open_rows = range(covered[0], len(view.rows) - covered[1])
        if (
            before is None
            or pins != (self._above, self._below)
            or (before.book_live, before.mark_live) != (view.book_live, view.mark_live)
        ):
            self.update()
            return
        for number, (old, new) in enumerate(zip_longest(before.rows, view.rows)):
            if old != new:
                self.update(self.places.row_box(number).toRect())

    def look_again(self, *rows: int | None) -> None:
        """Paint some rows again."""
        for row in rows:
            if row is not None:
                self.update(self.places.row_box(row).toRect())

    def pin_at(self, at: QPointF) -> Pin | None:
        """The pin under a point."""
        for line, pins in enumerate(self._above):
            if self.places.above_box(line).contains(at):
                return self._of_line(pins, at)
        for line, pins in enumerate(self._below):
            if self.places.below_box(line, len(self._below)).contains(at):
                return self._of_line(pins, at)
        return None

    def _of_line(self, pins: tuple[Pin, ...], at: QPointF) -> Pin:
        return pins[-1] if at.x() > self.width() / 2 else pins[0]

    # ---- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            ink.fill("panel", QRectF(event.rect()))
            self._words: defaultdict[tuple[str, int], list[tuple[float, float, str]]]
            self._words = defaultdict(list)
            faces = (self.theme.face(12), self.theme.face(12, 600), self.theme.face(11))
            self._faces = faces
            region = event.region()
            view = self.view
            for number, row in enumerate(view.rows if view else ()):
                box = self.places.row_box(number)
                if number in self.open_rows and region.intersects(box.toRect()):
                    self._paint_row(ink, number, row)
            for (token, kind), words in self._words.items():
                ink.painter.setPen(self.theme.color("stale" if self.dimmed else token))
                ink.painter.setFont(faces[kind].font)
                for x, y, text in words:
                    ink.painter.drawText(QPointF(x, y), text)
            self._teach(ink)
            self._paint_over(ink, region)
            self._paint_pins(ink, region)
            if region.intersects(QRect(0, 0, self.width(), HEAD)):
                self._paint_head(ink)

    def _teach(self, ink: Ink) -> None:
        """What is missing: the price that the ladder stands on, or a book that lives."""
        view, places = self.view, self.places
        rows = QRectF(0, places.top, places.width, places.bottom - places.top)
        if view is None:
            words = tr("The ladder stands once the chosen instrument has a mark, a last or a bid.")
            paint_lesson(ink, Lesson(tr("No price yet"), words), rows)
        elif not view.book_live:
            lane = places.row_box(0)
            ink.fill("panel", lane)
            ink.text("warning", self._faces[2], tr("No live book: sizes wait"), lane, Align.CENTER)

    def _word(
        self, token: str, kind: int, text: str, box: QRectF, align: Align = Align.RIGHT
    ) -> None:
        """Lay a word aside: pens and fonts are dear, words of one look are drawn together."""
        face = self._faces[kind]
        if align is Align.RIGHT:
            x = box.right() - face.width(text)
        elif align is Align.LEFT:
            x = box.left()
        else:
            x = box.center().x() - face.width(text) / 2
        self._words[token, kind].append((round(x), box.center().y() + 4.5, text))

    def _paint_row(self, ink: Ink, number: int, row: LadderRow) -> None:
        cell, view = self.places.cell, self.view
        live = view is not None and view.book_live and not self.dimmed
        whole = self.places.row_box(number)
        if number == self.hovered:
            ink.fill("raised", whole)
        ink.rule(whole)
        for column, share, text in (
            ("bid", row.bid_share, row.bid),
            ("ask", row.ask_share, row.ask),
        ):
            box = cell(number, column)
            if share and live:
                self._bar(ink, column, box, share)
            if text:
                inner = box.adjusted(PAD, 0, -PAD, 0)
                side = Align.RIGHT if column == "bid" else Align.LEFT
                self._word(column if live else "stale", 0, text, inner, side)
        volume = cell(number, "volume")
        if row.traded_share:
            long = (volume.width() - 2) * row.traded_share / 100
            ink.fill("sel", QRectF(volume.right() - long, volume.top() + 3, long, ROW - 7))
        words = self.places.volume_words(row, self._faces[0], self._faces[2])
        self._word("text2", 2, words, volume.adjusted(0, 0, -self.places.edge, 0))
        self._paint_price(ink, number, row)
        for mark in row.marks:
            ink.fill("stale" if self.dimmed else mark.token, QRectF(0, whole.bottom() - 2,
                     whole.width(), 2))  # fmt: skip
        if row.marks and not row.chips:
            words = " ".join(dict.fromkeys(mark.word.split()[0] for mark in row.marks))
            own = cell(number, "own").adjusted(self.places.edge, 0, 0, 0)
            self._word(row.marks[-1].token, 2, words, own, Align.LEFT)

    def _bar(self, ink: Ink, side: str, box: QRectF, share: int) -> None:
        long = box.width() * share / 100
        left = box.right() - long if side == "bid" else box.left()
        ink.fill(f"{side}_fill", QRectF(left, box.top() + 1, long, box.height() - 3))

    def _paint_price(self, ink: Ink, number: int, row: LadderRow) -> None:
        """The mark's row inverse, the last trade between two bars."""
        box = self.places.cell(number, "price")
        mark_live = self.view is not None and self.view.mark_live and not self.dimmed
        fill = ("text" if mark_live else "stale") if row.is_mark else "raised"
        ink.fill(fill, box.adjusted(0, 0, 0, -1))
        token = "panel" if row.is_mark else "text"
        if row.is_last:
            bar = "panel" if row.is_mark else "text2"
            ink.fill(bar, QRectF(box.left() + 1, box.top() + 4, 2, ROW - 9))
            ink.fill(bar, QRectF(box.right() - 3, box.top() + 4, 2, ROW - 9))
        if row.is_mark:  # never in the colour of old figures, it stands on that
            ink.text(token, self._faces[1], row.shown, box, Align.CENTER)
        else:
            self._word(token, 0, row.shown, box, Align.CENTER)

    def _paint_over(self, ink: Ink, region: QRegion) -> None:
        """What lies over the words: chips, the tag of a click, the ghost, the cursor."""
        view, places = self.view, self.places
        for number, row in enumerate(view.rows if view else ()):
            is_open = row.chips and number in self.open_rows
            if is_open and region.intersects(places.row_box(number).toRect()):
                for chip, box in places.chips(number, row):
                    self._paint_chip(ink, chip, box, len(row.chips))
        if self.ghost is not None:
            row, words = self.ghost
            box = places.cell(row, "own").adjusted(2, 1, -2, -1)
            ink.fill("panel", box)
            ink.painter.setPen(QPen(self.theme.color("accent"), 1, Qt.PenStyle.DashLine))
            ink.painter.drawRect(box.adjusted(0.5, 0.5, -1, -1))
            ink.text("accent", self._faces[1], words, box, Align.CENTER)
        if self.tag is not None:
            self._paint_tag(ink, *self.tag)
        if self.cursor_row is not None and self.hasFocus() and 0 <= self.cursor_row < places.count:
            ink.frame(
                "accent", None, places.row_box(self.cursor_row).adjusted(0, 0, 0, -1), radius=0
            )

    def _paint_tag(self, ink: Ink, row: int, side: str, words: str, token: str) -> None:
        """What a click would do, on the side of the row where the pointer is not."""
        names = ("ask", "volume") if side == "BUY" else ("own", "bid")
        box = self.places.cell(row, names[0]).united(self.places.cell(row, names[1]))
        fill = {"accent": "accent_tint", "danger": "danger_tint"}.get(token, "raised")
        ink.frame(token, fill, box.adjusted(1, 1, -1, -1))
        face = next(
            (f for f in (self._faces[1], self._faces[2]) if f.width(words) < box.width() - 8),
            self.theme.face(10.5),
        )
        ink.text(token, face, words, box.adjusted(6, 0, -4, -1))

    def _paint_chip(self, ink: Ink, chip: Chip | None, box: QRectF, count: int) -> None:
        if chip is None:
            ink.frame("accent", "panel", box)
            ink.text("accent", self._faces[2], f"+{count - 1}", box, Align.CENTER)
            return
        state = "moving" if chip.id == self.lifted else chip.state
        edge, fill, token = _CHIP_DRESS[state]
        if self.dimmed:
            edge = token = "stale"
        ink.frame(edge, "panel" if chip.waits and not state else fill, box)
        if chip.waits:  # a trigger has a bar at its edge and says what it is
            ink.fill(edge, QRectF(box.left(), box.top(), 3, box.height()))
        role = f"{chip.role} " if chip.waits else ""
        words = f"{_CHIP_SIGNS.get(state, chip.arrow)}{role}{chip.size}"
        face = self._faces[1]
        if face.width(words) > box.width() - 8:
            face, words = self.theme.face(10.5, 600), f"{role}{chip.size}"
        inner = box.adjusted(5, 0, -3, 0)
        width = ink.text(token, face, words, inner)
        queue = self.theme.face(10.5)
        if chip.ahead and queue.width(chip.ahead) + 4 <= inner.width() - width:
            ink.text("muted", queue, chip.ahead, inner, Align.RIGHT)

    def _paint_pins(self, ink: Ink, region: QRegion) -> None:
        places = self.places
        above = self._above or [()]
        for line, pins in enumerate(above):
            box = places.above_box(line)
            if region.intersects(box.toRect()):
                self._paint_pin_line(ink, box, pins, "▲", tr("nothing above"))
        below: list[tuple[Pin, ...]] = [*self._below]
        below += [()] * (PINS_BELOW - len(below))
        for line, pins in enumerate(below):
            box = places.below_box(line, len(below))
            if region.intersects(box.toRect()):
                words = "" if self._below else tr("nothing below") if line == 0 else ""
                self._paint_pin_line(ink, box, pins, "▼", words)

    def _paint_pin_line(
        self, ink: Ink, box: QRectF, pins: tuple[Pin, ...], arrow: str, empty: str
    ) -> None:
        ink.fill("raised", box)
        ink.rule(box)
        face, inner = self._faces[2], box.adjusted(8, 0, -8, 0)
        if not pins:
            if empty:
                ink.text("muted", face, f"{arrow}  {empty}", inner)
            return
        tokens = ["stale" if self.dimmed else pin.token for pin in pins]
        ink.text(tokens[0], face, f"{arrow}  {pins[0].text}", inner)
        if len(pins) == 2:
            ink.text(tokens[1], face, pins[1].text, inner, Align.RIGHT)
        elif pins[0].note:
            ink.text("stale" if self.dimmed else "text2", face, pins[0].note, inner, Align.RIGHT)

    def _paint_head(self, ink: Ink) -> None:
        ink.fill("panel", QRectF(0, 0, self.width(), HEAD))
        for name in COLUMNS:
            left, wide = self.places.columns[name]
            box = QRectF(left + 6, 0, wide - 12, HEAD)
            side = {"own": Align.LEFT, "ask": Align.LEFT, "price": Align.CENTER}
            ink.text("muted", self._faces[2], TITLES[name], box, side.get(name, Align.RIGHT))
        ink.rule(QRectF(0, 0, self.width(), HEAD))
        if self.hasFocus():
            ink.fill("accent", QRectF(0, HEAD - 1, self.width(), 1))
