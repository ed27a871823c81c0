"""The ticket's leverage and the typed line, wired to what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.engine.snapshot import PositionView
from desk.model.numbers import plain
from ui.command_desk import CommandDesk
from ui.panels.leverage import LeverageDialog
from ui.viewmodels.command_line import Reading
from ui.viewmodels.cures import Cure
from ui.viewmodels.draft import Form
from ui.viewmodels.events import Line
from ui.viewmodels.text import symbol
from ui.viewmodels.ticket_limits import setting_of
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

if TYPE_CHECKING:
    from ui.window import DeskWindow


def wire_hands(window: DeskWindow) -> CommandDesk:
    """Connect the line in the footer and the button of leverage and mode."""
    footer = window.footer

    def say(reading: Reading | None) -> None:
        said = None if reading is None else Line(0, "", reading.text, reading.tone, reading.icon)
        footer.say_typed(said)

    def leave() -> None:
        window.go_to(window.watch.grid)

    def open_() -> None:
        open_setting(window)

    footer.command.left.connect(leave)
    window.ticket.setting_asked.connect(open_)
    return CommandDesk(footer.command, window.completions, window.exchange, window.arming, say)


def write_stop(window: DeskWindow, account: str, instrument: str) -> None:
    """Write a stop of a position's size into the ticket; a hand says at which mark."""
    position = _reducible(window, account, instrument)
    if position is not None:
        quantity = plain(abs(position.quantity))
        window.ticket.stage(account, _way_out(position), quantity, Form.STOP)
        window.go_to(window.ticket.fields.all["trigger"])


def write_cure(window: DeskWindow, cure: Cure) -> None:
    """Write the order that a cure reduces by into the ticket; a hand sends it."""
    position = _reducible(window, cure.account, cure.what)
    if position is not None:
        window.ticket.stage(cure.account, _way_out(position), cure.quantity)
        window.go_to(window.ticket.quantity)


def _reducible(window: DeskWindow, account: str, instrument: str) -> PositionView | None:
    """Choose a position's instrument; where there is nothing to write, say why."""
    frame = window.pump.frame
    held = [] if frame is None else frame.positions
    position = next((p for p in held if (p.account, p.instrument) == (account, instrument)), None)
    if frame is None or position is None:
        window.say(
            tr("{account} holds no {instrument} any more.", account=account, instrument=instrument)
        )
        return None
    if market_of(frame, instrument) is None:
        # The ticket would stay at another instrument, and take a quantity that is not meant for it.
        window.say(tr("{instrument} has no market here.", instrument=symbol(instrument)))
        return None
    window.display.choose(instrument)
    return position


def _way_out(position: PositionView) -> str:
    return "SELL" if position.quantity > 0 else "BUY"


def open_setting(window: DeskWindow) -> None:
    """Leverage and margin mode of the ticket's instrument."""
    frame = window.pump.frame
    market = window.ticket.state.market
    setting = None if frame is None else setting_of(frame, market)
    if setting is None or market is None:
        window.say(tr("This instrument has no leverage to set."))
        return
    dialog = LeverageDialog(window.theme, setting, market, window.exchange, window.arming, window)
    window.surfaces.present("leverage", dialog)
