"""Orders by hand from a surface that shows prices: one command a gesture, answered by number.

What the policy wants confirmed is asked first, and looked at again when it was confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.command import Command
from desk.model.commands import AmendOrder, CancelAll, CancelOrder
from desk.model.events import Acknowledged, Denied
from desk.model.numbers import plain
from desk.model.orders import Side
from ui.actions import new_id
from ui.arming import Arming
from ui.confirming import Confirming
from ui.exchange import Answer, Exchange
from ui.viewmodels.events import UNANSWERED, denial_sentence
from ui.viewmodels.gestures import Intent, Move
from ui.viewmodels.names import word
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.text import symbol
from ui.viewmodels.translation import tr

Tell = Callable[[str], None]
"""Words for the trader, shown where the hand is."""

UNSENT = tr("The desk cannot be reached: nothing was sent.")
DISARMED = {
    "ladder": tr("The ladder is disarmed: nothing was sent."),
    "chart": tr("The chart is disarmed: nothing was sent."),
}
STAYS = {
    "ladder": tr("The ladder is disarmed: the order stays where it was."),
    "chart": tr("The chart is disarmed: the order stays where it was."),
}
FRAMES_UNTIL_SEEN = 2
"""An order that was accepted is in the next frame, or has ended already."""


class OrderHands:
    """Places, moves, cancels; remembers what was sent until a frame shows it."""

    def __init__(self, exchange: Exchange, arming: Arming, confirming: Confirming) -> None:
        self._exchange = exchange
        self._arming = arming
        self._confirming = confirming
        self._waiting: dict[str, tuple[str, Intent]] = {}
        """Id → instrument and order, while it has no answer."""
        self._drawn: dict[str, tuple[str, Chip]] = {}
        self._frames_left: dict[str, int] = {}

    def place(self, intent: Intent, market: MarketView, surface: str, tell: Tell) -> None:
        """Send one order; the same again is not sent while the first has no answer."""
        if self._may_place(intent, market, surface, tell):
            self._confirming.ask(
                "new_order",
                tr(
                    "{words} of {instrument}?",
                    words=intent.words(market),
                    instrument=symbol(market.instrument),
                ),
                tr("Send it"),
                partial(self._place, intent, market, surface, tell),
            )

    def _may_place(self, intent: Intent, market: MarketView, surface: str, tell: Tell) -> bool:
        if not self._arming.is_armed(surface):
            tell(DISARMED[surface])
            return False
        if (market.instrument, intent) in self._waiting.values():
            tell(tr("The same order is on its way: it is sent once."))
            return False
        return True

    def _place(self, intent: Intent, market: MarketView, surface: str, tell: Tell) -> None:
        if not self._may_place(intent, market, surface, tell):
            return
        identity = new_id()

        def answered(answer: Answer) -> None:
            self._waiting.pop(identity, None)
            if isinstance(answer, Denied):
                self._drawn.pop(identity, None)
                tell(_reasons(answer))
                return
            if answer is None:
                self._draw(identity, intent, market, "unknown")
                tell(UNANSWERED)
            if identity in self._drawn:  # else a frame has shown it already
                self._frames_left[identity] = FRAMES_UNTIL_SEEN

        self._waiting[identity] = (market.instrument, intent)
        if self._exchange.send(intent.order(identity, market), answered):
            self._draw(identity, intent, market, "sent")
        else:
            self._waiting.pop(identity)
            tell(UNSENT)

    def _draw(self, identity: str, intent: Intent, market: MarketView, state: str) -> None:
        stop = intent.type.has_trigger
        chip = Chip(
            id=identity,
            side=intent.side.value,
            price=intent.price,
            size=plain(intent.terms.quantity),
            role=word("STP" if stop else "LMT"),
            waits=stop,
            state=state,
        )
        self._drawn[identity] = (market.instrument, chip)

    def amend(self, move: Move, market: MarketView, surface: str, tell: Tell) -> None:
        """Send one amendment for a hand that was let go."""
        command = move.amendment(new_id())
        if command is not None and self._may_amend(surface, tell):
            self._confirming.ask(
                "amend",
                tr(
                    "{words} of {instrument}?",
                    words=move.words(market.tick_size),
                    instrument=symbol(market.instrument),
                ),
                tr("Move it"),
                partial(self._amend, command, surface, tell),
            )

    def _may_amend(self, surface: str, tell: Tell) -> bool:
        armed = self._arming.is_armed(surface)
        if not armed:
            tell(STAYS[surface])
        return armed

    def _amend(self, command: AmendOrder, surface: str, tell: Tell) -> None:
        if self._may_amend(surface, tell):
            self._send(command, tell)

    def cancel(self, order_id: str, tell: Tell) -> None:
        """Cancel one order, armed or not."""
        command = CancelOrder(id=new_id(), order_id=order_id)
        self._confirming.ask(
            "cancel",
            tr("Cancel order {order_id}?", order_id=order_id),
            tr("Cancel it"),
            partial(self._send, command, tell),
        )

    def cancel_all(self, instrument: str, side: Side | None, tell: Tell) -> None:
        """Cancel what works in an instrument, of one side or both."""
        command = CancelAll(id=new_id(), instrument=instrument, side=side)
        of = symbol(instrument)
        question = tr("Cancel every working order of {instrument}?", instrument=of)
        if side is not None:
            question = tr(
                "Cancel every working {side} of {instrument}?", side=word(side.value), instrument=of
            )
        self._confirming.ask(
            "cancel_all",
            question,
            tr("Cancel them"),
            partial(self._send, command, tell),
            name="cancel_some",
        )

    def _send(self, command: Command, tell: Tell) -> None:
        if not self._exchange.send(command, _says(tell)):
            tell(UNSENT)

    def see_frame(self, frame: DeskFrame) -> None:
        """What the frame shows, or will not show any more, is no longer drawn from memory."""
        if not self._drawn:
            return
        shown = {order.id for order in frame.orders}
        for identity in list(self._drawn):
            left = self._frames_left.get(identity)
            if left is not None:
                self._frames_left[identity] = left - 1
            if identity in shown or left == 0:
                self._drawn.pop(identity)
                self._frames_left.pop(identity, None)

    def sent(self, instrument: str | None) -> list[Chip]:
        """Orders on their way, or of which nobody knows, that no frame has shown."""
        return [chip for of, chip in self._drawn.values() if of == instrument]


def _says(tell: Tell) -> Callable[[Answer], None]:
    def answered(answer: Answer) -> None:
        if isinstance(answer, Denied):
            tell(_reasons(answer))
        elif not isinstance(answer, Acknowledged):
            tell(tr("The desk went before it could answer: look at the orders."))

    return answered


def _reasons(denied: Denied) -> str:
    """Every reason; a surface of prices has room for words, not for a table."""
    return " ".join(denial_sentence(denial) for denial in denied.denials) or tr("Denied.")
