"""What the simulator asks of a venue that it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from desk.sim.candles import History
from desk.sim.events import Event
from desk.sim.faults import Fault
from desk.sim.injector import FaultInjector
from desk.sim.listing import Listing
from desk.sim.stablecoins import Stablecoin


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The market that a dialect frames: shared by all of them, changed by none.

    All stamps on the wire are wall time: market time divided by `speed`.
    """

    listings: dict[str, Listing]
    stablecoins: dict[str, Stablecoin]
    history: dict[str, History]
    speed: int
    now_us: int
    """Market time at the start."""
    wall_ms: Callable[[], int]
    faults: FaultInjector


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What has happened since the last one, up to a market time."""

    events: dict[str, list[Event]]
    until_us: int
    elapsed_ms: int
    """Wall time since the start."""
    happening: list[Fault]
    """Faults of the kinds that happen at a moment."""


class Dialect(Protocol):
    """One venue on loopback."""

    @property
    def ports(self) -> int:
        """How many ports it listens on, one after the other."""
        ...

    async def start(self, port: int) -> dict[str, Any]:
        """Listen from a port on, 0: any; return its part of the ready line. Raises OSError."""
        ...

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        ...

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        ...

    def restart(self, now_us: int) -> None:
        """Set the clock after the market has stood still."""
        ...

    def relist(self, now_us: int) -> None:
        """List the instruments anew, as they are now, and break with everybody."""
        ...

    def publish(self, moment: Moment) -> None:
        """Frame what has happened, for whoever has asked for it, and send it."""
        ...
