"""What can be done with working orders beside cancelling one: by scope, and amending by key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desk.engine.order_snapshot import OrderView
from desk.engine.snapshot import DeskFrame
from desk.model.order_commands import CancelScope
from desk.model.orders import Side
from ui.actions import new_id
from ui.arming import Arming
from ui.exchange import Exchange
from ui.menus import passing_menu
from ui.panels.form import FormDialog
from ui.panels.orders import OrdersGrid
from ui.theme import Theme
from ui.viewmodels.order_forms import amend_form
from ui.viewmodels.translation import tr

SCOPES: tuple[tuple[str, Side | None, CancelScope], ...] = (
    (tr("Cancel all buys"), Side.BUY, CancelScope.ALL),
    (tr("Cancel all sells"), Side.SELL, CancelScope.ALL),
    (tr("Cancel all that could add risk"), None, CancelScope.ENTRIES),
    (tr("Cancel all that protects"), None, CancelScope.PROTECTIVE),
)


class OrderDesk(QObject):
    """The orders' menu and their amendment; cancelling needs no arming, amending does."""

    cancel_asked = Signal(str, object, object)
    """Words for a set of orders, their side or None, their scope."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        grid: OrdersGrid,
        exchange: Exchange,
        arming: Arming,
        frame: Callable[[], DeskFrame | None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._grid = window, theme, grid
        self._exchange, self._arming, self._frame, self._say = exchange, arming, frame, say
        self.form: FormDialog | None = None
        self._amended: OrderView | None = None
        """The order that the form is about, as it was last seen."""
        self.menu: QMenu | None = None
        grid.menu_asked.connect(self.open_menu)
        arming.changed.connect(self._follow_lock)

    def open_menu(self, at: QPoint) -> None:
        """Offer to cancel by scope, and to amend the selected order."""
        menu = passing_menu(self._window)
        for text, side, scope in SCOPES:
            ask = partial(self.cancel_some, text, side, scope)
            menu.addAction(text).triggered.connect(ask)
        if self._grid.is_working(self._grid.selected_key()):
            menu.addSeparator()
            menu.addAction(tr("Amend…")).triggered.connect(self.amend)
        menu.addSeparator()
        self._grid.hands.add_copy(menu, at)
        self.menu = menu
        menu.popup(at)

    def cancel_some(self, text: str, side: Side | None, scope: CancelScope, *_: object) -> None:
        """Ask for what an entry of the menu says, armed or not."""
        self.cancel_asked.emit(text, side, scope)

    def amend(self, *_: object) -> None:
        """Open the selected order's terms beside its row, which stays where it is."""
        frame, key = self._frame(), self._grid.selected_key()
        order = None if frame is None else next((o for o in frame.orders if o.id == key), None)
        if order is None or not self._grid.is_working(key):
            self._say(tr("Select a working order first."))
            return
        if obstacle := self._obstacle():
            self._say(obstacle)
            return
        if self.form is not None and not self.form.is_gone:
            self.form.close()
        self._amended = order
        self.form = FormDialog(
            self._theme, amend_form(order), self._exchange, new_id, self._window, self._obstacle
        )
        self.form.present()
        self.form.controls["price"].setFocus()

    def _obstacle(self) -> str:
        if self._arming.is_armed("ticket"):
            return ""
        return tr("The ticket is disarmed: an order can be cancelled, not amended.")

    def _follow_lock(self) -> None:
        """The lock may close while the form is open."""
        if self.form is not None and not self.form.is_gone:
            self.form.look_again()

    def show_frame(self, frame: DeskFrame) -> None:
        """The order may fill while its form is open: say what is so now; what is written stays."""
        before = self._amended
        if self.form is None or self.form.is_gone or before is None:
            return
        order = next((one for one in frame.orders if one.id == before.id), None)
        if order is not None and _terms(order) != _terms(before):
            self._amended = order
            self.form.renew(amend_form(order))


def _terms(order: OrderView) -> tuple[object, ...]:
    """What the form says of an order."""
    return order.price, order.trigger, order.quantity, order.filled
