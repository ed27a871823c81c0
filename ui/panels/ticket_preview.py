"""The painted lower half of the ticket: before → after, and the reasons against."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desk.model.events import Denial
from ui import icons
from ui.controls import Button
from ui.paint import Align, Ink, painting, wrap
from ui.theme import Theme
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.text import ARROW
from ui.viewmodels.ticket import EMPTY_COSTS, EMPTY_ROWS, BeforeAfter, PreviewView
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

ROW = 20
STAGED = 34
"""Height of the row that says what would pass."""


class PreviewBlock(QWidget):
    """What the order would do, after this fill and all working orders."""

    def __init__(self, theme: Theme, title: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._title = title or tr("Preview · after fill and all working orders")
        self._rows: tuple[BeforeAfter, ...] = EMPTY_ROWS
        self._costs: tuple[tuple[str, str], ...] = EMPTY_COSTS
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_preview(self, view: PreviewView | None, *, dimmed: bool) -> None:
        """Show a preview; dimmed while it is about an older draft."""
        rows = view.rows if view is not None and view.rows else EMPTY_ROWS
        costs = view.costs if view is not None and view.costs else EMPTY_COSTS
        if (rows, costs, dimmed) != (self._rows, self._costs, self._dimmed):
            self._rows, self._costs, self._dimmed = rows, costs, dimmed
            self.setAccessibleName(tr("Preview: {rows}", rows=", ".join(map(_spoken, rows))))
            self.update()

    def row_height(self) -> int:
        """Tighter on a small screen."""
        return 17 if self._theme.compact else ROW

    def _head(self) -> int:
        return 18 if self._theme.compact else 22

    def sizeHint(self) -> QSize:
        costs = 22 if self._theme.compact else 44
        return QSize(200, self._head() + self.row_height() * len(EMPTY_ROWS) + costs)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            theme, width = self._theme, float(self.width())
            label, strong, plain = theme.face(11), theme.face(12, 600), theme.face(12)
            ink.text("muted", label, self._title, QRectF(0, 0, width, self._head() - 2))
            y = float(self._head())
            for row in self._rows:
                box = QRectF(0, y, width, self.row_height())
                ink.text("muted", theme.face(12), row.label, box)
                token = "stale" if self._dimmed and row.tone is not Tone.MUTED else row.tone.value
                ink.text(token, strong, row.after, box, Align.RIGHT)
                arrow = QRectF(0, y, width - (66 if theme.compact else 84), self.row_height())
                ink.text("muted", plain, ARROW, arrow, Align.RIGHT)
                before = QRectF(0, y, width - (84 if theme.compact else 106), self.row_height())
                ink.text(
                    "stale" if self._dimmed else "text2", plain, row.before, before, Align.RIGHT
                )
                y += self.row_height()
            ink.fill("line", QRectF(0, y + 3, width, 1))
            self._paint_costs(ink, QRectF(0, y + 6, width, 20))

    def _paint_costs(self, ink: Ink, box: QRectF) -> None:
        label, figure = self._theme.face(11), self._theme.face(11, 500)
        places = (Align.LEFT, Align.CENTER, Align.RIGHT)
        shown = self._costs[:3] if self._theme.compact else self._costs
        for number, (name, value) in enumerate(shown):
            align = places[number % 3]
            if number == 3:
                box = box.translated(0, 17)
            total = label.width(name) + 5 + figure.width(value)
            left = {
                Align.LEFT: box.left(),
                Align.CENTER: box.center().x() - total / 2,
                Align.RIGHT: box.right() - total,
            }[align]
            used = ink.text("muted", label, name, QRectF(left, box.top(), total, box.height()))
            place = QRectF(left + used + 5, box.top(), total, box.height())
            ink.text("stale" if self._dimmed else "text2", figure, value, place)


def _spoken(row: BeforeAfter) -> str:
    return tr("{label} {before} to {after}", label=row.label, before=row.before, after=row.after)


class DenialBlock(QWidget):
    """Every reason as a sentence, with its code and origin; as high as it needs."""

    def __init__(self, theme: Theme, what: str = "") -> None:
        """`what` ends the head: `2 reasons why …`."""
        super().__init__()
        self._theme = theme
        self._what = what or tr("this order cannot be sent")
        self._denials: tuple[Denial, ...] = ()
        self._would = ""
        self.stage = Button(theme, tr("Stage"), "accent")
        self.stage.setParent(self)
        self.stage.setFixedHeight(24)
        self.stage.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_denials(self, denials: tuple[Denial, ...], would: str = "") -> bool:
        """Show the reasons and, last, what would pass; True if they changed."""
        if (denials, would) == (self._denials, self._would):
            return False
        self._denials, self._would = denials, would
        self.stage.setVisible(bool(would))
        self.setVisible(bool(denials))
        self.setAccessibleName(
            self.head() + ": " + " ".join([*(denial_sentence(denial) for denial in denials), would])
        )
        self.updateGeometry()
        self.update()
        return True

    def head(self) -> str:
        """How many reasons there are."""
        if len(self._denials) == 1:
            return tr("1 reason {what}", what=self._what)
        return tr("{denials} reasons {what}", denials=len(self._denials), what=self._what)

    def height_at(self, width: int) -> int:
        """How high the block is at a width."""
        face = self._theme.face(12, 500)
        lines = sum(len(wrap(face, denial_sentence(d), width - 24)) for d in self._denials)
        would = STAGED if self._would else 0
        return 30 + 16 * lines + 26 * len(self._denials) + 2 + would if self._denials else 0

    def sizeHint(self) -> QSize:
        return QSize(200, self.height_at(max(200, self.width())))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            theme, width = self._theme, float(self.width())
            ink.frame("danger", "panel", QRectF(0, 0, width, self.height()), radius=4)
            head = QRectF(1, 1, width - 2, 28)
            ink.fill("danger_tint", head)
            color = theme.color("danger").name()
            icons.draw(painter, "deny", color, QRectF(12, 9, 12, 12))
            ink.text("danger", theme.face(12, 600), self.head(), head.adjusted(30, 0, 0, 0))
            y = 30.0
            for denial in self._denials:
                y = self._paint_denial(ink, denial, y, width)
            if self._would:
                row = QRectF(1, y, width - 2, STAGED)
                ink.fill("raised", row)
                ink.text("text", theme.face(12, 500), self._would, row.adjusted(11, 0, -80, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        width = self.stage.sizeHint().width()
        self.stage.setGeometry(self.width() - width - 10, self.height() - STAGED + 5, width, 24)

    def _paint_denial(self, ink: Ink, denial: Denial, y: float, width: float) -> float:
        theme = self._theme
        face = theme.face(12, 500)
        for line in wrap(face, denial_sentence(denial), int(width) - 24):
            ink.text("text", face, line, QRectF(12, y + 4, width, 16))
            y += 16
        code = QRectF(12, y + 4, width - 24, 16)
        ink.text("muted", theme.face(10.5, code=True), denial.code, code)
        ink.text("muted", theme.face(10.5), said(denial.origin), code, Align.RIGHT)
        ink.fill("line", QRectF(1, y + 25, width - 2, 1))
        return y + 26
