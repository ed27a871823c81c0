"""Shares of collateral as bars with a tick at their limit."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.paint import Align, Ink, painting
from ui.theme import Theme
from ui.viewmodels.loan_shares import ShareBar

HEIGHT, LEAST_WIDTH, GAP = 46, 138, 16


class ShareBars(QWidget):
    """Side by side, as many a line as fit."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shares: tuple[ShareBar, ...] = ()
        self._dimmed = False

    def show_shares(self, shares: tuple[ShareBar, ...]) -> None:
        """Show a loan's shares."""
        if shares != self._shares:
            self._shares = shares
            self.setAccessibleName(", ".join(f"{s.label} {s.value}, {s.limit}" for s in shares))
            self.setVisible(bool(shares))
            self._fit()
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self._dimmed = dimmed
        self.update()

    def _columns(self, width: int) -> int:
        return max(1, min(len(self._shares), (width + GAP) // (LEAST_WIDTH + GAP)))

    def _fit(self) -> None:
        """As high as its lines are."""
        self.setFixedHeight(HEIGHT * -(-len(self._shares) // self._columns(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        columns = self._columns(self.width())
        wide = (self.width() + GAP) / columns - GAP
        with painting(self, self._theme) as ink:
            for number, share in enumerate(self._shares):
                line, column = divmod(number, columns)
                left, top = column * (wide + GAP), line * HEIGHT
                self._paint(ink, share, QRectF(left, top, wide, HEIGHT))

    def _paint(self, ink: Ink, share: ShareBar, box: QRectF) -> None:
        face = self._theme.face(11)
        row = QRectF(box.left(), box.top(), box.width(), 16)
        ink.text("muted", face, share.label, row)
        token = "stale" if self._dimmed else share.tone.value
        ink.text(token, self._theme.face(11, 600), share.value, row, Align.RIGHT)
        bar = QRectF(box.left(), row.bottom() + 2, box.width(), 5)
        ink.fill("field", bar)
        if share.fill is None:
            ink.hatch("edge", bar, 4)
        else:
            fill = "warn_fill" if share.tone.value == "warning" else "safe_fill"
            length = bar.width() * share.fill
            ink.fill("line" if self._dimmed else fill, QRectF(bar.left(), bar.top(), length, 5))
        ink.fill(
            "text", QRectF(bar.left() + bar.width() * share.tick - 0.75, bar.top() - 2, 1.5, 9)
        )
        ink.text("muted", face, share.limit, QRectF(box.left(), bar.bottom() + 3, box.width(), 16))
