"""Hands on the chart: an own order's line is dragged to amend it, a chord and a click places one.

Control and a click: a limit, BUY below the mark and SELL above it; with Shift a stop, BUY above
and SELL below. A line is cancelled from its menu. Everything is decided where the button is let
go; Escape, the other button or leaving the plot aborts.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.orders import Side
from ui.arming import Arming
from ui.menus import passing_menu
from ui.order_hands import OrderHands
from ui.panels.chart import ChartPanel
from ui.panels.ladder_words import Said
from ui.surface_lock import SurfaceLock
from ui.theme import Theme
from ui.under_pointer import NOT_AIMED_AT, UnderPointer
from ui.viewmodels.chart import PriceLine
from ui.viewmodels.gestures import Intent, Move, Terms, intent_at, take_up
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

if TYPE_CHECKING:
    from ui.plotting import PricePlot

SURFACE = "chart"
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
LIMIT = Qt.KeyboardModifier.ControlModifier
STOP = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
STILL = 3
"""Pixels that a click may tremble."""


class ChartHands(QObject):
    """Filters the plot's mouse; sends only while the chart is armed."""

    def __init__(
        self,
        panel: ChartPanel,
        theme: Theme,
        hands: OrderHands,
        arming: Arming,
        terms: Callable[[], Terms],
    ) -> None:
        """`terms`: quantity and flags of a click, as they are set on the ladder."""
        super().__init__(panel)
        self._panel = panel
        self._theme = theme
        self._hands = hands
        self._terms = terms
        self.lock = SurfaceLock(arming, SURFACE, self)
        self.lock.changed.connect(self._follow_lock)
        self._frame: DeskFrame | None = None
        self._market: MarketView | None = None
        self.held: Move | None = None
        """The order in the hand."""
        self._grip = 0.0
        """Pixels from the line at which it was taken up."""
        self._pressed: tuple[QPointF, Intent] | None = None
        self._under = UnderPointer[float | None]()
        """The price that the pointer was brought to."""
        self.said: Said | None = None
        self.menu: QMenu | None = None
        panel.plot_loaded.connect(self._attach)

    def _attach(self) -> None:
        plot = self._panel.plot
        if plot is not None:
            self.said = Said(self._theme, plot)
            plot.installEventFilter(self)
        if self._panel.moves is not None:
            self._panel.moves.moved.connect(self._aim_again)

    def _aim_again(self) -> None:
        """A hand has zoomed or panned: another price under the pointer is its own doing."""
        plot, place = self._panel.plot, self._under.place
        if plot is not None and place is not None:
            self._under.bring(place, plot.price_at(plot.mapFromGlobal(place)))

    def show_frame(self, frame: DeskFrame, _: object = None) -> None:
        """The newest frame of the chart's instrument: what is in the hand may have gone."""
        before = self._market
        self._frame, self._market = frame, market_of(frame, self._panel.instrument)
        self.lock.see_market(self._market, frame.wall_ms)
        if before is not None and (self._market is None or _differs(before, self._market)):
            self.abort()
        if self.held is not None and (why := self.held.ended(frame)):
            start = self.held.start
            self.abort()
            self._tell(start, why)

    # ---- events of the plot -----------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True: the event was the hand's."""
        plot = self._panel.plot
        if plot is None:
            return False
        if isinstance(event, QKeyEvent):
            return self._key(event)
        if isinstance(event, QContextMenuEvent):
            return True
        if event.type() == QEvent.Type.Leave and not self._is_busy():
            plot.show_ghost(None)
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            return self._press(plot, event)
        if kind == QEvent.Type.MouseMove:
            self._move(plot, event)
        elif kind == QEvent.Type.MouseButtonRelease:
            return self._release(plot, event)
        # The second press of a double click is no press.
        return kind == QEvent.Type.MouseButtonDblClick

    def _key(self, event: QKeyEvent) -> bool:
        """Escape is the hand's own while it holds something."""
        if event.key() != Qt.Key.Key_Escape or not self._is_busy():
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self.abort()
        return True

    def _press(self, plot: PricePlot, event: QMouseEvent) -> bool:
        at = event.position()
        line = plot.order_line_at(at)
        if event.button() is not LEFT:
            busy = self._is_busy()
            self.abort()
            if event.button() is RIGHT and line is not None and not busy:
                self._offer(line, event)
            return True
        plot.setFocus()
        taken = line if event.modifiers() == Qt.KeyboardModifier.NoModifier else None
        aim = self._aim(plot, at, event.modifiers())
        if (taken is not None or aim is not None) and self._has_come(plot, event):
            self._tell(Decimal(plot.price_at(at) or 0), NOT_AIMED_AT)
        elif taken is not None:
            self._take(plot, taken, at)
        elif aim is not None:
            self._pressed = (at, aim)
            plot.held = True
        return line is not None or event.modifiers() != Qt.KeyboardModifier.NoModifier

    def _has_come(self, plot: PricePlot, event: QMouseEvent) -> bool:
        """Whether another price has come under a pointer that rests; a hair is none."""
        at = event.position()
        aimed = self._under.aimed(event.globalPosition(), plot.price_at(at))
        return aimed is None or abs(plot.y_of(aimed) - at.y()) > STILL

    def _move(self, plot: PricePlot, event: QMouseEvent) -> None:
        at = event.position()
        self._under.moved(event.globalPosition(), plot.price_at(at))
        if self.held is not None:
            self._carry(plot, at)
        elif self._pressed is not None:
            if (at - self._pressed[0]).manhattanLength() > STILL:
                self.abort()
        else:
            aim = self._aim(plot, at, event.modifiers())
            self._show_aim(plot, aim)
            near = plot.order_line_at(at) is not None
            shape = Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor
            if not event.buttons():
                plot.setCursor(shape)

    def _release(self, plot: PricePlot, event: QMouseEvent) -> bool:
        if event.button() is not LEFT:
            return True
        held, pressed, market = self.held, self._pressed, self._market
        if held is None and pressed is None:
            return False
        aim = self._aim(plot, event.position(), event.modifiers())
        self.abort()
        if market is not None and held is not None:
            self._hands.amend(held, market, SURFACE, partial(self._tell, held.start))
        elif market is not None and pressed is not None and aim is not None:
            intent = pressed[1]
            if (aim.side, aim.type) == (intent.side, intent.type):
                self._place(intent, market)
        return True

    # ---- placing ----------------------------------------------------------------------------

    def _aim(self, plot: PricePlot, at: QPointF, modifiers: Qt.KeyboardModifier) -> Intent | None:
        """What a click there with these keys would send."""
        value, market = plot.price_at(at), self._market
        if value is None or market is None or market.mark is None or modifiers not in (LIMIT, STOP):
            return None
        stop, price = modifiers == STOP, _snapped(value, market.tick_size)
        side = Side.BUY if (price < market.mark) is not stop else Side.SELL
        return intent_at(side, price, market, self._terms(), stop=stop)

    def _show_aim(self, plot: PricePlot, aim: Intent | None) -> None:
        if aim is None or self._market is None:
            plot.show_ghost(None)
            return
        words = aim.refusal or f"{aim.words(self._market)} {aim.note}".strip()
        lock = "" if self.lock.armed else tr(" · disarmed")
        plot.show_ghost((float(aim.price), f"{words}{lock}"))

    def _place(self, intent: Intent, market: MarketView) -> None:
        tell = partial(self._tell, intent.price)
        if not self.lock.armed:
            tell(tr("The chart is disarmed: nothing was sent."))
        elif intent.refusal:
            tell(intent.refusal)
        else:
            self._hands.place(intent, market, SURFACE, tell)

    # ---- an order in the hand ---------------------------------------------------------------

    def _take(self, plot: PricePlot, line: PriceLine, at: QPointF) -> None:
        orders = self._frame.orders if self._frame is not None else []
        order = next((order for order in orders if order.id == line.order), None)
        if order is None:
            return
        taken = take_up(order)
        if not self.lock.armed:
            taken = tr("The chart is disarmed: an order can be cancelled, not moved.")
        if isinstance(taken, str):
            self._tell(Decimal(str(line.price)), taken)
            return
        self.held = taken
        self._grip = at.y() - plot.y_of(line.price)
        plot.held = True

    def _carry(self, plot: PricePlot, at: QPointF) -> None:
        """Carry it by where it was gripped; a hand that trembles leaves it where it stood."""
        market, held = self._market, self.held
        if market is None or held is None:
            return
        inside, line = plot.price_at(at), at - QPointF(0, self._grip)
        value = plot.price_at(line) if inside is not None else None
        target = None if value is None else _snapped(value, market.tick_size)
        if abs(line.y() - plot.y_of(float(held.start))) <= STILL:
            target = held.start if inside is not None else None
        self.held = held.to(target)
        ghost = None
        if target is not None:
            ghost = (float(target), self.held.words(market.tick_size))
        plot.show_ghost(ghost)

    def abort(self) -> None:
        """Put back what is held; nothing is sent."""
        self.held, self._pressed = None, None
        plot = self._panel.plot
        if plot is not None:
            plot.held = False
            plot.show_ghost(None)

    def _is_busy(self) -> bool:
        return self.held is not None or self._pressed is not None

    def _follow_lock(self, armed: bool) -> None:
        if not armed:
            self.abort()

    # ---- menu and words ---------------------------------------------------------------------

    def _offer(self, line: PriceLine, event: QMouseEvent) -> None:
        """A menu with one entry: a line is near others, so the order is named first."""
        self.menu = passing_menu(self._panel)
        words = tr("Cancel {what} {shown}", what=line.text, shown=line.shown)
        tell = partial(self._tell, Decimal(str(line.price)))
        self.menu.addAction(words).triggered.connect(partial(self._cancel, line.order, tell))
        self.menu.popup(event.globalPosition().toPoint())

    def _cancel(self, order: str, tell: Callable[[str], None], _: bool = False) -> None:
        self._hands.cancel(order, tell)

    def _tell(self, price: Decimal, words: str) -> None:
        plot = self._panel.plot
        if plot is not None and self.said is not None:
            y = plot.y_of(float(price))
            self.said.say(words, y + 14, y - 14)


def _snapped(value: float, tick: Decimal) -> Decimal:
    """The nearest price of the instrument's grid."""
    return round(Decimal(value) / tick) * tick


def _differs(before: MarketView, after: MarketView) -> bool:
    return before.instrument != after.instrument
