"""What a hand has brought the pointer to: nothing else can be pressed.

A banner pushes the docks, a row goes and the next one takes its place: what lies under a pointer
that rests may be another price, position or order than the one that was aimed at. Only a place on
the screen tells a hand: Qt also tells of moves when things have moved and the pointer has not.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import QPointF
from PySide6.QtGui import QCursor

from ui.viewmodels.translation import tr

What = TypeVar("What")

NOT_AIMED_AT = tr(
    "This came under the pointer while it rested: nothing was sent. Move the mouse first."
)


class UnderPointer(Generic[What]):
    """The pointer of one surface; `What` says what a press there would act on."""

    def __init__(self) -> None:
        self.place: QPointF | None = None
        """Where on the screen a hand was last."""
        self._what: What | None = None

    def bring(self, place: QPointF, what: What) -> None:
        """A hand has brought this under the pointer: by moving it, or what lies there."""
        self.place, self._what = QPointF(place), what

    def moved(self, place: QPointF, what: What) -> None:
        """A move is told to a place where this lies; it is a hand's if the place is a new one."""
        if place != self.place:
            self.bring(place, what)

    def aimed(self, place: QPointF, what: What) -> What | None:
        """What a hand that presses at a place has aimed at, where `what` lies now; None: nothing.

        A pointer that rests where no move was told to this surface: the surface came to it. A press
        where the pointer is not is a hand's that has no pointer, as a finger.
        """
        if place != self.place:
            if place.toPoint() == QCursor.pos():
                return None
            self.bring(place, what)
        return self._what
