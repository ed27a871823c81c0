"""The life of a draft: written, previewed, sent once, answered. No Qt and no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from desk.engine.snapshot import MarketView
from desk.model.commands import SubmitOrder
from desk.model.events import Acknowledged, AnyEvent, Denial, Denied, Previewed
from ui.viewmodels.ticket import Draft, PreviewView, Problem, order_of, preview_view, submit_words

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
        self.order: SubmitOrder | None = None
        self.problems: list[Problem] = []
        self.preview: PreviewView | None = None
        self.refused: tuple[Denial, ...] = ()
        """Why the desk denied the last submission; gone with the next change."""
        self.sent_number: int | None = None
        self._asked_number: int | None = None
        self._asked_order: SubmitOrder | None = None
        self._read()

    # ---- writing ----------------------------------------------------------------------------

    def edit(self, **changes: Any) -> None:
        """Change the draft; what was said about it before no longer holds."""
        changed = msgspec.structs.replace(self.draft, **changes)
        if changed == self.draft:
            return
        if self.draft.instrument not in {None, changed.instrument}:
            # A quantity written for one instrument is an accident on another.
            changed = msgspec.structs.replace(changed, quantity="", price="", id=self._new_id())
        self.draft = changed
        self.refused = ()
        self._read()

    def see_market(self, market: MarketView | None) -> None:
        """The chosen instrument as it is now."""
        self.market = market
        if market is not None:
            self.edit(instrument=market.instrument)
        self._read()

    def _read(self) -> None:
        self.order, self.problems = order_of(self.draft, self.market)
        if self.order is None:
            self.preview = None

    # ---- preview ----------------------------------------------------------------------------

    def wants_preview(self) -> SubmitOrder | None:
        """The order to ask about now: one question at a time, always about the newest draft."""
        if self.order is None or self._asked_number is not None:
            return None
        return self.order

    def asked(self, number: int | None, order: SubmitOrder) -> None:
        """A preview was asked for under this number."""
        self._asked_number, self._asked_order = number, order

    def forget_question(self) -> None:
        """The answer took too long or can no longer come."""
        self._asked_number = None

    @property
    def is_preview_current(self) -> bool:
        """Whether the preview is about the draft as it stands."""
        return self.preview is not None and self._asked_order == self.order

    # ---- sending ----------------------------------------------------------------------------

    def sent(self, number: int | None) -> None:
        """The order went out (None: it could not)."""
        self.sent_number = number

    def take_event(self, event: AnyEvent) -> bool:
        """Take an answer; True if it was for this ticket."""
        if event.command is None:
            return False
        if event.command == self._asked_number and isinstance(event, Previewed | Denied):
            self._take_preview(event)
            return True
        if event.command == self.sent_number and isinstance(event, Acknowledged | Denied):
            self.sent_number = None
            if isinstance(event, Denied):
                self.refused = tuple(event.denials)
                # The refused id is spent; the words stay.
                self.draft = msgspec.structs.replace(self.draft, id=self._new_id())
            else:
                self.draft = msgspec.structs.replace(self.draft, id=self._new_id(), quantity="")
            self._read()
            return True
        return False

    def _take_preview(self, event: Previewed | Denied) -> None:
        self._asked_number = None
        if self.order is None or self.market is None:
            return
        if isinstance(event, Denied):
            self.preview = PreviewView(event.id, False, (), (), tuple(event.denials))
        else:
            self.preview = preview_view(event, self.market)

    # ---- what to show -----------------------------------------------------------------------

    def denials(self) -> tuple[Denial, ...]:
        """Every reason why this cannot be sent: the refusal, else the preview's."""
        if self.refused:
            return self.refused
        return self.preview.denials if self.preview is not None and self.order else ()

    def asks_to_confirm(self) -> bool:
        """The desk asks whether the same order is meant again."""
        return bool(self.refused) and all(denial.code == REPEATED for denial in self.refused)

    def submission(self) -> SubmitOrder | None:
        """The order that pressing submit sends now."""
        if self.order is None:
            return None
        if self.asks_to_confirm():
            return msgspec.structs.replace(self.order, confirmed=True)
        return self.order

    def submit_state(self, *, armed: bool, connected: bool) -> SubmitState:
        """What the button says and whether it sends; the first obstacle is named."""
        if not connected:
            return SubmitState("Cannot send: the desk does not answer", False, "plain")
        if self.sent_number is not None:
            return SubmitState("Sent, waiting for the desk", False, "plain")
        if not armed:
            return SubmitState("Disarmed: preview only", False, "plain", dashed=True)
        if self.problems or self.order is None or self.market is None:
            text = self.problems[0].text if self.problems else "Nothing to send"
            return SubmitState(text, False, "plain")
        kind = self.order.side.value.lower()
        if self.asks_to_confirm():
            return SubmitState("Send the same order again", True, kind)
        denials = self.denials()
        if denials:
            reasons = "1 reason" if len(denials) == 1 else f"{len(denials)} reasons"
            return SubmitState(f"Cannot send: {reasons} above", False, "plain")
        return SubmitState(submit_words(self.order, self.market), True, kind)
