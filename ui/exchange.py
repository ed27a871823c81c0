"""What is asked of the desk and answered by number: dialogs and popovers wait here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from desk.model.command import Command
from desk.model.events import Acknowledged, Answered, AnyEvent, Denied, Previewed

Answer: TypeAlias = Answered | Acknowledged | Denied | Previewed | None
"""None: the desk went before it could answer."""

Answering: TypeAlias = Callable[[Answer], None]


class Exchange:
    """Brings each answer to whoever asked."""

    def __init__(
        self, send: Callable[[Command], int | None], why_unsent: Callable[[], str]
    ) -> None:
        """`why_unsent` says why nothing was sent, when nothing was."""
        self._send = send
        self.why_unsent = why_unsent
        self._waiting: dict[int, Answering] = {}

    def send(self, command: Command, answered: Answering) -> bool:
        """Send; False if nothing was sent, and then nothing will be answered."""
        number = self._send(command)
        if number is None:
            return False
        self._waiting[number] = answered
        return True

    def take_event(self, event: AnyEvent) -> None:
        """Hand an answer to whoever waits for it."""
        if event.command is None or not isinstance(
            event, Answered | Acknowledged | Denied | Previewed
        ):
            return
        answered = self._waiting.pop(event.command, None)
        if answered is not None:
            answered(event)

    def lose(self) -> None:
        """The desk is gone: nobody waits any longer."""
        waiting, self._waiting = self._waiting, {}
        for answered in waiting.values():
            answered(None)
