"""What the machine took of our time: others ran meanwhile, and that proves nothing of ours."""

import threading
import time
from pathlib import Path

MOST_WAITED = 0.2
"""Of the time. A machine that lets us wait for longer is somebody else's."""


class Waited:
    """For how long since it was made this thread could have run, and was not let."""

    def __init__(self):
        self._file = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._before = self._now()

    def _now(self):
        return time.perf_counter_ns(), int(self._file.read_text().split()[1])

    def ms(self):
        return (self._now()[1] - self._before[1]) / 1e6

    def share(self):
        (began, waited), (now, by_now) = self._before, self._now()
        return (by_now - waited) / (now - began)
