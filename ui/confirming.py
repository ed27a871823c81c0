"""Asks before a command as the policy has it: not at all, by a strip, or by holding."""

from __future__ import annotations

from collections.abc import Callable

from ui.panels.strips import Answer, Strip
from ui.policy import Confirm, Policy
from ui.viewmodels.translation import tr

DO = "do"


class Confirming:
    """One question at a time: the strip's."""

    def __init__(self, strip: Strip) -> None:
        self._strip = strip
        self.policy = Policy()

    def ask(
        self,
        action: str,
        question: str,
        label: str,
        do: Callable[[], object],
        *,
        name: str = "",
        danger: bool = False,
    ) -> None:
        """Do it, or ask first; `action` is the line of the policy, `name` the question's."""
        how = self.policy.of(action)
        if how is Confirm.NONE:
            do()
            return

        def answered(answer: str, _: dict[str, str]) -> None:
            if answer == DO:
                do()

        self._strip.ask(name or action, question, self.answers(how, label), answered, danger=danger)

    def answers(self, how: Confirm, label: str) -> list[Answer]:
        """What does it, and the way back."""
        hold_ms = self.policy.hold_ms if how is Confirm.HOLD else 0
        word = tr("Hold: {label}", label=label) if hold_ms else label
        return [Answer(DO, word, "solid", hold_ms), Answer("no", tr("Back"))]
