"""The ladder's wiring: its gestures to the desk, the desk's answers to its rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from desk.engine.snapshot import DeskFrame
from desk.model.orders import Side
from ui.arming import Arming
from ui.exchange import Exchange
from ui.foresight import Foresight
from ui.order_hands import OrderHands
from ui.panels.ladder import LadderPanel
from ui.pump import Pump
from ui.surface_lock import SurfaceLock
from ui.viewmodels.gestures import Intent, Move
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

SURFACE = "ladder"


class LadderHands(QObject):
    """Sends for the ladder, and only while it is armed; a cancel needs no arming."""

    def __init__(
        self, panel: LadderPanel, hands: OrderHands, exchange: Exchange, arming: Arming, pump: Pump
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._hands = hands
        self._pump = pump
        self.lock = SurfaceLock(arming, SURFACE, self)
        self.lock.changed.connect(panel.set_armed)
        self.foresight = Foresight(exchange, panel.judge, self)
        grid = panel.grid
        grid.intended.connect(self._place)
        grid.move_ended.connect(self._amend)
        grid.cancel_asked.connect(self._cancel)
        grid.aimed.connect(self._aim)
        panel.cancel_side_asked.connect(self._cancel_side)

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """Show a frame, and ask for the levels that are in sight."""
        self._hands.see_frame(frame)
        # Not on the screen it follows the instrument all the same: its quantity goes to nothing.
        if self._panel.isVisible() or self._panel.shows_another(selected):
            self._panel.sent = self._hands.sent(selected)
            self._panel.show_frame(frame, selected)
            self._pump.levels, self._pump.group = self._panel.wanted()
        else:
            self._pump.levels = 0
        self.lock.see_market(market_of(frame, selected), frame.wall_ms)

    def _place(self, intent: Intent) -> None:
        market = self._panel.grid.market
        if market is not None:
            self._hands.place(intent, market, SURFACE, partial(self._tell_placed, intent))
            self._draw_sent()

    def _tell_placed(self, intent: Intent, words: str) -> None:
        self._draw_sent()
        self._panel.tell_at(words, intent.price)

    def _draw_sent(self) -> None:
        market = self._panel.grid.market
        self._panel.sent = self._hands.sent(None if market is None else market.instrument)
        self._panel.paint_again()

    def _amend(self, move: Move) -> None:
        market = self._panel.grid.market
        if market is not None:
            tell = partial(self._panel.tell_at, price=move.start)
            self._hands.amend(move, market, SURFACE, tell)

    def _cancel(self, order_id: str) -> None:
        self._hands.cancel(order_id, self._panel.tell)

    def _cancel_side(self, side: Side | None) -> None:
        market = self._panel.grid.market
        if market is not None:
            self._hands.cancel_all(market.instrument, side, self._panel.tell)

    def _aim(self, intent: Intent | None) -> None:
        self.foresight.aim_at(intent, self._panel.grid.market)

    # ---- keys -------------------------------------------------------------------------------

    def keys(self, go_to: Callable[..., None]) -> dict[str, Callable[[], None]]:
        """What the ladder's keys do; those that send want the focus on the ladder."""
        grid, panel = self._panel.grid, self._panel
        return {
            "focus_ladder": lambda: go_to(grid),
            "ladder_quantity": lambda: go_to(panel.quantity),
            "ladder_recentre": panel.centre,
            "ladder_coarser": lambda: panel.regroup(1),
            "ladder_finer": lambda: panel.regroup(-1),
            "ladder_buy": self._focused(lambda: grid.place_at_cursor(Side.BUY)),
            "ladder_sell": self._focused(lambda: grid.place_at_cursor(Side.SELL)),
            "ladder_buy_stop": self._focused(lambda: grid.place_at_cursor(Side.BUY, stop=True)),
            "ladder_sell_stop": self._focused(lambda: grid.place_at_cursor(Side.SELL, stop=True)),
            "ladder_up": self._focused(lambda: grid.carry_by_key(-1)),
            "ladder_down": self._focused(lambda: grid.carry_by_key(1)),
        }

    def cancel_or(self, otherwise: Callable[[], None]) -> Callable[[], None]:
        """One key cancels what is selected, on the ladder or where it was before."""
        grid = self._panel.grid
        return lambda: grid.cancel_at_cursor() if grid.hasFocus() else otherwise()

    def _focused(self, act: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            if self._panel.grid.hasFocus():
                act()
            else:
                self._panel.tell(tr("The keys are elsewhere: go to the ladder first."))

        return guarded
