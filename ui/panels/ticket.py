"""The ticket: side, quantity, price, what it would do, and one button that sends it once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QTimer, Signal

from desk.engine.snapshot import DeskFrame
from desk.model.command import QuantityUnit
from desk.model.events import AnyEvent
from desk.model.orders import Side
from ui.controls import Field
from ui.panels.ticket_layout import TicketLayout
from ui.theme import Theme
from ui.viewmodels.draft import FIELDS, Form
from ui.viewmodels.executions import execution_needs
from ui.viewmodels.text import UNKNOWN, price, symbol, venue
from ui.viewmodels.ticket import Readings, Said, Staleness, add_to_quantity, needs, presets
from ui.viewmodels.ticket_limits import TicketLimits, limits_of
from ui.viewmodels.ticket_state import TicketState, obstacles
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of
from ui.words import PlainWords

PREVIEW_LOST_MS = 2_000
SUBMIT_ROOM = 230
"""Pixels for the words of the button that sends, beside its icon."""
DISCLOSURE = "DISCLOSURE"
"""The code of a denial that is answered by reading the instrument's sheet."""


class TicketPanel(TicketLayout):
    """Draft in, `preview_wanted` and `submitted` out; the window sends and brings the answers."""

    preview_wanted = Signal(object)
    submitted = Signal(object)
    arm_asked = Signal()
    stale = Signal()
    """The instrument's mark is too old for this surface to stay armed."""
    height_wanted = Signal(int)
    disclosure_asked = Signal(str)
    """The desk wants the instrument's sheet read first."""
    setting_asked = Signal()
    """Leverage or margin mode shall be changed."""

    def __init__(self, theme: Theme, new_id: Callable[[], str], arm_key: str) -> None:
        super().__init__(theme, arm_key)
        self.state = TicketState(new_id)
        self._armed = False
        self._connected = False
        self._staleness = Staleness()
        self._seen: tuple[object, ...] = ()
        """Prices that the last preview was asked at."""
        self._limits = TicketLimits()
        self._accounts: dict[str, str] = {}
        """Kind of instrument → the account that was chosen for it."""
        self._wire()
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(PREVIEW_LOST_MS)
        self._overdue.timeout.connect(self._give_up)
        self.show_state()

    def _wire(self) -> None:
        self.side.chosen.connect(self._choose_side)
        self.type.chosen.connect(self._choose_form)
        self.type.folded.connect(self._want_height)
        self.type.keep.toggled.connect(self._keep_quantity)
        self.account.currentTextChanged.connect(self._choose_account)
        self.fields.edited.connect(self._edit_field)
        self.terms.edited.connect(self._edit_field)
        self.units.risk_asked.connect(self._size_from_stop)
        self.units.chosen.connect(self._choose_unit)
        self.sizes.added.connect(self._add)
        self.sizes.shared.connect(self.quantity.setText)
        self.setting.clicked.connect(self.setting_asked)
        self.denials.stage.clicked.connect(self._stage_largest)
        self.submit.clicked.connect(self.press_submit)
        self.arm.clicked.connect(self.arm_asked)
        self.sheet.clicked.connect(self._ask_sheet)

    # ---- from the window --------------------------------------------------------------------

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """The chosen instrument as it is now."""
        market = market_of(frame, selected)
        before = self.state.draft
        account = next((a for a in frame.accounts if a.account == before.account), None)
        equity = None if account is None else account.equity
        self.state.see_market(market, frame.wall_ms, equity)
        if self.state.draft.instrument != before.instrument:
            self._follow_instrument()
        kind = None if market is None else market.kind
        tradeable = [a for a in frame.accounts if a.kind == kind and not a.watched]
        self._offer_accounts([account.account for account in tradeable], kind or "")
        self.head.show_market(
            UNKNOWN if market is None else symbol(market.instrument),
            "" if market is None else venue(market.instrument),
        )
        self.needs.show_needs((*needs(market), *execution_needs(frame)))
        self._show_prices()
        self._show_limits(limits_of(frame, market))
        self._show_words(self.unknown, self.state.unknown_words(frame.orders, frame.wall_ms))
        self._ask_again(frame)
        if self._staleness.is_stale(market, frame.wall_ms) and self._armed:
            self.stale.emit()

    def _show_prices(self) -> None:
        """Where an order would trade now; as old as mark, book or desk are."""
        market, buttons = self.state.market, self.side.buttons
        if market is not None:
            buttons["BUY"].say(tr("BUY"), second=price(market.ask, market.tick_size))
            buttons["SELL"].say(tr("SELL"), second=price(market.bid, market.tick_size))
        lives = market is not None and (market.quality, market.book_state) == ("LIVE", "SYNCED")
        for button in buttons.values():
            button.show_old(not (lives and self._connected))

    def _show_limits(self, limits: TicketLimits) -> None:
        if limits == self._limits:
            return
        self._limits = limits
        self.setting.say(limits.setting)
        self.setting.setAccessibleName(f"{tr('Leverage and margin mode')}: {limits.setting}")
        self.setting.setVisible(bool(limits.setting))
        self.type.allow(limits.forms)
        self.terms.allow(limits.tifs, limits.flags)

    def _show_words(self, line: PlainWords, words: str) -> None:
        if words != line.text:
            line.say(words)
            line.setVisible(bool(words))
            self._want_height()

    def _ask_again(self, frame: DeskFrame) -> None:
        """As the market or the account moves, the same draft means something else."""
        market = self.state.market
        seen = (
            frame.journal_seq,
            *(() if market is None else (market.mark, market.bid, market.ask)),
        )
        if seen != self._seen:
            self._seen = seen
            self.ask_preview()

    def _follow_instrument(self) -> None:
        market, draft = self.state.market, self.state.draft
        for name, field in self.fields.all.items():
            field.setText(getattr(draft, name))
        self.terms.clear()
        if market is not None:
            self.quantity.step = market.lot_size
            tick = market.tick_size
            for field in self.fields.stepped():
                field.step = tick
        self.show_state()

    def _offer_accounts(self, accounts: list[str], kind: str) -> None:
        """The accounts that can hold the instrument; the first unless one was chosen."""
        if [self.account.itemText(n) for n in range(self.account.count())] != accounts:
            chosen = self._accounts.get(kind) or self.account.currentText()
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
        if not connected:
            self.state.forget_question()
            self.needs.show_needs(())
        self._seen = ()
        self._show_prices()
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
        """A price chosen elsewhere (the ladder): the form's own, else a limit."""
        field = self.price_field()
        if not field.isEnabled():
            self.type.choose("LIMIT")
        field.setText(text)

    def price_field(self) -> Field:
        """Where the form takes a price; the price that nobody can write in, if it takes none."""
        asked = FIELDS[self.state.draft.form]
        name = next((one for one in ("price", "trigger", "first") if one in asked), "price")
        return self.fields.all[name]

    # ---- hands ------------------------------------------------------------------------------

    def _choose_side(self, side: str) -> None:
        self._edit(side=Side(side))

    def _choose_form(self, name: str) -> None:
        self._edit(form=Form[name])

    def _choose_account(self, account: str) -> None:
        if account and self.state.market is not None:
            self._accounts[self.state.market.kind] = account
        self._edit(account=account or None)

    def _edit_field(self, field: str, value: object) -> None:
        self._edit(**{field: value})

    def _edit(self, **changes: object) -> None:
        self.state.edit(**changes)
        self.ask_preview()
        self.show_state()

    def _keep_quantity(self, keep: bool) -> None:
        self.state.keeps_quantity = keep

    def _add(self, step: Decimal) -> None:
        self.quantity.setText(add_to_quantity(self.quantity.text(), step))

    def _choose_unit(self, unit: QuantityUnit) -> None:
        """The same quantity in another unit, if the desk has said what that is; else none."""
        same = self.units.text_of(unit) if self.state.is_preview_current else ""
        self.state.edit(unit=unit)
        self.quantity.setText(same)
        self._edit(unit=unit)

    def _size_from_stop(self, on: bool) -> None:
        """The quantity is what may be lost, until it is said otherwise."""
        if on is (self.state.draft.unit is QuantityUnit.RISK):
            return
        self.state.edit(unit=QuantityUnit.RISK if on else self._own_unit(), quantity="")
        self.quantity.setText("")
        self._edit()

    def _own_unit(self) -> QuantityUnit:
        market = self.state.market
        counts = market is not None and market.quantity_unit == "ct"
        return QuantityUnit.CONTRACTS if counts else QuantityUnit.BARE

    def stage(self, account: str, side: str, quantity: str, form: Form = Form.MARKET) -> None:
        """Fill in an order that reduces; a hand has still to send it, and a stop to place."""
        self.account.setCurrentText(account)
        self.side.choose(side)
        self.type.choose(form.name)
        self.fields.all["trigger"].clear()
        self.terms.clear()
        self.state.edit(unit=self._own_unit())
        self.reduce_only.setChecked(True)
        self.quantity.setText(quantity)

    def _stage_largest(self) -> None:
        """Write the quantity that would pass; a hand has still to send it."""
        view = self.state.preview
        if view is not None and view.largest:
            self.state.edit(unit=self._own_unit())
            self.quantity.setText(view.largest)

    def _ask_sheet(self) -> None:
        if self.state.draft.instrument is not None:
            self.disclosure_asked.emit(self.state.draft.instrument)

    def _give_up(self) -> None:
        self.state.forget_question()
        self.ask_preview()

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
        draft = state.draft
        self.fields.show_form(draft.form)
        self.terms.show_form(draft.form, draft.tif)
        self.fields.mark(state.problems)
        self.terms.mark(state.problems)
        self.terms.show_levels(*state.level_words())
        self._show_quantity()
        view = state.preview
        dimmed = not self._connected or not state.is_preview_current
        self.preview.show_preview(view, dimmed=dimmed)
        self.units.show_readings(Readings() if view is None else view.readings, dimmed=dimmed)
        self.terms.held.say(Said() if view is None else view.held, dimmed=dimmed)
        self.terms.loss.say(Said() if view is None else view.loss, dimmed=dimmed)
        denials = state.denials()
        self.sheet.setVisible(any(denial.code == DISCLOSURE for denial in denials))
        if self.denials.show_denials(denials, state.would_pass()):
            self._want_height()
        button = state.submit_state(armed=self._armed, connected=self._connected)
        self.submit.dashed = button.dashed
        self.submit.icon_name = "lock" if button.dashed else "" if button.enabled else "deny"
        reason = self._long_reason(button.text)
        self._show_words(self.reason, reason)
        self.submit.say(obstacles(1) if reason else button.text, kind=button.kind)
        self.submit.setEnabled(button.enabled)
        self.arm.setVisible(self._connected and not self._armed)

    def _long_reason(self, text: str) -> str:
        """What the button has no room for, where the ticket is at its narrowest; else nothing."""
        face = self._theme.face(self.submit.pixels, 600)
        is_reason = any(problem.text == text for problem in self.state.problems)
        return text if is_reason and face.width(text) > SUBMIT_ROOM else ""

    def _show_quantity(self) -> None:
        draft, market = self.state.draft, self.state.market
        at_risk = draft.unit is QuantityUnit.RISK
        base = "" if market is None else market.base
        self.quantity.set_label(tr("Risk") if at_risk else tr("Quantity"))
        self.quantity.set_unit(self.state.unit_word())
        has_contracts = market is not None and market.kind == "perpetual"
        self.units.show_unit(draft.unit, base, has_contracts=has_contracts)
        self.sizes.show_steps(presets(market, draft.unit))
        self.sizes.allow_shares(not at_risk)

    def _want_height(self) -> None:
        self.height_wanted.emit(self.needed_height())
