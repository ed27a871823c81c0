"""Which panel's signal goes where: what panels ask of each other and of the hands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ui.lessons import teach
from ui.ticket_desk import write_stop
from ui.viewmodels.drill import Score, score_words
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.window import DeskWindow


def wire(window: DeskWindow) -> None:
    """Connect every panel of the window."""
    teach(window)
    _wire_locks(window)
    _wire_ticket(window)
    _wire_book(window)
    _wire_surfaces(window)
    _wire_records(window)
    _wire_drill(window)


def _wire_locks(window: DeskWindow) -> None:
    window.status.arm.clicked.connect(partial(_toggle, window, ""))
    for surface, lock in window.locks.items():
        lock.clicked.connect(partial(_toggle, window, surface))


def _toggle(window: DeskWindow, surface: str, _: bool = False) -> None:
    """What a click says beside, whether the button is checked, is not taken for a surface."""
    window.arming.toggle(surface)


def _wire_ticket(window: DeskWindow) -> None:
    ticket, actions = window.ticket, window.commands
    ticket.arm_asked.connect(lambda: window.arming.toggle("ticket"))
    ticket.submitted.connect(actions.submit)
    ticket.preview_wanted.connect(actions.preview)
    ticket.stale.connect(lambda: window.arming.disarm(tr("the mark is stale"), surface="ticket"))
    ticket.height_wanted.connect(window.area.fit_ticket)
    window.ladder.grid.priced.connect(ticket.set_price)
    window.display.priced.connect(window.ladder_hands.show_frame)
    window.display.priced.connect(window.chart_hands.show_frame)


def _wire_book(window: DeskWindow) -> None:
    """Positions, orders, what cancels and closes, and the instrument all of them follow."""
    actions, display = window.commands, window.display
    window.status.kill.clicked.connect(window.panic.kill)
    window.panic_keys.pressed.connect(window.panic.press)
    window.panic_keys.released.connect(window.panic.release)
    window.positions.close_asked.connect(actions.close_part)
    window.positions.reverse_asked.connect(actions.reverse)
    window.positions.stop_asked.connect(partial(write_stop, window))
    window.positions.refused.connect(window.say)
    window.positions.alert_asked.connect(window.alerts.ask)
    window.positions.chosen.connect(display.choose)
    window.watch.chosen.connect(display.choose)
    window.orders.cancel_asked.connect(actions.cancel)
    window.orders.refused.connect(window.say)
    window.order_desk.cancel_asked.connect(actions.cancel_some)
    window.pump.framed.connect(window.order_desk.show_frame)
    window.cancel_all.clicked.connect(window.panic.cancel_all)
    window.footer.help_asked.connect(window.help.show)
    display.deposit_wanted.connect(actions.first_deposit)
    display.begun.connect(actions.take_deposit)


def _wire_drill(window: DeskWindow) -> None:
    drill, scores, help_ = window.drill, window.drill_scores, window.help

    def scored(score: Score) -> None:
        scores.add(score)
        help_.show_score(score_words(scores.scores))

    def ended(why: str) -> None:
        window.say(tr("Drill over, panic keys are real: {why}", why=why))

    drill.scored.connect(scored)
    drill.ended.connect(ended)
    help_.drill_asked.connect(drill.begin)
    window.pump.framed.connect(drill.show_frame)
    help_.show_score(score_words(scores.scores))


def _wire_surfaces(window: DeskWindow) -> None:
    surfaces = window.surfaces
    window.pump.framed.connect(surfaces.show_frame)
    window.status.strip.client_asked.connect(surfaces.client)
    window.watch.disclosure_asked.connect(surfaces.disclosure)
    window.ticket.disclosure_asked.connect(surfaces.disclosure)
    window.risk.connect_to(window.exchange)
    window.risk.cures_asked.connect(surfaces.cures)
    window.risk.stage_asked.connect(surfaces.prepare)
    window.financing.connect_to(window.exchange)
    window.financing.asked.connect(surfaces.loan)
    window.financing.stage_asked.connect(surfaces.prepare)
    window.close_out.prefer_asked.connect(surfaces.prefer)
    window.rules.override_asked.connect(surfaces.override)
    window.rules.daily_loss_asked.connect(surfaces.daily_loss)
    window.rules.take_back_asked.connect(surfaces.take_back)
    for panel in (window.risk, window.positions, window.financing, window.rules):
        panel.explain_asked.connect(surfaces.explain)


def _wire_records(window: DeskWindow) -> None:
    orders, alerts = window.orders, window.alerts
    orders.blotter.connect_to(window.exchange)
    orders.blotter.said.connect(window.say)
    orders.orders_shown.connect(window.cancel_all.setVisible)
    window.watch.alert_asked.connect(alerts.ask)
    alerts.selected = lambda: window.display.selected
    window.pump.framed.connect(alerts.show_frame)
