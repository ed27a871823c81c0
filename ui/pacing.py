"""Which panel takes a frame: prices always, the rest one panel a frame, each at its own pace.

Nobody reads a clock or a margin figure sixty times a second; painting everything with every frame
would make the loop late for keys. What decides (a state, a level, an order) waits for no pace; the
rest comes after the prices are painted, in a turn of the loop of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from desk.engine.snapshot import DeskFrame

Show = Callable[[DeskFrame], None]


class _Task(msgspec.Struct):
    every_ns: int
    show: Show
    due_ns: int = 0


class Pacing:
    """Spreads slow panels over frames."""

    def __init__(self, tasks: Sequence[tuple[int, Show]], now_ns: Callable[[], int]) -> None:
        """`tasks`: milliseconds between two showings, and what shows."""
        self._tasks = [_Task(ms * 1_000_000, show) for ms, show in tasks]
        self._now_ns = now_ns
        self._decisive: tuple[object, ...] | None = None

    def add(self, every_ms: int, show: Show) -> None:
        """Take in a panel that was built later."""
        self._tasks.append(_Task(every_ms * 1_000_000, show))

    def hurry(self) -> None:
        """Let every panel take the next frame."""
        self._decisive = None

    def show(self, frame: DeskFrame) -> bool:
        """Give the frame to every panel if it decides something; return whether it did."""
        decisive = _decisive(frame)
        if decisive == self._decisive:
            return False
        self._decisive = decisive
        now_ns = self._now_ns()
        for task in self._tasks:
            self._run(task, frame, now_ns)
        return True

    def show_next(self, frame: DeskFrame) -> None:
        """Give the frame to the panel that waits longest; to none in a hurry: all take the next."""
        now_ns = self._now_ns()
        task = min(self._tasks, key=lambda task: task.due_ns, default=None)
        if self._decisive is not None and task is not None and task.due_ns <= now_ns:
            self._run(task, frame, now_ns)

    @staticmethod
    def _run(task: _Task, frame: DeskFrame, now_ns: int) -> None:
        task.due_ns = now_ns + task.every_ns
        task.show(frame)


def _decisive(frame: DeskFrame) -> tuple[object, ...]:
    """What must be on the screen with the very frame that brings it."""
    return (
        frame.mode,
        frame.state,
        frame.durable,
        frame.journal_seq,
        frame.profile_hash,
        tuple((account.account, account.level, account.quality) for account in frame.accounts),
        tuple((position.instrument, position.quality) for position in frame.positions),
        tuple((order.id, order.status, order.filled) for order in frame.orders),
        tuple((market.instrument, market.quality, market.book_state) for market in frame.markets),
    )
