"""What each key of the map does: one line an action, in the order of the map's subjects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ui.arming import SURFACES
from ui.grid_keys import table_keys
from ui.order_desk import SCOPES
from ui.panels.positions import PERCENTS, REVERSE, SET_STOP
from ui.workspace_desk import only_seen, while_seen, workspace_keys

if TYPE_CHECKING:
    from ui.window import DeskWindow

Actions = dict[str, Callable[[], None]]


def key_actions(window: DeskWindow) -> Actions:
    """Every action of the key map but panic's; one that is missing here is a KeyError at start."""
    actions = {
        **_desk_actions(window),
        **_ticket_actions(window),
        **_book_actions(window),
        **_chart_actions(window),
        **_places(window),
        **workspace_keys(window),
        **table_keys(),
    }
    only_seen(window, actions)
    return actions


def _desk_actions(window: DeskWindow) -> Actions:
    actions, arming = window.commands, window.arming
    locks: Actions = {f"lock_{surface}": partial(arming.toggle, surface) for surface in SURFACES}
    return locks | {
        "arm": arming.toggle,
        "drill": window.drill.begin,
        "rearm": actions.rearm,
        "client": window.surfaces.client,
        "cures": window.cure_worst,
        "look": window.settings.next_look,
        "settings": window.settings.open,
        "menu": window.desk_menu.open,
        "picture": window.desk_menu.save_picture,
        "help": window.help.show,
    }


def _ticket_actions(window: DeskWindow) -> Actions:
    ticket = window.ticket
    return {
        "buy": lambda: ticket.side.choose("BUY"),
        "sell": lambda: ticket.side.choose("SELL"),
        "limit": lambda: ticket.type.choose("LIMIT"),
        "market": lambda: ticket.type.choose("MARKET"),
        "quantity": lambda: window.go_to(ticket.quantity),
        "price": lambda: window.go_to(ticket.price_field()),
        "take_profit": lambda: window.go_to(ticket.terms.take_profit),
        "stop_loss": lambda: window.go_to(ticket.terms.stop_loss),
        "submit": ticket.press_submit,
        "command": lambda: window.go_to(window.footer.command),
        "setting": ticket.setting.click,
    }


def _book_actions(window: DeskWindow) -> Actions:
    """What is done with positions and orders that are there."""
    positions = window.positions
    closing: Actions = {
        f"close_{percent}": partial(positions.do_selected, percent) for percent in PERCENTS
    }
    closing |= {
        "reverse": partial(positions.do_selected, REVERSE),
        "set_stop": partial(positions.do_selected, SET_STOP),
        "cancel_buys": partial(window.order_desk.cancel_some, *SCOPES[0]),
        "cancel_sells": partial(window.order_desk.cancel_some, *SCOPES[1]),
    }
    hands = window.ladder_hands
    ladder: Actions = hands.keys(window.go_to)
    # The ladder's own order needs no list of orders on the screen.
    cancel = hands.cancel_or(while_seen(window, "orders", window.orders.cancel_selected))
    records = window.alerts.keys(window.go_to, window.orders)
    amend = window.order_desk.amend
    return closing | ladder | records | {"cancel_selected": cancel, "amend": amend}


def _chart_actions(window: DeskWindow) -> Actions:
    charts = window.charts
    return {
        "focus_chart": lambda: window.go_to(charts.main),
        "chart_longer": lambda: charts.in_hand().choose_bars(1),
        "chart_shorter": lambda: charts.in_hand().choose_bars(-1),
        "chart_live": charts.go_live,
    }


def _places(window: DeskWindow) -> Actions:
    """Where the focus goes."""
    feeds, orders = window.feeds, window.orders

    def focus_orders() -> None:
        orders.open_page(orders.orders)
        window.go_to(orders.orders)

    return {
        "next_instrument": lambda: window.watch.step(1),
        "previous_instrument": lambda: window.watch.step(-1),
        "focus_watch": lambda: window.go_to(window.watch.grid),
        "focus_positions": lambda: window.go_to(window.positions.grid),
        "focus_orders": focus_orders,
        "focus_financing": lambda: window.go_to(window.financing),
        "focus_close_out": lambda: window.go_to(window.close_out.steps),
        "focus_journal": lambda: window.go_to(window.journal.grid),
        "focus_rules": lambda: window.go_to(window.rules.grid),
        "focus_feeds": lambda: window.go_to(feeds.grids[feeds.page]),
    }
