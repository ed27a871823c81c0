"""An own order in the hand: taken up, carried over prices, let go or put back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal

from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.numbers import plain
from ui.panels.ladder_paper import LadderPaper
from ui.panels.ladder_places import Hit
from ui.theme import Theme
from ui.viewmodels import gestures
from ui.viewmodels.gestures import Move
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.scale import Scale
from ui.viewmodels.translation import tr


class LadderHand(LadderPaper):
    """What is pressed and what is held; one amendment at most comes of it."""

    move_ended = Signal(object)
    """A `Move` was let go over another price: amend."""
    carried = Signal(str)
    """From where to where an order is being carried; empty: it was put down."""
    told = Signal(str, object)
    """Words for the trader, and the row they are about (None: no row)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.scale: Scale | None = None
        self.market: MarketView | None = None
        self.frame: DeskFrame | None = None
        self.armed = False
        self.held: Move | None = None
        """The order in the hand."""
        self._by_key = False
        self._pressed: tuple[Hit, Qt.KeyboardModifier] | None = None
        self._right = ""
        """The order that the right button was pressed on."""

    def is_busy(self) -> bool:
        """Whether a hand holds something."""
        return self.held is not None or self._pressed is not None

    def take_up(self, chip: Chip, row: int) -> bool:
        """Take an order into the hand; False, with the reason told, where it cannot be moved."""
        orders = self.frame.orders if self.frame is not None else []
        order = next((order for order in orders if order.id == chip.id), None)
        if not self.armed:
            self.told.emit(tr("The ladder is disarmed: an order can be cancelled, not moved."), row)
            return False
        taken = tr("It is on its way.") if order is None else gestures.take_up(order)
        if isinstance(taken, str):
            self.told.emit(taken, row)
            return False
        self.held, self.lifted = taken, taken.order.id
        self._ghost()
        return True

    def carry(self, row: int | None) -> None:
        """Hold the order over a row; its own row is where it stood, however coarse the rows are."""
        move, scale = self.held, self.scale
        if move is None or scale is None:
            return
        home = scale.row(move.start, up=move.order.side == "SELL")
        target = None if row is None else move.start if row == home else scale.price(row)
        if target != move.target:
            self.held = move.to(target)
            self._ghost()

    def _ghost(self) -> None:
        """Draw the order where it would be, and say from where to where."""
        move, before = self.held, self.ghost
        self.ghost = None
        if move is not None and move.target is not None and self.scale is not None:
            up = move.order.side == "SELL"
            row = self.scale.row(move.target, up=up)
            if self.scale.shows(row):
                arrow = "▼" if up else "▲"
                left = plain(move.order.quantity - move.order.filled)
                self.ghost = (row, f"{arrow} {left}")
        self.look_again(before[0] if before else None, self.ghost[0] if self.ghost else None)
        tick = None if self.market is None else self.market.tick_size
        self.carried.emit("" if move is None or tick is None else move.words(tick))

    def _let_go(self) -> None:
        move = self.held
        self._put_down()
        if move is not None and move.target is not None and move.target != move.start:
            self.move_ended.emit(move)

    def _tell_abort(self, why: str) -> None:
        row = self.scale.row(self.held.start) if self.scale and self.held else None
        self.abort()
        self.told.emit(why, row)

    def _put_down(self) -> None:
        self.held, self.lifted, self._by_key = None, "", False
        self._ghost()
        self.update()

    def abort(self) -> None:
        """Forget what is pressed or held; nothing is sent."""
        self._pressed = None
        self._right = ""
        if self.held is not None:
            self._put_down()
