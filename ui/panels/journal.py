"""The journal of a day: its rows with a filter, the sealed chain, and the timeline to replay it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button, Choice, Field
from ui.grid import Grid
from ui.paint import Ink, painting
from ui.panels.timeline import Timeline
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.journal import KINDS, JournalDay, columns, kind_words
from ui.viewmodels.translation import tr


class JournalGrid(Grid):
    """The rows; Enter or a double click shows the screen of one."""

    drawn_columns = frozenset({"text"})
    opened = Signal(str)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The sentence, as far as it goes."""
        face = self.theme.face(12)
        text = QFontMetricsF(face.font).elidedText(
            cell.text, Qt.TextElideMode.ElideRight, box.width()
        )
        ink.text("stale" if self.dimmed else cell.tone.value, face, text, box)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected_key():
            self.opened.emit(self.selected_key())
        else:
            super().keyPressEvent(event)


class JournalPanel(QWidget):
    """Says what is wanted; `ui.journal_desk` asks the desk and `ui.replay` shows the film."""

    day_chosen = Signal(str)
    row_opened = Signal(str)
    """Key of the row whose screen shall be shown."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._day: JournalDay | None = None
        self.days = Choice(theme, tr("Day"), [])
        self.kind = Choice(theme, tr("Kind"), [*kind_words().values()])
        self.filter = Field(theme, tr("Filter"), figure=False)
        self.show_screen = Button(theme, tr("Show the screen"), "plain")
        self.show_screen.setToolTip(tr("Show the whole window as it was at this row (Enter)"))
        self.copy_seal = Button(theme, tr("Copy the seal"), "plain")
        self.copy_seal.hide()
        self.grid = JournalGrid(theme, columns(), tr("Journal"), padding=5)
        self.timeline = Timeline(theme)
        self.foot = _Foot(theme)
        self._arrange()
        self.days.activated.connect(self._choose_day)
        self.kind.currentIndexChanged.connect(self._filter)
        self.filter.textChanged.connect(self._filter)
        self.grid.doubleClicked.connect(self._open)
        self.grid.opened.connect(self.row_opened)
        self.show_screen.clicked.connect(self._open)
        self.copy_seal.clicked.connect(self._copy_seal)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(6, 4, 6, 4)
        head.setSpacing(4)
        head.addWidget(self.days)
        head.addWidget(self.kind)
        head.addWidget(self.filter, 1)
        head.addWidget(self.show_screen)
        head.addWidget(self.copy_seal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.grid, 1)
        column.addWidget(self.timeline)
        column.addWidget(self.foot)

    def is_seen(self) -> bool:
        """Whether anything of it is on the screen: behind another tab nothing is."""
        return self.isVisible() and not self.grid.viewport().visibleRegion().isEmpty()

    def show_day(self, day: JournalDay) -> None:
        """Show what is known of a day."""
        self._day = day
        if [self.days.itemText(n) for n in range(self.days.count())] != day.days:
            self.days.clear()
            self.days.addItems(day.days)
            self.days.updateGeometry()
        self.days.setCurrentText(day.day)
        self._filter()
        self.timeline.show_day(day)
        self.copy_seal.setVisible(day.seal is not None)
        self.copy_seal.setToolTip(as_text(day.seal_text()))
        self.foot.say(day.chain_words(), day.film_words(), warns=bool(day.film_note))

    def show_at(self, wall_ms: int | None) -> None:
        """Where the replay stands."""
        self.timeline.show_at(wall_ms)

    def show_trouble(self, words: str) -> None:
        """The journal cannot be read, or does not hold."""
        self.foot.say(words, "", warns=True)

    def _choose_day(self, _: int) -> None:
        self.day_chosen.emit(self.days.currentText())

    def _filter(self, *_: object) -> None:
        if self._day is not None:
            self._day.kinds = KINDS[[*KINDS][max(0, self.kind.currentIndex())]]
            self._day.text = self.filter.text().strip()
            self.grid.show_rows(self._day.rows())

    def _copy_seal(self, *_: object) -> None:
        if self._day is not None:
            QGuiApplication.clipboard().setText(self._day.seal_text())

    def _open(self, *_: object) -> None:
        if key := self.grid.selected_key():
            self.row_opened.emit(key)


class _Foot(QWidget):
    """The chain on the left, the film on the right, one under the other where there is no room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = ("", "")
        self._warns = False
        self.setFixedHeight(36)

    def say(self, chain: str, film: str, *, warns: bool) -> None:
        if (chain, film, warns) != (*self._words, self._warns):
            self._words, self._warns = (chain, film), warns
            self.setAccessibleName(f"{chain} {film}".strip())
            self.setToolTip(as_text(f"{chain}\n{film}".strip()))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect()).adjusted(10, 2, -10, -4)
            ink.fill("panel", QRectF(self.rect()))
            face = self._theme.face(11)
            metrics = QFontMetricsF(face.font)
            half = box.height() / 2
            for number, words in enumerate(self._words):
                token = "warning" if self._warns and (number or not self._words[1]) else "muted"
                line = QRectF(box.left(), box.top() + number * half, box.width(), half)
                text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
                ink.text(token, face, text, line)
