"""Leverage and margin mode of an instrument: before → after and every reason, as it is typed."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desk.engine.setting_snapshot import SettingView
from desk.engine.snapshot import MarketView
from desk.model.commands import PreviewChange, SetLeverage, SetMarginMode
from desk.model.events import Acknowledged, Denied, Previewed
from desk.model.numbers import plain
from desk.model.orders import MarginMode
from ui.actions import new_id
from ui.arming import Arming
from ui.controls import Button
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.figure_field import FigureField
from ui.panels.ticket_preview import DenialBlock, PreviewBlock
from ui.plain import as_text
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.text import TIMES, symbol
from ui.viewmodels.ticket import change_view, mode_obstacle
from ui.viewmodels.translation import tr
from ui.viewmodels.written import read_number
from ui.words import PlainWords

Change = SetLeverage | SetMarginMode
REFRESH_MS = 1_000
"""What speaks against it may pass, and figures move, while nothing is written."""
MODES = {MarginMode.CROSS: tr("Cross"), MarginMode.ISOLATED: tr("Isolated")}


class LeverageDialog(Dialog):
    """One change at a time: the mode where it was changed, else the leverage."""

    def __init__(
        self,
        theme: Theme,
        setting: SettingView,
        market: MarketView,
        exchange: Exchange,
        arming: Arming,
        parent: QWidget,
    ) -> None:
        title = f"{tr('Leverage and margin mode')} · {symbol(setting.instrument)}"
        super().__init__(theme, title, parent, 400)
        self._setting, self._market = setting, market
        self._exchange, self._arming = exchange, arming
        self._id = new_id()
        self._asked: Change | None = None
        self._waits = False
        self._accepted = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(REFRESH_MS)
        self._again.timeout.connect(self._ask_again)
        self._build(setting)
        arming.changed.connect(self._look)
        self._changed()

    def _build(self, setting: SettingView) -> None:
        theme = self.theme
        modes = [(mode.value, MODES[mode], "quiet") for mode in MarginMode]
        self.mode = Segments(theme, tr("Margin mode"), modes)
        self.mode.choose(setting.margin_mode)
        self.leverage = FigureField(theme, tr("Leverage"), TIMES)
        self.leverage.step = Decimal(1)
        self.leverage.setText(plain(setting.leverage))
        self.obstacle = PlainWords(theme, "", "muted", 368)
        self._show_obstacle(setting)
        self.preview = PreviewBlock(theme, tr("Preview · with all working orders"))
        self.denials = DenialBlock(theme, tr("this cannot be changed"))
        for widget in (self.mode, self.obstacle, self.leverage):
            self.body.addWidget(widget)
        self.body.addLayout(self._choices(setting))
        self.said = PlainWords(theme, "", "warning", 368)
        for widget in (self.preview, self.denials, self.said):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.send = self.add_button(tr("Set"), "accent")
        self.send.clicked.connect(self._send)
        self.add_close(tr("Back"))
        self.mode.chosen.connect(self._changed)
        self.leverage.textChanged.connect(self._changed)

    def _show_obstacle(self, setting: SettingView) -> None:
        obstacle = mode_obstacle(setting)
        for button in self.mode.buttons.values():
            button.setEnabled(not obstacle)
            button.setToolTip(as_text(obstacle))
        self.obstacle.say(obstacle)
        self.obstacle.setVisible(bool(obstacle))

    def _choices(self, setting: SettingView) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for step in range(1, min(10, int(setting.max_leverage)) + 1):
            button = Button(self.theme, f"{step}{TIMES}", "quiet")
            button.setFixedHeight(22)
            button.clicked.connect(partial(self._write, str(step)))
            row.addWidget(button, 1)
        return row

    def _write(self, leverage: str, _: bool = False) -> None:
        self.leverage.setText(leverage)

    @property
    def market(self) -> MarketView:
        """What it is about."""
        return self._market

    def show_setting(self, setting: SettingView | None) -> None:
        """What is set now, and what stands in its way; what was written by hand stays."""
        if setting is None or setting == self._setting:
            return
        before, self._setting = self._setting, setting
        self._show_obstacle(setting)
        if self.mode.choice() == before.margin_mode:
            self.mode.choose(setting.margin_mode)
        if read_number(self.leverage.text()) == before.leverage:
            self.leverage.setText(plain(setting.leverage))
        self._changed()

    # ---- asking -----------------------------------------------------------------------------

    def change(self) -> Change | None:
        """What would be sent now; None where nothing is changed or readable."""
        setting, mode = self._setting, MarginMode(self.mode.choice())
        names = {"id": self._id, "instrument": setting.instrument, "account": setting.account}
        if mode.value != setting.margin_mode:
            return SetMarginMode(mode=mode, **names)
        leverage = read_number(self.leverage.text())
        if leverage is None or leverage <= 0 or leverage == setting.leverage:
            return None
        return SetLeverage(leverage=leverage, **names)

    def _changed(self) -> None:
        self._accepted = False
        self.said.say("")
        written = read_number(self.leverage.text())
        self.leverage.mark_wrong(written is None or written <= 0)
        self._ask()
        self._look()

    def _ask(self) -> None:
        """One question in flight, always about the newest words."""
        change = self.change()
        if change is None:
            self.preview.show_preview(None, dimmed=False)
            self.denials.show_denials(())
            return
        if self._asked is None and self._exchange.send(PreviewChange(change=change), self._told):
            self._asked = change

    def _told(self, answer: Answer) -> None:
        if self.is_gone:
            return
        asked, self._asked = self._asked, None
        current = asked == self.change()
        if isinstance(answer, Previewed | Denied):
            self.denials.show_denials(tuple(answer.denials) if current else ())
            self._accepted = current and not answer.denials
        if isinstance(answer, Previewed):
            view = change_view(answer, self._market)
            self.preview.show_preview(view, dimmed=not current)
        if not current and answer is not None:
            self._ask()
        else:
            self._again.start()
        self._look()

    def _ask_again(self) -> None:
        """About the same words, while somebody answers."""
        if self._arming.allowed:
            self._ask()
        else:
            self._again.start()

    # ---- sending ----------------------------------------------------------------------------

    def _look(self) -> None:
        """What the button says; the first obstacle is named."""
        if self.is_gone:
            return
        change, armed = self.change(), self._arming.is_armed("ticket")
        self.send.dashed = not armed
        if self._waits:
            words = tr("Sent, waiting for the desk")
        elif not armed:
            words = tr("Disarmed: preview only")
        elif change is None:
            words = tr("Nothing changed")
        else:
            is_mode = isinstance(change, SetMarginMode)
            what = MODES[change.mode] if is_mode else f"{plain(change.leverage)}{TIMES}"
            words = tr("Set {what}", what=what)
        self.send.say(words)
        self.send.setEnabled(armed and not self._waits and change is not None and self._accepted)

    def _send(self) -> None:
        change = self.change()
        if change is None or self._waits or not self._arming.is_armed("ticket"):
            return
        self._waits = self._exchange.send(change, self._answered)
        self._look()

    def _answered(self, answer: Answer) -> None:
        """Done: close. Denied: every reason, and a new id for the next try."""
        if self.is_gone:
            return
        self._waits = False
        if isinstance(answer, Acknowledged):
            self.close()
            return
        self._id = new_id()
        if isinstance(answer, Denied):
            self.denials.show_denials(tuple(answer.denials))
        elif answer is None:
            self.said.say(tr("The desk has gone before it answered."))
        self._accepted = False
        self._look()
