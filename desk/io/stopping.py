"""Being told to stop: what ends a desk cleanly."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a process of the desk cleanly.

    SIGHUP is one of them: a terminal that is closed sends it to all that was begun there. It is
    none where whoever began this process has it ignored, as `nohup` does, nor on Windows.
    """
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGTERM, signal.SIGINT
    return signal.SIGTERM, signal.SIGINT, hangup


def stop_signal() -> asyncio.Event:
    """Return an event that is set when the process is told to stop."""
    import asyncio  # which a desk that has yet to begin its window does not wait for

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in stop_signals():
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, told.set)
    return told
