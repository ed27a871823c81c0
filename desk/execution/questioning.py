"""Questions to a venue part by part, and the statement that their answers make."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.execution.exchange import REQUEST_LIFE_MS, Exchange
from desk.execution.statement import (
    BALANCES,
    FILLS,
    ORDERS,
    PARTS,
    POSITIONS,
    Figures,
    Question,
    StatedOrder,
    Statement,
)
from desk.model.orders import Fill

_MS = 1_000_000

AGAIN_NS = 500_000_000
"""A part that is not answered for so long is asked for again: to ask changes nothing."""

ANSWERED_BADLY = "the venue answered with an error"
CUT_OFF = "the venue's list is incomplete"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue answers to one part of a question."""

    number: int
    part: str
    as_of_ns: int
    as_of_ms: int
    failed: str = ""
    """Why it cannot be relied on to be complete; empty: it can."""
    orders: tuple[StatedOrder, ...] = ()
    fills: tuple[Fill, ...] = ()
    figures: Figures = {}


class AskPart(msgspec.Struct, frozen=True):
    """A request for one part."""

    question: Question
    part: str

    def answered_by(
        self, exchange: Exchange, now_ns: int, time_ms: int, *, error: bool, partial: bool
    ) -> Answer:
        """Return what the exchange says; `partial`: lists come without their second half."""
        answer = Answer(
            number=self.question.number, part=self.part, as_of_ns=now_ns, as_of_ms=time_ms
        )
        if error:
            return msgspec.structs.replace(answer, failed=ANSWERED_BADLY)
        orders, fills, figures = (), (), Figures()
        if self.part == ORDERS:
            orders = exchange.stated(self.question)
        elif self.part == FILLS:
            since_ms = self.question.fills_since_ms
            fills = tuple(fill for fill in exchange.fills if fill.time_ms >= since_ms)
        else:
            figures = exchange.positions() if self.part == POSITIONS else exchange.balances()
        if partial:
            orders, fills = orders[: len(orders) // 2], fills[: len(fills) // 2]
            figures = dict(list(figures.items())[: len(figures) // 2])
        return msgspec.structs.replace(
            answer,
            failed=CUT_OFF if partial else "",
            orders=orders,
            fills=fills,
            figures=figures,
        )


class Questioning:
    """Asks one part after the other, and knows what may still be on its way meanwhile."""

    def __init__(self) -> None:
        self._question: Question | None = None
        self._answers: dict[str, Answer] = {}
        self._asked_ns: int | None = None
        """When the part that is missing first was asked for."""
        self._sent_ns: dict[str, int] = {}
        """Orders → when something was last asked of them that the venue may still come to have."""

    def sent(self, order_id: str, now_ns: int) -> None:
        """Note that something was sent which may take its time."""
        self._sent_ns[order_id] = now_ns

    def ask(self, question: Question) -> None:
        """Begin anew."""
        self._question, self._answers, self._asked_ns = question, {}, None

    def hear(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is passed over."""
        due = self._due()
        if due is not None and (answer.number, answer.part) == (due.question.number, due.part):
            self._answers[answer.part] = answer
            self._asked_ns = None

    def request(self, now_ns: int) -> AskPart | None:
        """Return the next request, or again the one that is not answered; None: none is due."""
        due, asked_ns = self._due(), self._asked_ns
        if due is None or (asked_ns is not None and now_ns - asked_ns < AGAIN_NS):
            return None
        self._asked_ns = now_ns
        return due

    def _due(self) -> AskPart | None:
        missing = [part for part in PARTS if part not in self._answers]
        if self._question is None or not missing:
            return None
        return AskPart(self._question, missing[0])

    def take(self, held: Iterable[str]) -> Statement | None:
        """Return the statement and forget it; `held` are orders that have not been sent."""
        if self._question is None or len(self._answers) < len(PARTS):
            return None
        answers, self._question = self._answers, None
        oldest_ns = answers[ORDERS].as_of_ns - REQUEST_LIFE_MS * _MS
        self._sent_ns = {i: sent_ns for i, sent_ns in self._sent_ns.items() if sent_ns >= oldest_ns}
        return Statement(
            number=answers[ORDERS].number,
            as_of_ms=answers[ORDERS].as_of_ms,
            orders=answers[ORDERS].orders,
            fills=answers[FILLS].fills,
            positions=answers[POSITIONS].figures,
            balances=answers[BALANCES].figures,
            on_the_way=frozenset(self._sent_ns) | frozenset(held),
            failed={part: answer.failed for part, answer in answers.items() if answer.failed},
        )
