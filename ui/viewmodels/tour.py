"""The tour: five steps, each a panel or a button and what it is for. No Qt."""

from __future__ import annotations

from typing import NamedTuple

from ui.viewmodels.translation import tr


class Step(NamedTuple):
    """One stop."""

    at: str
    """The dock, or the button of the status bar, that is pointed at."""
    title: str
    text: str


def steps(arm: str, kill: str, keys: str) -> tuple[Step, ...]:
    """Return the stops; the three keys are written as the platform writes them."""
    return (
        Step(
            "watch",
            tr("Choose an instrument"),
            tr(
                "Chart, ladder and ticket follow the row that is chosen here. Each price shows its "
                "age; one that is old allows no new risk."
            ),
        ),
        Step(
            "ticket",
            tr("Write an order: nothing is sent yet"),
            tr(
                "While you type, the ticket says what the order would do: margin, distance to "
                "liquidation, cost, each before and after, and every reason why it would be denied."
            ),
        ),
        Step(
            "arm",
            tr("Arm the desk"),
            tr(
                "Disarmed, everything previews and nothing sends. {arm} arms; five idle minutes, a "
                "locked screen or a stale mark disarm.",
                arm=arm,
            ),
        ),
        Step(
            "risk",
            tr("See how far it is to a close-out"),
            tr(
                "Each account shows its margin and how far the market may move before positions "
                "are closed. A right click on a figure tells how it came about."
            ),
        ),
        Step(
            "kill",
            tr("Stop everything"),
            tr(
                "{kill} twice halts the desk and cancels what could add risk; closing stays "
                "possible. It works in every window. {keys} shows all keys.",
                kill=kill,
                keys=keys,
            ),
        ),
    )


class Box(NamedTuple):
    """A rectangle in the window, pixels."""

    x: int
    y: int
    width: int
    height: int


GAP = 12


def place(card: tuple[int, int], target: Box | None, window: tuple[int, int]) -> tuple[int, int]:
    """Return where a card of a size stands: beside what it points at, whole in the window."""
    width, height = card
    most_x, most_y = max(0, window[0] - width), max(0, window[1] - height)
    if target is None:
        return most_x // 2, most_y // 2
    right, below = target.x + target.width + GAP, target.y + target.height + GAP
    beside = (
        (right, target.y),
        (target.x - width - GAP, target.y),
        (target.x, below),
        (target.x, target.y - height - GAP),
    )
    for x, y in beside:
        if 0 <= x <= most_x and 0 <= y <= window[1] - GAP:
            return x, min(y, most_y)
    inside = (target.x + target.width - width - GAP, target.y + target.height - height - GAP)
    return min(max(0, inside[0]), most_x), min(max(0, inside[1]), most_y)
