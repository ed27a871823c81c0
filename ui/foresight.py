"""What the desk would say to the order under the pointer: asked ahead, one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QObject, QTimer

from desk.engine.snapshot import MarketView
from desk.model.commands import PreviewOrder
from desk.model.events import Denial, Denied, Previewed
from desk.model.numbers import parse_decimal
from ui.actions import new_id
from ui.exchange import Answer, Exchange
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.gestures import Intent
from ui.viewmodels.text import ARROW, ratio
from ui.viewmodels.translation import tr

REST_MS = 120
"""A pointer that is on its way elsewhere asks nothing."""
REFRESH_MS = 1_000
"""The market moves on under a pointer that rests."""

Verdict = Callable[[Intent, str, str, str], None]
"""The aim, a word for its row, a sentence, a token."""


class Foresight(QObject):
    """Asks about the newest aim and hands on the answer, if it is still the aim."""

    def __init__(self, exchange: Exchange, verdict: Verdict, parent: QObject) -> None:
        super().__init__(parent)
        self._exchange = exchange
        self._verdict = verdict
        self._aim: Intent | None = None
        self._market: MarketView | None = None
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)

    def aim_at(self, aim: Intent | None, market: MarketView | None) -> None:
        """The pointer means something else now."""
        self._aim = aim if aim is not None and not aim.refusal else None
        self._market = market
        if self._aim is None:
            self._timer.stop()
        else:
            self._timer.start(REST_MS)

    def _ask(self) -> None:
        aim, market = self._aim, self._market
        if self._asking or aim is None or market is None:
            return

        def answered(answer: Answer) -> None:
            self._asking = False
            if answer is None:
                return
            if aim == self._aim and isinstance(answer, Previewed | Denied):
                self._verdict(aim, *_words(answer))
                self._timer.start(REFRESH_MS)
            elif self._aim is not None:
                self._timer.start(0)

        question = PreviewOrder(order=aim.order(new_id(), market))
        self._asking = self._exchange.send(question, answered)


def _words(answer: Previewed | Denied) -> tuple[str, str, str]:
    """A word, a sentence and a token for what the desk said."""
    denials = answer.denials
    if denials:
        more = f" (+{len(denials) - 1})" if len(denials) > 1 else ""
        return f"✕{len(denials)}", f"{_first(denials)}{more}", "danger"
    if not isinstance(answer, Previewed):
        return "", "", ""
    before, after = _utilization(answer.before), _utilization(answer.after)
    if after is None:
        return "", tr("Nothing speaks against it."), ""
    return (
        "",
        tr(
            "Utilization {moved}",
            moved=f"{ratio(before)} {ARROW} {ratio(after)}",
        ),
        "",
    )


def _first(denials: list[Denial]) -> str:
    return denial_sentence(denials[0])


def _utilization(row: dict[str, Any] | None) -> Decimal | None:
    value = (row or {}).get("margin_utilization")
    return None if value is None else parse_decimal(str(value))
