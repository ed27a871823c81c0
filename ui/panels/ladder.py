"""The ladder's panel: what a click sends, the prices, what is worked on, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.orders import Side
from ui.controls import Button, Check
from ui.figure_field import FigureField
from ui.panels.ladder_grid import LadderGrid
from ui.panels.ladder_words import AimWords, Said
from ui.theme import Theme
from ui.viewmodels.gestures import Intent, Terms
from ui.viewmodels.ladder import ladder_view, usual_group
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.scale import Scale, next_group
from ui.viewmodels.ticket import add_to_quantity, presets, read_number
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

LEVELS_MOST = 200


class LadderPanel(QWidget):
    """Prices stand still under the hand; only a hand, or a mark that left, moves them."""

    cancel_side_asked = Signal(object)
    """A `Side`, or None for both."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.sent: Sequence[Chip] = ()
        """Orders that were sent and are in no frame yet."""
        self._groups: dict[str, int] = {}
        """Ticks a row holds, as chosen, by instrument."""
        self._market: MarketView | None = None
        self._frame: DeskFrame | None = None
        self.grid = LadderGrid(theme)
        self.words = AimWords(theme)
        self.said = Said(theme, self.grid)
        self._build()
        self._wire()
        self._read_terms()

    def _build(self) -> None:
        theme = self._theme
        self.quantity = FigureField(theme, tr("Quantity"))
        self.quantity.setText("0")
        self.post_only = Check(theme, tr("PO"))
        self.post_only.setChecked(True)
        self.post_only.setToolTip(tr("Post-only: what would take at once is refused"))
        self.reduce_only = Check(theme, tr("RO"))
        self.reduce_only.setToolTip(tr("Reduce-only"))
        self.post_only.setAccessibleName(tr("Ladder: Post-only"))
        self.reduce_only.setAccessibleName(tr("Ladder: Reduce-only"))
        self.quantity.setAccessibleName(tr("Ladder: quantity of a click"))
        self.zero = Button(theme, "0", "quiet", name=tr("Ladder: quantity 0, nothing is sent"))
        self.adders = [Button(theme, "", "quiet") for _ in range(4)]
        self.finer = Button(theme, "−", "quiet", name=tr("Finer rows"))
        self.coarser = Button(theme, "+", "quiet", name=tr("Coarser rows"))
        self.grouping = Button(theme, "", "quiet", name=tr("Usual rows"))
        self.recentre = Button(theme, tr("Recentre"), "quiet")
        self.recentre.setToolTip(tr("Bring the mark to the middle (Space on the ladder)"))
        self.cancels = {
            Side.BUY: Button(theme, tr("Cancel buys"), "plain"),
            Side.SELL: Button(theme, tr("Cancel sells"), "plain"),
            None: Button(theme, tr("All"), "plain", name=tr("Cancel all of this instrument")),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(3)
        column.addLayout(_row(self.quantity, self.post_only, self.reduce_only, first=1))
        column.addLayout(_row(self.zero, *self.adders, first=0))
        column.addWidget(self.grid, 1)
        column.addWidget(self.words)
        column.addLayout(_row(*self.cancels.values(), first=0))
        column.addLayout(_row(self.finer, self.grouping, self.coarser, self.recentre, first=0))
        small = (self.zero, *self.adders, self.finer, self.grouping, self.coarser, self.recentre)
        for button in (*small, *self.cancels.values()):
            button.pixels = 11
            button.setFixedHeight(20)
        self.setMinimumWidth(220)

    def _wire(self) -> None:
        grid = self.grid
        self.quantity.textChanged.connect(self._read_terms)
        self.post_only.toggled.connect(self._read_terms)
        self.reduce_only.toggled.connect(self._read_terms)
        self.zero.clicked.connect(partial(self.quantity.setText, "0"))
        for number, button in enumerate(self.adders):
            button.clicked.connect(partial(self._add, number))
        self.finer.clicked.connect(partial(self.regroup, -1))
        self.coarser.clicked.connect(partial(self.regroup, 1))
        self.grouping.clicked.connect(self._regroup_as_usual)
        self.recentre.clicked.connect(self.centre)
        for side, button in self.cancels.items():
            button.clicked.connect(partial(self._ask_cancel, side))
        grid.scroll_asked.connect(self._scroll)
        grid.recentre_asked.connect(self.centre)
        grid.shown_asked.connect(self._show_price)
        grid.aimed.connect(self._say_aim)
        grid.told.connect(self.tell)
        grid.carried.connect(self._say_carried)

    # ---- frames -----------------------------------------------------------------------------

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """Show the chosen instrument as it is now."""
        market = market_of(frame, selected)
        if market is None:
            return
        before, self._market, self._frame = self._market, market, frame
        if before is None or before.instrument != market.instrument:
            self._follow(market)
        self._keep_in_sight(market)
        self.grid.take(frame, market)
        self.paint_again()

    def shows_another(self, selected: str | None) -> bool:
        """Whether another instrument than the chosen one is shown."""
        return self._market is None or self._market.instrument != selected

    def _follow(self, market: MarketView) -> None:
        """Another instrument: a quantity written for one is an accident on another."""
        self.quantity.setText("0")
        self.quantity.step = market.lot_size
        self.quantity.set_unit(market.quantity_unit or market.base)
        self.said.hide()
        for button, step in zip(self.adders, presets(market), strict=True):
            button.say(f"+{step}")
            button.setAccessibleName(tr("Ladder: add {step} to the quantity", step=step))
        self.grid.scale = None
        self.grid.abort()

    def _keep_in_sight(self, market: MarketView) -> None:
        """Make the scale, and make it anew when the mark has left and nobody is there."""
        at, scale = _reference(market), self.grid.scale
        if at is None:
            return
        count = self.grid.places.count
        if scale is None:
            group = self._groups.get(market.instrument) or usual_group(at, market.tick_size)
            self._rescale(Scale(market.tick_size, group, 0, count).centred(at))
        elif count != scale.count:
            self._rescale(scale.resized(count))
        elif not scale.shows(scale.row(at)) and not self.grid.is_attended():
            self._rescale(scale.centred(at))

    def _rescale(self, scale: Scale) -> None:
        self.grid.rescale(scale)
        self.grouping.say(tr("Group {step}", step=_plain(scale.step)))
        if self._frame is not None:
            self.paint_again()

    def paint_again(self) -> None:
        """Paint; a second time where pins lie over rows that hold something."""
        frame, market, scale = self._frame, self._market, self.grid.scale
        if frame is None or market is None or scale is None:
            return
        view = ladder_view(scale, frame, market, self.sent)
        covered = self.grid.covered_by(view)
        if any(covered):
            view = ladder_view(scale, frame, market, self.sent, covered)
        self.grid.show_view(view)

    def wanted(self) -> tuple[int, int]:
        """Levels of a side and ticks a level that the rows in sight need."""
        scale, market = self.grid.scale, self._market
        at = None if market is None else _reference(market)
        if scale is None or at is None:
            return 20, 1
        row = scale.row(at)
        reach = max(abs(row), abs(scale.count - row), scale.count) + 2
        return min(LEVELS_MOST, reach), scale.group

    # ---- scale ------------------------------------------------------------------------------

    def centre(self) -> None:
        """Bring the mark to the middle; sends nothing."""
        scale, market = self.grid.scale, self._market
        at = None if market is None else _reference(market)
        if scale is not None and at is not None:
            self._rescale(scale.centred(at))
            self.grid.place_cursor(at)

    def _scroll(self, rows: int) -> None:
        if self.grid.scale is not None:
            self._rescale(self.grid.scale.scrolled(rows))

    def _show_price(self, price: Decimal) -> None:
        if self.grid.scale is not None:
            self._rescale(self.grid.scale.centred(price))

    def regroup(self, direction: int) -> None:
        """Coarser (1) or finer (−1) rows."""
        if self.grid.scale is not None:
            self._set_group(next_group(self.grid.scale.group, direction))

    def _regroup_as_usual(self) -> None:
        market = self._market
        at = None if market is None else _reference(market)
        if market is not None and at is not None:
            self._set_group(usual_group(at, market.tick_size))

    def _set_group(self, group: int) -> None:
        scale, market = self.grid.scale, self._market
        if scale is not None and market is not None and group != scale.group:
            self._groups[market.instrument] = group
            at = _reference(market)
            new = scale.grouped(group)
            kept = at is None or new.shows(new.row(at))
            self._rescale(new if kept or at is None else new.centred(at))

    # ---- what a click sends -----------------------------------------------------------------

    def _read_terms(self) -> None:
        value = read_number(self.quantity.text())
        self.quantity.mark_wrong(value is None and bool(self.quantity.text().strip()))
        self.grid.set_terms(
            Terms(value or Decimal(0), self.post_only.isChecked(), self.reduce_only.isChecked())
        )

    def _add(self, number: int) -> None:
        step = presets(self._market)[number]
        self.quantity.setText(add_to_quantity(self.quantity.text(), step))

    def _ask_cancel(self, side: Side | None) -> None:
        self.cancel_side_asked.emit(side)

    def set_armed(self, armed: bool) -> None:
        """The lock of this surface."""
        self.grid.set_armed(armed)

    def set_dimmed(self, dimmed: bool) -> None:
        """Old figures in the colour of old figures."""
        self.grid.dimmed = dimmed
        self.grid.update()

    # ---- words ------------------------------------------------------------------------------

    def _say_aim(self, aim: Intent | None) -> None:
        if aim is None or self._market is None:
            self.words.say()
        elif aim.refusal:
            self.words.say((aim.refusal, "text2"))
        else:
            lock = "" if self.grid.armed else tr(" · disarmed")
            note = f" · {aim.note}" if aim.note else ""
            self.words.say((f"{aim.words(self._market)}{note}{lock}", "text"))

    def _say_carried(self, words: str) -> None:
        self.words.say(*([(words, "accent")] if words else []))

    def judge(self, aim: Intent, row: str, sentence: str, token: str) -> None:
        """What the desk would say to an aim: a word in its row, a sentence below."""
        self.grid.judge(row, token)
        if self._market is not None:
            line = aim.words(self._market) + (f" · {aim.note}" if aim.note else "")
            self.words.say((line, "text"), (sentence, token or "text2"))

    def tell(self, words: str, row: int | None = None) -> None:
        """Say why nothing was sent, or what was refused, near its row."""
        row = self.grid.places.count // 2 if row is None else row
        box = self.grid.places.row_box(max(0, min(row, self.grid.places.count - 1)))
        self.said.say(words, int(box.bottom()) + 2, int(box.top()) - 2)

    def tell_at(self, words: str, price: Decimal) -> None:
        """The same near a price."""
        scale = self.grid.scale
        self.tell(words, None if scale is None else scale.row(price))


def _reference(market: MarketView) -> Decimal | None:
    """Where the market is: its mark, else its last, else its bid."""
    return next((p for p in (market.mark, market.last, market.bid) if p is not None), None)


def _plain(step: Decimal) -> str:
    return f"{step.normalize():f}"


def _row(*widgets: QWidget, first: int = 1) -> QHBoxLayout:
    """A row of controls; `first` 0: all share it, 1: the first has what is left."""
    row = QHBoxLayout()
    row.setContentsMargins(6, 0, 6, 0)
    row.setSpacing(4)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if first == 0 or number == 0 else 0)
    return row
