"""Financing: a section a loan, with what may be done about it."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask
from desk.model.events import Answered
from ui.asking import Question
from ui.controls import Button
from ui.exchange import Answer, Exchange
from ui.grid import Grid
from ui.paint import Ink, painting
from ui.panels.cure_options import CureOptions
from ui.panels.risk_card import paint_full
from ui.panels.share_bars import ShareBars
from ui.scroll import thin
from ui.seen import SeenPanel
from ui.spots import Spots
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.cures import cures_of
from ui.viewmodels.financing import (
    COLLATERAL_COLUMNS,
    OWED_COLUMNS,
    STRESS_COLUMNS,
    LoanPanelView,
    financing,
)
from ui.viewmodels.risk import AccountCard
from ui.viewmodels.translation import tr
from ui.words import PlainWords

ACTIONS = (
    ("pledge", tr("Pledge…")),
    ("securities", tr("Securities…")),
    ("draw", tr("Draw…")),
    ("repay", tr("Repay…")),
    ("credit_limit", tr("Credit limit…")),
    ("firm_capital", tr("Firm capital…")),
    ("rate", tr("USD rate…")),
    ("cures", tr("Smallest cure…")),
)
SIDE_BY_SIDE, BESIDE_CURES = 700, 600
"""Widths from which card and tables stand beside one another, and card and cures."""
CARD, ROW = 310, 20
INSET = 6
"""What a table leaves at either side, so that all else begins where its words do."""
CURES_EVERY_MS = 5_000


class FinancingPanel(SeenPanel):
    """All loans, the worst first."""

    asked = Signal(str, str)
    """What shall be done (a key of `ACTIONS`), and the account."""
    explain_asked = Signal(str, str, str, QPoint)
    stage_asked = Signal(object)
    """The cure that a form shall be filled in with."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._exchange: Exchange | None = None
        self._questions: dict[str, Question] = {}
        self.sections: dict[str, LoanSection] = {}
        self._holder = QWidget()
        self._column = QVBoxLayout(self._holder)
        self._column.setContentsMargins(0, 0, 0, 8)
        self.empty = PlainWords(theme, tr("This desk has no financing account."), "muted", 300)
        self.empty.setContentsMargins(12, 12, 12, 12)
        self._column.addWidget(self.empty)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(self._holder)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(tr("Loans"))
        thin(scroll, theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)

    def show_seen(self, frame: DeskFrame) -> None:
        """Show a frame's loans; a section stays where it is while its loan does."""
        views = {view.card.account: view for view in financing(frame)}
        self.empty.setVisible(not views)
        for gone in [name for name in self.sections if name not in views]:
            self.sections.pop(gone).deleteLater()
        for name, view in views.items():
            if name not in self.sections:
                self._add(name)
            section = self.sections[name]
            section.show_loan(view)
            if view.is_called:
                asked = Ask(about="cure", of=name)
                self._questions[name].ask(self._exchange, asked, frame.wall_ms)
            else:
                section.cures.show_cures(())

    def connect_to(self, exchange: Exchange) -> None:
        """What asks the desk for cures."""
        self._exchange = exchange

    def _told(self, asked: Ask, answer: Answer) -> None:
        section = self.sections.get(asked.of)
        if section is not None:
            told = isinstance(answer, Answered)
            section.cures.show_cures(cures_of(answer.data) if told else ())

    def _add(self, name: str) -> None:
        section = self.sections[name] = LoanSection(self._theme)
        section.asked.connect(partial(self._ask, name))
        section.card.explain_asked.connect(self.explain_asked)
        section.cures.stage_asked.connect(self.stage_asked)
        self._questions[name] = Question(CURES_EVERY_MS, self._told)
        self._column.insertWidget(self._column.count() - 1, section)

    def _ask(self, name: str, what: str) -> None:
        self.asked.emit(what, name)

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: every figure is old."""
        for name, section in self.sections.items():
            section.set_dimmed(dimmed)
            if dimmed:
                self._questions[name].lose()
                section.cures.show_cures(())


class LoanSection(QWidget):
    """One loan: its card at the left, its tables at the right, or one above the other."""

    asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.card = LoanCard(theme)
        self.cures = CureOptions(theme)
        self.shares = ShareBars(theme)
        self.collateral = CollateralGrid(theme)
        self.owed = Grid(theme, OWED_COLUMNS, tr("Owed"), row_height=ROW, padding=INSET)
        self.stress = Grid(theme, STRESS_COLUMNS, tr("Stress"), row_height=ROW, padding=INSET)
        self.advances = PlainWords(theme, "", "danger", 400)
        self.notes = PlainWords(theme, "", "warning", 400)
        self.buttons = {key: Button(theme, text) for key, text in ACTIONS}
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._top = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._top.setContentsMargins(0, 0, 12, 0)
        self._top.addWidget(self.card, 1)
        self._top.addWidget(self.cures, 1, Qt.AlignmentFlag.AlignTop)
        self._top.addStretch(0)
        self._box.addLayout(self._top)
        self._box.addWidget(self._tables(), 1)

    def _tables(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        for words in (self.advances, self.notes):
            words.setContentsMargins(INSET, 2, INSET, 2)
        column.addWidget(self.advances)
        column.addWidget(self.collateral)
        column.addLayout(_inset(self.shares))
        for widget in (self.owed, self.stress, self.notes):
            column.addWidget(widget)
        actions = QGridLayout()
        actions.setContentsMargins(INSET, 0, INSET, 0)
        actions.setSpacing(6)
        for place, (key, button) in enumerate(self.buttons.items()):
            button.pixels = 11
            button.setFixedHeight(22)
            button.clicked.connect(partial(self._ask, key))
            actions.addWidget(button, place // 4, place % 4)
        column.addLayout(actions)
        column.addStretch(1)
        return holder

    def _ask(self, key: str, _: bool = False) -> None:
        self.asked.emit(key)

    def show_loan(self, view: LoanPanelView) -> None:
        """Show a loan's words; every table is as high as its rows."""
        self.card.show_card(view.card)
        self.shares.show_shares(view.shares)
        for grid, rows in (
            (self.collateral, view.collateral),
            (self.owed, view.owed),
            (self.stress, view.stress),
        ):
            grid.show_rows(rows)
            grid.setVisible(bool(rows))
            grid.setFixedHeight(26 + ROW * len(rows))
        for words, text in ((self.advances, view.advances), (self.notes, view.notes)):
            words.say(text)
            words.setVisible(bool(text))
        for key, button in self.buttons.items():
            button.setEnabled(not view.is_watched)
            if key == "cures":
                button.setEnabled(view.is_called)

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self.card.set_dimmed(dimmed)
        self.shares.set_dimmed(dimmed)
        for grid in (self.collateral, self.owed, self.stress):
            grid.dimmed = dimmed
            grid.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        width = event.size().width()
        wide = width >= SIDE_BY_SIDE
        beside = BESIDE_CURES <= width < SIDE_BY_SIDE
        self._box.setDirection(across if wide else down)
        self._top.setDirection(across if beside else down)
        self.card.setMinimumWidth(CARD if width >= BESIDE_CURES else 0)
        most = CARD if wide else 16_777_215
        self.card.setMaximumWidth(most)
        self.cures.setMaximumWidth(most)


