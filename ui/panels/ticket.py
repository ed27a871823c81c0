"""The ticket: side, quantity, price, what it would do, and one button that sends it once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from desk.model.events import AnyEvent
from desk.model.orders import OrderType, Side, TimeInForce
from ui.controls import Button, Check, Choice
from ui.figure_field import FigureField
from ui.panels.ticket_head import TicketHead, TicketNeeds
from ui.panels.ticket_preview import DenialBlock, PreviewBlock
from ui.scroll import thin
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.text import UNKNOWN, price, symbol, tr, venue
from ui.viewmodels.ticket import Staleness, add_to_quantity, needs, presets
from ui.viewmodels.ticket_state import TicketState
from ui.viewmodels.watch import market_of

PREVIEW_REFRESH_MS = 400
"""A preview ages with the market: ask again this often."""
PREVIEW_LOST_MS = 2_000
DISCLOSURE = "DISCLOSURE"
"""The code of a denial that is answered by reading the instrument's sheet."""
PERCENTS = ("10", "25", "50", "100")


_WORDS: dict[str, Callable[[str], object]] = {
    "side": Side,
    "type": OrderType,
    "tif": TimeInForce,
    "quantity": str,
    "price": str,
}


class TicketPanel(QWidget):
    """Draft in, `preview_wanted` and `submitted` out; the window sends and brings the answers."""

    preview_wanted = Signal(object)
    submitted = Signal(object)
    arm_asked = Signal()
    stale = Signal()
    """The instrument's mark is too old for this surface to stay armed."""
    height_wanted = Signal(int)
    disclosure_asked = Signal(str)
    """The desk wants the instrument's sheet read first."""

    def __init__(self, theme: Theme, new_id: Callable[[], str], arm_key: str) -> None:
        super().__init__()
        self._theme = theme
        self.state = TicketState(new_id)
        self._armed = False
        self._connected = False
        self._arm_key = arm_key
        self._staleness = Staleness()
        self._build(arm_key)
        self._wire()
        self._refresh = QTimer(self)
        self._refresh.setInterval(PREVIEW_REFRESH_MS)
        self._refresh.timeout.connect(self.ask_preview)
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(PREVIEW_LOST_MS)
        self._overdue.timeout.connect(self.state.forget_question)
        self.show_state()

    # ---- building ---------------------------------------------------------------------------

    def _build(self, arm_key: str) -> None:
        theme = self._theme
        self.head = TicketHead(theme)
        self.needs = TicketNeeds(theme)
        self.account = Choice(theme, tr("Account"), [])
        self.side = Segments(
            theme, tr("Side"), [("BUY", tr("BUY"), "buy"), ("SELL", tr("SELL"), "sell")], height=44
        )
        self.type = Segments(
            theme,
            tr("Order type"),
            [("LIMIT", tr("Limit"), "quiet"), ("MARKET", tr("Market"), "quiet")],
        )
        self.quantity = FigureField(theme, tr("Quantity"))
        self.price = FigureField(theme, tr("Price"))
        self.adders = [Button(theme, "", "quiet") for _ in range(4)]
        self.percents = [
            Button(theme, f"{percent}%", "quiet", name=tr(f"{percent} % of available"))
            for percent in PERCENTS
        ]
        self.tif = Choice(theme, tr("Time in force"), [tif.value for tif in TimeInForce])
        self.post_only = Check(theme, tr("Post-only"))
        self.reduce_only = Check(theme, tr("Reduce-only"))
        self.preview = PreviewBlock(theme)
        self.denials = DenialBlock(theme)
        self.submit = Button(theme, "", "plain", name=tr("Submit"))
        self.submit.pixels = 13
        self.submit.setFixedHeight(40)
        self.arm = Button(theme, f"{tr('Arm')} {arm_key}", "accent", name=tr("Arm the desk"))
        self.arm.setFixedHeight(40)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(_row(self.head, self.account, stretch=0))
        column.addWidget(self.needs)
        column.addWidget(self.side)
        column.addWidget(self.type)
        column.addLayout(_row(self.quantity, self.price))
        column.addLayout(_row(*self.adders, *self.percents, spacing=4))
        column.addLayout(_row(self.tif, self.post_only, self.reduce_only, stretch=-1))
        self._body = QWidget()
        body = self._body_column = QVBoxLayout(self._body)
        body.setContentsMargins(0, 4, 0, 0)
        body.setSpacing(8)
        body.addWidget(self.preview)
        body.addWidget(self.denials)
        self.sheet = Button(theme, tr("Read the disclosure sheet…"), "accent")
        self.sheet.hide()
        body.addWidget(self.sheet)
        body.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        thin(self._scroll, theme)
        self._scroll.setAccessibleName(tr("Preview and reasons"))
        column.addWidget(self._scroll, 1)
        column.addLayout(_row(self.submit, self.arm, stretch=0))
        for button in (*self.adders, *self.percents):
            button.setFixedHeight(22)
            button.pixels = 11
        self.setMinimumWidth(284)

    def _wire(self) -> None:
        for signal, field in (
            (self.side.chosen, "side"),
            (self.type.chosen, "type"),
            (self.quantity.textChanged, "quantity"),
            (self.price.textChanged, "price"),
            (self.tif.currentTextChanged, "tif"),
            (self.account.currentTextChanged, "account"),
        ):
            signal.connect(partial(self._edit_text, field))
        self.post_only.toggled.connect(partial(self._edit_flag, "post_only"))
        self.reduce_only.toggled.connect(partial(self._edit_flag, "reduce_only"))
        for number, button in enumerate(self.adders):
            button.clicked.connect(partial(self._add, number))
        for percent, button in zip(PERCENTS, self.percents, strict=True):
            button.clicked.connect(partial(self.quantity.setText, f"{percent}%"))
        self.submit.clicked.connect(self.press_submit)
        self.arm.clicked.connect(self.arm_asked)
        self.sheet.clicked.connect(self._ask_sheet)

    def set_compact(self, compact: bool) -> None:
        """Smaller buttons and gaps on a small screen."""
        layout = self.layout()
        assert layout is not None
        layout.setSpacing(6 if compact else 8)
        for button in self.side.buttons.values():
            button.setFixedHeight(36 if compact else 44)
        for button in (self.submit, self.arm):
            button.setFixedHeight(36 if compact else 40)
        for button in (self.adders[3], self.percents[0]):
            button.setVisible(not compact)
        self.arm.say(tr("Arm") if compact else f"{tr('Arm')} {self._arm_key}")
        # Where both do not fit, why it cannot be sent comes before what it would do.
        first, second = (self.denials, self.preview) if compact else (self.preview, self.denials)
        self._body_column.insertWidget(0, first)
        self._body_column.insertWidget(1, second)
        self._body_column.insertWidget(1 if compact else 2, self.sheet)
        self.preview.updateGeometry()

    # ---- from the window --------------------------------------------------------------------

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """The chosen instrument as it is now."""
        market = market_of(frame, selected)
        before = self.state.draft
        self.state.see_market(market)
        if self.state.draft.instrument != before.instrument:
            self._follow_instrument()
        kind = None if market is None else market.kind
        tradeable = [a for a in frame.accounts if a.kind == kind and not a.watched]
        self._offer_accounts([account.account for account in tradeable])
        self.head.show_market(
            UNKNOWN if market is None else symbol(market.instrument),
            "" if market is None else venue(market.instrument),
        )
        self.needs.show_needs(needs(market))
        if market is not None:
            buttons = self.side.buttons
            buttons["BUY"].say(tr("BUY"), second=price(market.ask, market.tick_size))
            buttons["SELL"].say(tr("SELL"), second=price(market.bid, market.tick_size))
        if self._staleness.is_stale(market, frame.wall_ms) and self._armed:
            self.stale.emit()

    def _follow_instrument(self) -> None:
        market = self.state.market
        self.quantity.setText(self.state.draft.quantity)
        self.price.setText(self.state.draft.price)
        if market is not None:
            self.quantity.set_unit(market.quantity_unit or market.base)
            self.quantity.step = market.lot_size
            self.price.step = market.tick_size
        for button, step in zip(self.adders, presets(market), strict=True):
            button.say(f"+{step}")
            button.setAccessibleName(tr(f"Add {step} to the quantity"))
        self.show_state()

    def _offer_accounts(self, accounts: list[str]) -> None:
        """The accounts that can hold the instrument; the first unless one was chosen."""
        if [self.account.itemText(n) for n in range(self.account.count())] != accounts:
            chosen = self.account.currentText()
            self.account.blockSignals(True)
            self.account.clear()
            self.account.addItems(accounts)
            self.account.setCurrentIndex(max(0, self.account.findText(chosen)))
            self.account.blockSignals(False)
            self.account.updateGeometry()
            self._edit(account=self.account.currentText() or None)

    def set_armed(self, armed: bool) -> None:
        """The lock of this surface."""
        if armed and not self._armed:
            self._staleness.forget()
        self._armed = armed
        self.show_state()

    def set_connected(self, connected: bool) -> None:
        """Whether the engine answers."""
        self._connected = connected
        (self._refresh.start if connected else self._refresh.stop)()
        if not connected:
            self.state.forget_question()
            self.needs.show_needs(())
        self.show_state()

    def take_event(self, event: AnyEvent) -> None:
        """An answer that may be for this ticket."""
        if not self.state.take_event(event):
            return
        if self.quantity.text() != self.state.draft.quantity:
            self.quantity.setText(self.state.draft.quantity)
        if self.state.wants_preview() is not None and not self.state.is_preview_current:
            self.ask_preview()
        self.show_state()

    def set_price(self, text: str) -> None:
        """A price chosen elsewhere (the depth)."""
        self.type.choose("LIMIT")
        self.price.setText(text)

    # ---- hands ------------------------------------------------------------------------------

    def _edit_text(self, field: str, text: str) -> None:
        """A field or a choice changed."""
        read = _WORDS.get(field)
        self._edit(**{field: read(text) if read else text or None})

    def _edit_flag(self, field: str, on: bool) -> None:
        self._edit(**{field: on})

    def _edit(self, **changes: object) -> None:
        self.state.edit(**changes)
        self.ask_preview()
        self.show_state()

    def _add(self, number: int) -> None:
        step: Decimal = presets(self.state.market)[number]
        self.quantity.setText(add_to_quantity(self.quantity.text(), step))

    def stage(self, account: str, side: str, quantity: str) -> None:
        """Fill in an order that reduces, at market; a hand has still to send it."""
        self.account.setCurrentText(account)
        self.side.choose(side)
        self.type.choose("MARKET")
        self.reduce_only.setChecked(True)
        self.quantity.setText(quantity)

    def _ask_sheet(self) -> None:
        if self.state.draft.instrument is not None:
            self.disclosure_asked.emit(self.state.draft.instrument)

    def ask_preview(self) -> None:
        """Ask what the draft would do, unless a question is on its way."""
        order = self.state.wants_preview()
        if order is not None and self._connected and self.isVisible():
            self._overdue.start()
            self.preview_wanted.emit(order)

    def press_submit(self) -> None:
        """Send the order, if the button says so; what is on its way is not sent again."""
        state = self.state.submit_state(armed=self._armed, connected=self._connected)
        order = self.state.submission()
        if state.enabled and order is not None:
            self.submitted.emit(order)
            self.show_state()

    # ---- showing ----------------------------------------------------------------------------

    def show_state(self) -> None:
        """Bring fields, preview, reasons and buttons in line with the draft."""
        state = self.state
        is_limit = state.draft.type is OrderType.LIMIT
        self.price.setEnabled(is_limit)
        self.tif.setEnabled(is_limit)
        self.post_only.setEnabled(is_limit)
        blamed = {problem.field for problem in state.problems}
        self.quantity.mark_wrong("quantity" in blamed and bool(state.draft.quantity.strip()))
        self.price.mark_wrong("price" in blamed and bool(state.draft.price.strip()))
        self.preview.show_preview(
            state.preview, dimmed=not self._connected or not state.is_preview_current
        )
        denials = state.denials()
        self.sheet.setVisible(any(denial.code == DISCLOSURE for denial in denials))
        if self.denials.show_denials(denials):
            self.height_wanted.emit(self._needed_height())
        button = state.submit_state(armed=self._armed, connected=self._connected)
        self.submit.dashed = button.dashed
        self.submit.icon_name = "lock" if button.dashed else "" if button.enabled else "deny"
        self.submit.say(button.text, kind=button.kind)
        self.submit.setEnabled(button.enabled)
        self.arm.setVisible(self._connected and not self._armed)

    def _needed_height(self) -> int:
        """Height at which no reason has to be scrolled to."""
        fixed = self.height() - self._scroll.height()
        width = self._scroll.viewport().width()
        sheet = 36 if self.sheet.isVisibleTo(self) else 0
        return fixed + self.preview.sizeHint().height() + self.denials.height_at(width) + 24 + sheet


def _row(*widgets: QWidget, spacing: int = 8, stretch: int = 1) -> QHBoxLayout:
    """A row: `stretch` 1 shares the width, 0 gives it to the first, −1 leaves it at the end."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if stretch == 1 or (stretch == 0 and number == 0) else 0)
    if stretch == -1:
        row.addStretch(1)
    return row
