"""Plain sentences that wrap: never rich text, whatever the desk or a file has in them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.grid import Grid
from ui.paint import Ink, broken, painting, wrap
from ui.theme import Face, Theme
from ui.viewmodels.cells import Cell, Column, Row

LINE = 17


class PlainWords(QWidget):
    """Sentences in one tone; as high as they need at the width they get."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        token: str = "text2",
        width: int = 400,
        *,
        code: bool = False,
        pixels: int = 12,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._code = code
        self._pixels = pixels
        self._hint = width
        self.text, self.token = text, token
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(text)

    def say(self, text: str, token: str = "") -> None:
        """Change the sentence."""
        if (text, token or self.token) != (self.text, self.token):
            self.text, self.token = text, token or self.token
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def _face(self) -> Face:
        return self._theme.face(self._pixels, code=self._code)

    def _lines(self, width: int) -> list[str]:
        room = self.contentsMargins()
        width -= room.left() + room.right()
        return [
            line
            for part in self.text.split("\n")
            for whole in (wrap(self._face(), part, width) or [""])
            for line in broken(self._face(), whole, width)
        ]

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, arg__1: int) -> int:
        room = self.contentsMargins()
        around = room.top() + room.bottom()
        return LINE * len(self._lines(arg__1)) + around if self.text else 0

    def sizeHint(self) -> QSize:
        return QSize(self._hint, self.heightForWidth(self._hint))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, LINE if self.text else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            left, top = self.contentsMargins().left(), self.contentsMargins().top()
            for number, line in enumerate(self._lines(self.width())):
                box = QRectF(left, top + number * LINE, self.width(), LINE)
                ink.text(self.token, self._face(), line, box)


class WordsGrid(Grid):
    """A table with one column of sentences on two lines; what is longer is in the tool tip."""

    def __init__(
        self, theme: Theme, columns: tuple[Column, ...], name: str, words: str = "text"
    ) -> None:
        self.drawn_columns = frozenset({words})
        self._words_at = next(n for n, column in enumerate(columns) if column.key == words)
        super().__init__(theme, columns, name, row_height=38, padding=6)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """Wrap the sentence at the column's width."""
        face = self.theme.face(12)
        lines = wrap(face, cell.text, int(box.width()))
        if len(lines) > 2:
            lines = [lines[0], f"{lines[1]} …"]
        top = box.center().y() - 8 * len(lines)
        token = "stale" if self.dimmed else cell.tone.value
        for place, line in enumerate(lines):
            ink.text(token, face, line, QRectF(box.left(), top + 16 * place, 0, 16))

    def tip_at(self, point: QPoint) -> str:
        """The whole sentence."""
        row = self.rowAt(point.y())
        if row < 0 or self.grid.rows[row].heading:
            return ""
        return self.grid.rows[row].cells[self._words_at].text