def _inset(widget: QWidget) -> QVBoxLayout:
    row = QVBoxLayout()
    row.setContentsMargins(INSET, 0, INSET, 0)
    row.addWidget(widget)
    return row


class LoanCard(Spots):
    """The card, painted; as high as it needs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._card: AccountCard | None = None
        self._dimmed = False
        self._height = 300

    def show_card(self, card: AccountCard) -> None:
        """Repaint if anything is different."""
        if card != self._card:
            self._card = card
            figures = ", ".join(f"{figure.label} {figure.value}" for figure in card.figures)
            words = tr(
                "{account} {level}, utilization {used}",
                account=card.account,
                level=card.level_word,
                used=card.utilization,
            )
            if card.cure_within:
                words = tr("{card}, cure within {time}", card=words, time=card.cure_within)
            self.setAccessibleName(f"{words}, {figures}")
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self._dimmed = dimmed
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(CARD, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._card is None:
            return
        with painting(self, self._theme) as ink:
            dim = self._dimmed or self._card.is_stale
            bottom = int(paint_full(ink, self._card, [], 0, self.width(), dim=dim))
            self.keep_spots(ink)
        if bottom != self._height:
            self._height = bottom
            self.updateGeometry()


class CollateralGrid(Grid):
    """Lines of collateral; the share is drawn as a bar with a tick at its cap."""

    drawn_columns = frozenset({"share", "counted"})

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, COLLATERAL_COLUMNS, tr("Collateral"), row_height=ROW, padding=INSET)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """What counts and what does not; share as length, cap as a tick, figures after it."""
        if self.grid.columns[number].key == "counted":
            self._paint_counted(ink, cell, box)
            return
        bar = QRectF(box.left(), round(box.center().y()) - 3, 56, 6)
        ink.fill("field", bar)
        token = "stale" if self.dimmed else cell.tone.value
        if cell.value is not None:
            fill = "danger_fill" if cell.tone.value == "danger" else "safe_fill"
            length = bar.width() * min(1.0, max(0.0, cell.value))
            ink.fill("line" if self.dimmed else fill, QRectF(bar.left(), bar.top(), length, 6))
        if cell.unit:
            at = bar.left() + bar.width() * float(Decimal(cell.unit))
            ink.fill("text", QRectF(at, bar.top() - 2, 1.5, bar.height() + 4))
        ink.text(token, self.theme.face(11), cell.text, box.adjusted(64, 0, 0, 0))

    def _paint_counted(self, ink: Ink, cell: Cell, box: QRectF) -> None:
        """As long as its value among all; the part that does not count is hatched."""
        if cell.value is None:
            return
        width = box.width() * min(1.0, max(0.0, cell.value))
        kept = width * float(Decimal(cell.unit or "0"))
        bar = QRectF(box.left(), round(box.center().y()) - 4, width, 8)
        ink.hatch("edge", bar.adjusted(kept, 0, 0, 0), 4)
        ink.fill("line" if self.dimmed else "safe_fill", QRectF(bar.left(), bar.top(), kept, 8))
