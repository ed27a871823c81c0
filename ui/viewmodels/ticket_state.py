"""The life of a draft: written, previewed, sent once, answered. No Qt and no clock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from desk.engine.order_snapshot import OrderView
from desk.engine.snapshot import MarketView
from desk.model.command import QuantityUnit
from desk.model.commands import SubmitOrder
from desk.model.events import Acknowledged, AnyEvent, Denial, Denied, Previewed
from desk.model.numbers import plain
from ui.viewmodels.draft import Draft, Moment, Problem, TicketCommand
from ui.viewmodels.drafting import expiry_of, levels_of, order_of
from ui.viewmodels.names import word
from ui.viewmodels.text import age, date_time, price, zone_name
from ui.viewmodels.ticket import PreviewView, preview_view, submit_words
from ui.viewmodels.translation import tr
from ui.viewmodels.written import read_number

MINUTE_MS = 60_000
WRITTEN = ("price", "trigger", "trail", "first", "last", "count", "over", "every", "limit")
"""Fields that mean nothing in another instrument, beside the quantity and its legs."""

REPEATED = "REPEATED"
"""The code by which the desk asks whether the same order is meant twice."""


class SubmitState(msgspec.Struct, frozen=True):
    """The submit button: its words, whether it sends, how it is dressed."""

    text: str
    enabled: bool
    kind: str
    dashed: bool = False


class TicketState:
    """Draft, its preview, and the order on its way.

    The client order id is made with the draft and stays until the desk has answered: however
    often it is pressed, it is one order.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.draft = Draft(id=new_id())
        self.market: MarketView | None = None
        self.order: TicketCommand | None = None
        self.problems: list[Problem] = []
        self.preview: PreviewView | None = None
        self.refused: tuple[Denial, ...] = ()
        """Why the desk denied the last submission; gone with the next change."""
        self.keeps_quantity = False
        """After an order was taken; a setting of the trader's."""
        self.sent_number: int | None = None
        self.last_id = ""
        """Of the order that was sent last."""
        self._sent_draft = self.draft
        self.moment = Moment()
        self._present = Moment()
        self._asked_number: int | None = None
        self._asked_order: TicketCommand | None = None
        self._answered_order: TicketCommand | None = None
        self._read()

    # ---- writing ----------------------------------------------------------------------------

    def edit(self, **changes: Any) -> None:
        """Change the draft; what was said about it before no longer holds."""
        changed = msgspec.structs.replace(self.draft, **changes)
        if changed == self.draft:
            return
        if self.draft.instrument not in {None, changed.instrument}:
            # A quantity written for one instrument is an accident on another.
            changed = _cleared(changed, self._new_id())
        self.draft = changed
        self.moment = self._present
        self.refused = ()
        self._read()

    def see_market(
        self, market: MarketView | None, wall_ms: int = 0, equity: Decimal | None = None
    ) -> None:
        """The chosen instrument as it is now; what is written is read against the market of when
        it was written, but against the time of now."""
        self.market = market
        minute_ms = wall_ms - wall_ms % MINUTE_MS
        bid, ask = (None, None) if market is None else (market.bid, market.ask)
        self._present = Moment(now_ms=minute_ms, bid=bid, ask=ask, equity=equity)
        self.moment = msgspec.structs.replace(self.moment, now_ms=minute_ms)
        if self.moment.bid is None or self.moment.ask is None or self.moment.equity is None:
            self.moment = self._present
        if market is not None:
            unit = QuantityUnit.CONTRACTS if market.quantity_unit == "ct" else QuantityUnit.BARE
            fresh = {"unit": unit} if market.instrument != self.draft.instrument else {}
            self.edit(instrument=market.instrument, **fresh)
        self._read()

    def _read(self) -> None:
        self.order, self.problems = order_of(self.draft, self.market, self.moment)
        if self.order is None:
            self.preview = None

    # ---- preview ----------------------------------------------------------------------------

    def wants_preview(self) -> TicketCommand | None:
        """The order to ask about now: one question at a time, always about the newest draft."""
        if self.order is None or self._asked_number is not None:
            return None
        return self.order

    def asked(self, number: int | None, order: TicketCommand) -> None:
        """A preview was asked for under this number."""
        self._asked_number, self._asked_order = number, order

    def forget_question(self) -> None:
        """The answer took too long or can no longer come."""
        self._asked_number = None

    @property
    def is_preview_current(self) -> bool:
        """Whether the preview is about the draft as it stands."""
        if self.preview is None or self.order is None:
            return False
        return self._answered_order == self.order

    # ---- sending ----------------------------------------------------------------------------

    def sent(self, number: int | None, draft: Draft | None = None) -> None:
        """An order went out (None: it could not): of this draft, if another is written by now."""
        self.sent_number = number
        if number is not None:
            self._sent_draft = draft or self.draft
            self.last_id = self._sent_draft.id

    def take_event(self, event: AnyEvent) -> bool:
        """Take an answer; True if it was for this ticket."""
        if event.command is None:
            return False
        if event.command == self._asked_number and isinstance(event, Previewed | Denied):
            self._take_preview(event)
            return True
        if event.command == self.sent_number and isinstance(event, Acknowledged | Denied):
            self.sent_number, self.refused = None, ()
            quantity = self.draft.quantity
            if not self._is_as_sent():
                pass  # it says nothing of what has been written since
            elif isinstance(event, Denied):
                self.refused = tuple(event.denials)
            elif not self.keeps_quantity:
                quantity = ""
            # The id is spent, taken or refused.
            self.draft = msgspec.structs.replace(self.draft, id=self._new_id(), quantity=quantity)
            self._read()
            return True
        return False

    def _is_as_sent(self) -> bool:
        """Whether the draft is that of the order that was sent last."""
        return self.draft == msgspec.structs.replace(self._sent_draft, id=self.draft.id)

    def _take_preview(self, event: Previewed | Denied) -> None:
        self._asked_number, self._answered_order = None, self._asked_order
        if self.order is None or self.market is None:
            return
        if isinstance(event, Denied):
            self.preview = PreviewView(event.id, False, (), (), tuple(event.denials))
        else:
            self.preview = preview_view(event, self.market)

    # ---- what to show -----------------------------------------------------------------------

    def denials(self) -> tuple[Denial, ...]:
        """Every reason why this cannot be sent: the refusal's, else the preview's."""
        if self._is_refused():
            return self.refused
        return self.preview.denials if self.preview is not None and self.order else ()

    def _is_refused(self) -> bool:
        """Whether the refusal is the last word: its mark may be back, its book synced by now.

        A preview is about the draft as it stands only if it was asked for after the refusal. A
        question about repetition is asked of an order that is sent, and of no preview.
        """
        return bool(self.refused) and (self.asks_to_confirm() or not self.is_preview_current)

    def would_pass(self) -> str:
        """What the desk says would pass instead; empty: nothing is known to."""
        view = self.preview
        if self._is_refused() or view is None or not view.denials or not view.largest:
            return ""
        if self.market is None or self.order is None:
            return ""
        unit = tr("ct") if self.market.quantity_unit == "ct" else self.market.base
        side = word(self.draft.side.value)
        return tr("Would pass: {order}.", order=f"{side} {view.largest} {unit}")

    def unit_word(self) -> str:
        """What a number alone in the quantity is."""
        if self.market is None:
            return ""
        unit = self.draft.unit
        if unit is QuantityUnit.CONTRACTS:
            return tr("ct")
        money = unit in {QuantityUnit.NOTIONAL, QuantityUnit.RISK}
        if money:
            return "USD"
        own = self.market.quantity_unit or self.market.base
        return tr("ct") if own == "ct" else own

    def level_words(self) -> tuple[str, str, str]:
        """Target and stop as prices, where they are written as distances; until when it works."""
        market, draft = self.market, self.draft
        if market is None:
            return "", "", ""
        levels = levels_of(draft, market, self.moment)
        written = (draft.take_profit, draft.stop_loss)
        shown = [
            "" if level is None or read_number(text) == level else price(level, market.tick_size)
            for level, text in zip(levels, written, strict=True)
        ]
        until = expiry_of(draft, market, self.moment)
        if until is None:
            return shown[0], shown[1], ""
        return shown[0], shown[1], tr("Until {time}", time=f"{date_time(until)} {zone_name()}")

    def unknown_words(self, orders: list[OrderView], wall_ms: int) -> str:
        """What is to be said of the order sent last while nobody knows what became of it."""
        if not self.last_id:
            return ""
        mine = (o for o in orders if o.id == self.last_id or o.id.startswith(f"{self.last_id}-"))
        lost = next((order for order in mine if order.status == "UNKNOWN"), None)
        if lost is None:
            return ""
        order, since = f"{word(lost.side)} {plain(lost.quantity)}", lost.unanswered_since_ms
        asked = tr("The venue is being asked; do not send it again.")
        if since is None:
            return tr("Last order {order}: outcome UNKNOWN. ", order=order) + asked
        ago = _ago(wall_ms - since)
        return tr("Last order {order}: outcome UNKNOWN for {ago}. ", order=order, ago=ago) + asked

    def asks_to_confirm(self) -> bool:
        """The desk asks whether the same order is meant again."""
        return bool(self.refused) and all(denial.code == REPEATED for denial in self.refused)

    def submission(self) -> TicketCommand | None:
        """The order that pressing submit sends now."""
        if self.order is None:
            return None
        if self.asks_to_confirm() and isinstance(self.order, SubmitOrder):
            return msgspec.structs.replace(self.order, confirmed=True)
        return self.order

    def submit_state(self, *, armed: bool, connected: bool) -> SubmitState:
        """What the button says and whether it sends; the first obstacle is named."""
        if not connected:
            return SubmitState(tr("Cannot send: the desk does not answer"), False, "plain")
        if self.sent_number is not None:
            return SubmitState(tr("Sent, waiting for the desk"), False, "plain")
        if not armed:
            return SubmitState(tr("Disarmed: preview only"), False, "plain", dashed=True)
        if self.problems or self.order is None or self.market is None:
            text = self.problems[0].text if self.problems else tr("Nothing to send")
            return SubmitState(text, False, "plain")
        kind = self.draft.side.value.lower()
        if self.asks_to_confirm():
            return SubmitState(tr("Send the same order again"), True, kind)
        denials = self.denials()
        if denials:
            return SubmitState(obstacles(len(denials)), False, "plain")
        return SubmitState(submit_words(self.order, self.market), True, kind)


def obstacles(count: int) -> str:
    """What the button says where the reasons stand above it."""
    if count == 1:
        return tr("Cannot send: 1 reason above")
    return tr("Cannot send: {count} reasons above", count=count)


def _cleared(draft: Draft, order_id: str) -> Draft:
    """A draft without the words that were meant for another instrument."""
    words = dict.fromkeys((*WRITTEN, "quantity", "take_profit", "stop_loss"), "")
    return msgspec.structs.replace(draft, **words, id=order_id)


def _ago(ms: int) -> str:
    text = age(max(0, ms))
    return f"{text} ms" if text.isdigit() else text
