"""The stage of a replay: a second set of every panel, in the window's place, that nothing leaves.

No signal of these panels is connected to anything that sends, and nothing of the live window sees
their pictures: its histories, its ticket, its lock and its sounds are other objects. The live
panels go on being fed behind them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

import msgspec

from desk.engine.snapshot import DeskFrame
from desk.model.film import Moment
from desk.model.numbers import plain
from desk.model.order_commands import SubmitOrder
from ui.arming import Arming
from ui.display import Display
from ui.dock import Dock
from ui.docks import DockArea
from ui.keys import Key
from ui.panels.chart import ChartPanel
from ui.panes import Panes
from ui.theme import Theme
from ui.viewmodels.draft import Form
from ui.viewmodels.events import Line
from ui.viewmodels.playback import Pictures
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr
from ui.words import PlainWords

JUMP_MS = 60_000
"""Further from the last picture, or before it: what panels remember is of another time."""
DENIAL_SHOWN_MS = 15_000
"""How far from its denial a draft is still what stood in the ticket."""


class FilmDisplay(Display):
    """Shows pictures of the past; asks for nothing."""

    def _offer_deposit(self, frame: DeskFrame) -> None:
        """A desk of the past is given no money."""


class ReplayStage:
    """Panels of its own, arranged as the live ones are."""

    def __init__(self, theme: Theme, keys: Mapping[str, Key]) -> None:
        self.panes = panes = Panes(theme, keys)
        self.pictures = Pictures()
        self.display = FilmDisplay(panes, self.pictures, Arming(panes))
        self.display.priced.connect(panes.ladder.show_frame)
        panes.ticket.set_connected(True)
        panes.ticket.height_wanted.connect(panes.area.fit_ticket)
        for button in (panes.status.arm, panes.ticket.arm, panes.cancel_all, *panes.locks.values()):
            button.setEnabled(False)
        panes.footer.say(Line(0, "", tr("A picture of the past"), Tone.WARNING, "clock"))
        for dock in panes.area.docks.values():
            dock.bar.is_past = True
            dock.topLevelChanged.connect(partial(_name, dock, dock.windowTitle()))
        panes.charts.load()
        self._charts = {"chart": panes.chart}
        self._fill_late_docks(theme)
        self._denied: Moment | None = None

    def _fill_late_docks(self, theme: Theme) -> None:
        """Charts beside the first one; of what is worked out from now, why it is not there."""
        docks = self.panes.area.docks
        for key in ("chart_btc", "chart_eth"):
            self._charts[key] = self.panes.charts.add(ChartPanel(theme))
            docks[key].fill(self._charts[key])
        for key in ("stress", "rehearsal"):
            words = PlainWords(theme, tr("A replay has none: it is worked out from what is now."))
            words.setContentsMargins(12, 12, 12, 12)
            docks[key].fill(words)

    def arrange_as(self, area: DockArea, charts: Mapping[str, object]) -> None:
        """Put the panels where the live ones are, with charts set as those of the same docks."""
        self.panes.area.mirror(area)
        for key, chart in self._charts.items():
            live = charts.get(key)
            if isinstance(live, ChartPanel):
                chart.restore(live.state())
                chart.pin(live.pinned)

    def come_up(self) -> None:
        """Show the panels, also those that float."""
        self.panes.show()
        for dock in self._floating():
            dock.show()

    def put_away(self) -> None:
        """Hide them: a dock that floats would stay, and look like one of the live desk."""
        self.panes.hide()
        for dock in self._floating():
            dock.hide()

    def _floating(self) -> list[Dock]:
        return [dock for dock in self.panes.area.docks.values() if dock.isFloating()]

    def show(self, frame: DeskFrame) -> bool:
        """Show a picture in every panel, at once; True: the charts want theirs all anew."""
        last = self.pictures.frame
        jumped = last is None or not 0 <= frame.wall_ms - last.wall_ms < JUMP_MS
        if jumped:
            self.panes.risk.forget()
            self.panes.charts.forget()
        self.pictures.frame = frame
        self.display.pacing.hurry()
        book = frame.book
        if book is not None and book.instrument != self.display.selected:
            self.display.choose(book.instrument)
        else:
            self.display.show_frame(frame)
        self.panes.orders.alerts.show_frame(frame)
        if self._denied is not None and abs(frame.wall_ms - self._denied.time_ms) > DENIAL_SHOWN_MS:
            self._clear_ticket()
        return jumped and bool(self.pictures.charts)

    # ---- the denied order -------------------------------------------------------------------

    def show_denied(self, moment: Moment) -> None:
        """Write the draft of a denied order into the ticket, with every reason."""
        try:
            order = msgspec.convert(moment.asked, SubmitOrder)
        except msgspec.ValidationError:
            return  # it was no order of the ticket's
        self.display.choose(order.instrument)
        ticket = self.panes.ticket
        self._denied = moment
        ticket.account.setCurrentText(order.account or "")
        ticket.side.choose(order.side.value)
        if order.type.value in Form.__members__:
            ticket.type.choose(order.type.value)
        ticket.reduce_only.setChecked(order.reduce_only)
        for name in ("price", "trigger", "stop_loss", "take_profit"):
            if (field := ticket.fields.all.get(name)) is not None:
                value: Decimal | None = getattr(order, name)
                field.setText("" if value is None else plain(value))
        ticket.state.edit(unit=order.quantity.unit)
        ticket.quantity.setText(plain(order.quantity.value))
        ticket.state.refused = moment.denials
        ticket.show_state()

    def _clear_ticket(self) -> None:
        self._denied = None
        ticket = self.panes.ticket
        for field in (ticket.quantity, *ticket.fields.all.values()):
            field.clear()
        ticket.state.refused = ()
        ticket.show_state()


def _name(dock: Dock, title: str, floats: bool) -> None:
    """A window of its own stands under no bar that says what it shows."""
    dock.setWindowTitle(f"{tr('REPLAY')} · {title}" if floats else title)
