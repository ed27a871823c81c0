"""The risk panel: am I safe? Painted cards, the worst account first and in full."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask
from desk.model.events import Answered
from ui.asking import Question
from ui.exchange import Answer, Exchange
from ui.paint import Ink, Spot, cut, painting
from ui.panels.cure_card import CureCard
from ui.panels.risk_card import ROOMY, paint_figures, paint_full, paint_small
from ui.scroll import thin
from ui.spots import Spots
from ui.theme import Theme
from ui.viewmodels.cures import cures_of, smallest_cure
from ui.viewmodels.figure import Figure
from ui.viewmodels.funding_forecast import Forecast, funding_forecast
from ui.viewmodels.ratio_history import RatioHistory
from ui.viewmodels.risk import AccountCard, RiskView, risk_view
from ui.viewmodels.translation import tr

CURES_EVERY_MS, CARRY_EVERY_MS = 5_000, 10_000


LINE = 18
"""Height of what is said under the totals."""


class RiskPanel(QWidget):
    """All accounts; the desk's totals stay at the bottom."""

    explain_asked = Signal(str, str, str, QPoint)
    """Figure, its label, its value as shown, and where on the screen."""
    cures_asked = Signal(str)
    """The account that is to be cured."""
    stage_asked = Signal(object)
    """The cure that ticket or form shall be filled in with."""
    rehearse_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._history = RatioHistory()
        self._wall_ms = 0
        self.cards = RiskCards(theme, self._history)
        self.totals = _Totals(theme)
        for painted in (self.cards, self.totals):
            painted.explain_asked.connect(self.explain_asked)
        self._exchange: Exchange | None = None
        self._cures = Question(CURES_EVERY_MS, self._told_cures)
        self._carry = Question(CARRY_EVERY_MS, self._told_carry)
        self.cure_card = CureCard(theme)
        self.cure = self.cure_card.compare
        self.cure_card.compare_asked.connect(self.cures_asked)
        self.cure_card.stage_asked.connect(self.stage_asked)
        self.cure_card.rehearse_asked.connect(self.rehearse_asked)
        scroll = QScrollArea()
        scroll.setWidget(self.cards)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        thin(scroll, theme)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName(tr("Risk by account"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(self.cure_card)
        column.addWidget(self.totals)
        self.setMinimumWidth(280)

    def show_frame(self, frame: DeskFrame) -> None:
        """Show a frame's accounts."""
        self._history.take(frame)
        view = risk_view(frame)
        self.cards.show_risk(view)
        self.totals.show_totals(view.totals, view.missing)
        self.cure_card.call(view.called, calm=view.is_calm)
        self.cure_card.setVisible(bool(view.called or frame.positions))
        self._wall_ms = frame.wall_ms
        if not self.cards.visibleRegion().isEmpty():
            self._ask(view)

    def connect_to(self, exchange: Exchange) -> None:
        """What asks the desk for cures and for the funding to come."""
        self._exchange = exchange

    def _ask(self, view: RiskView) -> None:
        """Of what is on the screen: cures of a call, funding where there is room for it."""
        if view.called:
            self._cures.ask(self._exchange, Ask(about="cure", of=view.called), self._wall_ms)
        account = self.cards.full_account() if self.width() >= ROOMY else ""
        if account:
            self._carry.ask(self._exchange, Ask(about="carry", of=account), self._wall_ms)

    def _told_cures(self, asked: Ask, answer: Answer) -> None:
        told = isinstance(answer, Answered)
        found = smallest_cure(cures_of(answer.data), asked.of) if told else None
        self.cure_card.show_cure(found)  # one that the desk does not tell any more is none

    def _told_carry(self, asked: Ask, answer: Answer) -> None:
        told = isinstance(answer, Answered)
        found = funding_forecast(answer.data, asked.of, self._wall_ms) if told else None
        self.cards.show_forecast(found)

    def forget(self) -> None:
        """What was seen is of another time."""
        self._history.forget()

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: every figure is old."""
        if dimmed:
            self._cures.lose()
            self._carry.lose()
            self.cure_card.show_cure(None)
        self.cards.set_dimmed(dimmed)
        self.totals.set_dimmed(dimmed)


class RiskCards(Spots):
    """The cards, painted; as high as they need."""

    def __init__(self, theme: Theme, history: RatioHistory) -> None:
        super().__init__()
        self._theme = theme
        self._history = history
        self._view: RiskView | None = None
        self._forecast: Forecast | None = None
        self._dimmed = False
        self._height = 200

    def show_risk(self, view: RiskView) -> None:
        """Repaint if anything is different."""
        if view != self._view:
            self._view = view
            self.setAccessibleName(_spoken(view))
            self.update()

    def show_forecast(self, forecast: Forecast | None) -> None:
        """What funding will take or bring the account that is shown in full."""
        self._forecast = forecast
        self.update()

    def full_account(self) -> str:
        """The perpetual account that is shown in full."""
        cards = self._view.cards if self._view else ()
        place = self._full_place(cards)
        is_perpetual = 0 <= place < len(cards) and cards[place].gauge.has_ratio
        return cards[place].account if is_perpetual else ""

    def _full_place(self, cards: tuple[AccountCard, ...]) -> int:
        """The worst account; with room the worst perpetual one, for loans have a panel beside."""
        perpetual = (n for n, one in enumerate(cards) if one.is_margined and one.gauge.has_ratio)
        if self.width() >= ROOMY and (first := next(perpetual, None)) is not None:
            return first
        return 0 if cards and cards[0].is_margined else -1

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(296, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(event.rect()))
            bottom = self._paint_cards(ink)
            self.keep_spots(ink)
        if bottom != self._height:
            self._height = bottom
            self.updateGeometry()

    def _paint_cards(self, ink: Ink) -> int:
        cards = self._view.cards if self._view else ()
        if not cards:
            box = QRectF(12, 12, self.width() - 24, 20)
            ink.text("muted", self._theme.face(12), tr("No account yet: waiting for the desk"), box)
            return 60
        top, in_full = 0.0, self._full_place(cards)
        for place, card in enumerate(cards):
            dim = self._dimmed or card.is_stale
            if place == in_full:
                points, told = self._history.points(card.account), self._forecast
                told = told if told is not None and told.account == card.account else None
                top = paint_full(ink, card, points, top, self.width(), dim=dim, forecast=told)
            else:
                top = paint_small(ink, card, top, self.width(), dim=dim)
            ink.fill("line", QRectF(0, top, self.width(), 1))
        return int(top) + 2


class _Totals(Spots):
    """The desk as a whole: six figures in two rows; absent when the frame has none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._figures: tuple[Figure, ...] = ()
        self._missing = ""
        self._dimmed = False
        self.hide()

    def show_totals(self, figures: tuple[Figure, ...], missing: str) -> None:
        """Show the desk's figures, and under them what one that is unknown lacks."""
        if (figures, missing) != (self._figures, self._missing):
            if bool(missing) != bool(self._missing):
                self.updateGeometry()
            self._figures, self._missing = figures, missing
            told = [f"{f.label} {f.value}" for f in figures]
            self.setAccessibleName(", ".join([*told, *filter(None, [missing])]))
            self.setVisible(bool(figures))
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self._dimmed = dimmed
        self.update()

    def sizeHint(self) -> QSize:
        figures = 84 if self._theme.compact else 104
        return QSize(200, figures + (LINE + 6 if self._missing else 0))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("raised", QRectF(self.rect()))
            ink.fill("line", QRectF(0, 0, self.width(), 1))
            paint_figures(
                ink, self._figures, QRectF(12, 10, self.width() - 24, 0), dim=self._dimmed
            )
            self._paint_missing(ink)
            self.keep_spots(ink)

    def _paint_missing(self, ink: Ink) -> None:
        """The first line of it; each unknown figure has its own in its tip."""
        if self._missing:
            box = QRectF(12, self.height() - LINE - 6, self.width() - 24, LINE)
            text = cut(ink.theme.face(11), f"— {self._missing}", box.width())
            ink.text("warning", ink.theme.face(11), text, box)
            ink.spots.append(Spot(box, "", "", "", self._missing))


def _spoken(view: RiskView) -> str:
    """The cards for a screen reader, in a sentence each."""
    return ". ".join(_spoken_card(card) for card in view.cards)


def _spoken_card(card: AccountCard) -> str:
    if not card.is_margined:
        return tr(
            "{account}, no leverage, {holdings}", account=card.account, holdings=card.holdings
        )
    said = tr(
        "{account} {level}, margin utilization {used}, margin ratio {ratio}",
        account=card.account,
        level=card.level_word,
        used=card.utilization,
        ratio=card.margin_ratio,
    )
    if card.close_out is None:
        return said
    return tr("{card}, close-out at {move}", card=said, move=card.close_out.move)
