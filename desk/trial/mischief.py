"""What goes wrong in the world of a trial: on the lines, the clocks, the disk, in the market."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from desk.trial.clock import TrialClock
from desk.trial.disk import ROOM, TrialDisk
from desk.trial.network import Network

Act: TypeAlias = Callable[[], None]

MARKET_FAULTS = (
    "drop@depth:p=0.02",
    "dup@depth:p=0.02",
    "reorder@depth:p=0.02",
    "drop@usdm:p=0.01",
    "garbage@usdm:p=0.005",
    "hostile@usdm:p=0.005",
    "disconnect@usdm:at=9s",
    "cut@usdm:at=13s",
    "stall@usdm:at=11s:for=4s",
    "silent@markPrice:at=15s:for=5s",
    "freeze@markPrice:at=8s:for=6s",
    "stamps@usdm:at=17s:for=5s",
    "blackhole@usdm:at=14s:for=6s",
    "late@depth:by=2s",
    "status429@rest:at=6s:for=6s",
    "move@BTC:by=-0.06:at=10s:for=4s",
    "move@ETH:by=0.08:at=20s:for=3s",
)
"""In the words of `desk market --faults`; each seed has some of them."""
MARKET_CHANCE = 0.2

LINK_FAULTS = (
    "lose:p=0.05",
    "drop:p=0.05",
    "duplicate:p=0.1",
    "reorder:p=0.1",
    "down:at=12s:for=6s",
)
"""In the words of `desk --venue-faults`: on the way to the exchange of practice."""
LINK_CHANCE = 0.4


def market_faults(dice: Random) -> str:
    """Draw what the market does to its clients."""
    return ",".join(fault for fault in MARKET_FAULTS if dice.random() < MARKET_CHANCE)


def link_faults(dice: Random) -> str:
    """Draw what the way to the exchange of practice does: one thing at least."""
    return ",".join(f for f in LINK_FAULTS if dice.random() < LINK_CHANCE) or LINK_FAULTS[0]


class Mischief:
    """Does harm to whatever lies below the desk; `note` is told what."""

    def __init__(
        self,
        dice: Random,
        network: Network,
        clock: TrialClock,
        disk: TrialDisk,
        note: Callable[[str], None],
    ) -> None:
        self.done = 0
        self._dice, self._network, self._clock, self._disk = dice, network, clock, disk
        self._note = note
        drawn: list[tuple[int, str, Act]] = [
            (2, "lines break", self._reset_lines),
            (2, "lines lie dead", self._hold_lines),
            (1, "nobody is let in", self._refuse),
            (1, "newcomers hear nothing", self._swallow),
            (1, "the network slows down or recovers", self._slow),
            (1, "the wall clock is set", self._step_wall),
            (1, "the machine sleeps", self._suspend),
            (1, "the disk is full", self._fill_disk),
            (1, "the disk will fail", self._fail_disk),
            (2, "the power will go", self._cut_power),
        ]
        self._weights = [weight for weight, _, _ in drawn]
        self._kinds = [(what, act) for _, what, act in drawn]

    def strike(self) -> None:
        """Do one of it; a disk that is full gets room first, mostly."""
        if self._disk.free < ROOM // 2 and self._dice.random() < 0.7:
            self._note("the disk has room again")
            self._disk.free = ROOM
            return
        ((what, act),) = self._dice.choices(self._kinds, self._weights)
        self.done += 1
        self._note(what)
        act()

    def heal(self) -> None:
        """Leave everything whole from now on; what is broken already stays so."""
        self._disk.free = ROOM
        self._disk.fails_at = self._disk.dies_at = None
        self._network.refuses_until_s = self._network.swallows_until_s = 0.0
        self._network.slower = 1.0

    def _soon_s(self) -> float:
        return self._network.loop.time() + self._dice.uniform(1, 8)

    def _reset_lines(self) -> None:
        for line in [line for line in self._network.lines if self._dice.random() < 0.5]:
            line.reset()

    def _hold_lines(self) -> None:
        until_s = self._network.loop.time() + self._dice.choice((1.0, 2.5, 4.0, 8.0))
        for line in self._network.lines:
            if self._dice.random() < 0.5:
                line.hold(until_s)

    def _refuse(self) -> None:
        self._network.refuses_until_s = self._soon_s()

    def _swallow(self) -> None:
        self._network.swallows_until_s = self._soon_s()

    def _slow(self) -> None:
        self._network.slower = self._dice.choice((1.0, 1.0, 20.0, 200.0))

    def _step_wall(self) -> None:
        self._clock.step(self._dice.choice((-3_600_000, -1_500, 1_500, 3_600_000)))

    def _suspend(self) -> None:
        self._clock.sleep(self._dice.choice((1_000, 5_000, 60_000)))

    def _fill_disk(self) -> None:
        self._disk.free = self._dice.choice((0, 2_000, 200_000, 3 << 20))

    def _fail_disk(self) -> None:
        self._disk.fails_at = self._disk.acts + self._dice.randint(1, 6)

    def _cut_power(self) -> None:
        self._disk.dies_at = self._disk.acts + self._dice.randint(1, 8)
