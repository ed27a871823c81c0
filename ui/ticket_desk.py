"""The ticket's leverage and the typed line, wired to what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.model.numbers import plain
from ui.command_desk import CommandDesk
from ui.panels.leverage import LeverageDialog
from ui.viewmodels.command_line import Reading
from ui.viewmodels.draft import Form
from ui.viewmodels.events import Line
from ui.viewmodels.ticket_limits import setting_of
from ui.viewmodels.translation import tr

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
    frame, ticket = window.pump.frame, window.ticket
    held = [] if frame is None else frame.positions
    position = next((p for p in held if (p.account, p.instrument) == (account, instrument)), None)
    if position is None:
        window.say(
            tr("{account} holds no {instrument} any more.", account=account, instrument=instrument)
        )
        return
    window.display.choose(instrument)
    side = "SELL" if position.quantity > 0 else "BUY"
    ticket.stage(account, side, plain(abs(position.quantity)), Form.STOP)
    window.go_to(ticket.fields.all["trigger"])


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
