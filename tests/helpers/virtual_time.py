"""A loop on which time passes by itself: minutes of waiting take as long as what is done in them.

Sockets are real. As long as any has something to say time stands still; when none has, the loop is
at once where it would have waited to.
"""

import asyncio
import selectors

from desk.io.clock import SystemClock

START_S = 1_000.0


class _Skipping(selectors.DefaultSelector):
    """Waits for nothing that will not come."""

    loop = None

    def select(self, timeout=None):
        events = super().select(0)
        if events or timeout == 0:
            return events
        if timeout is None:
            return super().select(None)
        self.loop.pass_s(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Also notes when this process wanted to connect to something."""

    def __init__(self):
        selector = _Skipping()
        selector.loop = self
        self._time_s = START_S
        self.connects_s = []
        super().__init__(selector)

    def time(self):
        return self._time_s

    def pass_s(self, seconds):
        self._time_s += seconds

    async def create_connection(self, *args, **options):
        self.connects_s.append(self._time_s)
        return await super().create_connection(*args, **options)


class VirtualClock(SystemClock):
    """Boot time and time of day as the running loop has them."""

    START_WALL_MS = 1_795_000_000_000

    def boot_ns(self):
        return round(asyncio.get_running_loop().time() * 1e9)

    def wall_ms(self):
        return self.START_WALL_MS + self.boot_ns() // 1_000_000


def run_virtually(scene):
    """Run a coroutine on such a loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scene)
