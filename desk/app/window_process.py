"""Window processes: started early, watched, started again when one crashes."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess

from ui.launch import open_window

RESTARTS_A_MINUTE = 3
MINUTE_S = 60.0
END_S = 2.0


class WindowProcess:
    """One window process and our end of its pipe."""

    def __init__(self, layout: str | None, folder: str) -> None:
        context: SpawnContext = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        self.connection: Connection = ours
        self.process: SpawnProcess = context.Process(
            target=open_window, args=(theirs, layout, folder), name="desk window", daemon=True
        )
        self.process.start()
        theirs.close()

    def ended_how(self) -> str:
        """Wait shortly for the end and say how it came."""
        self.process.join(END_S)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join(END_S)
            return "the window closed its pipe and went on: it was ended"
        if code < 0:
            return f"the window was ended by signal {-code}"
        return f"the window ended with code {code}"

    @property
    def failed(self) -> bool:
        """Whether it ended by a fault of its own, and by nobody's will from outside."""
        return self.process.exitcode not in {None, 0, -signal.SIGKILL, -signal.SIGTERM}

    def end(self) -> None:
        """End it, kindly first."""
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(END_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(END_S)


class RestartAllowance:
    """How often a window may be started again: three times a minute."""

    def __init__(self) -> None:
        self._restarts_s: deque[float] = deque(maxlen=RESTARTS_A_MINUTE)

    def wait_s(self, now_s: float) -> float:
        """Return how long the next restart has to wait, and count it."""
        full = len(self._restarts_s) == RESTARTS_A_MINUTE
        wait = max(0.0, self._restarts_s[0] + MINUTE_S - now_s) if full else 0.0
        self._restarts_s.append(now_s + wait)
        return wait
