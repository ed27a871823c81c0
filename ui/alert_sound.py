"""The sound of an alert: a short tone through the platform's own player, else a beep.

Danger is said again every few seconds until somebody acknowledges it. Nothing here waits for a
player, and where there is none the list and its colours say the same.
"""

from __future__ import annotations

import math
import struct
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QStandardPaths, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from ui.private_file import write_new

AGAIN_MS = 4_000
RATE_HZ = 22_050
TONE_S = 0.18
PLAYERS = ("pw-play", "paplay", "aplay", "afplay")


class AlertSound(QObject):
    """Sounds once for what is new, and again while danger waits."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.muted = False
        self.sounded = 0
        """How often it has, for tests and measurement."""
        self._tone: Path | None = None
        self._player = ""
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.sound)

    def sound(self) -> None:
        """Sound once, unless muted."""
        if not self.muted:
            self.sound_once()

    def sound_once(self) -> None:
        """Sound, muted or not."""
        self.sounded += 1
        if QGuiApplication.platformName() in {"offscreen", "minimal"} or not self._play():
            QApplication.beep()

    def repeat(self, wanted: bool) -> None:
        """Go on sounding, or stop."""
        if wanted and not self._again.isActive():
            self._again.start()
        elif not wanted:
            self._again.stop()

    @property
    def repeats(self) -> bool:
        """Whether it will sound again by itself."""
        return self._again.isActive()

    def _play(self) -> bool:
        if self._tone is None:
            found = (QStandardPaths.findExecutable(name) for name in PLAYERS)
            self._player = next((path for path in found if path), "")
            self._tone = _written_tone() if self._player else Path()
        if not self._player:
            return False
        started, _ = QProcess.startDetached(self._player, [str(self._tone)])
        return bool(started)


def _written_tone() -> Path:
    path = Path(tempfile.mkdtemp(prefix="desk-")) / "alert.wav"
    write_new(path, tone())
    return path


def tone(hz: int = 880) -> bytes:
    """Return a short tone as a WAV file: 16 bit, one channel, faded so that it does not click."""
    count = int(RATE_HZ * TONE_S)
    samples = b"".join(
        struct.pack(
            "<h",
            int(12_000 * math.sin(math.pi * n / count) * math.sin(2 * math.pi * hz * n / RATE_HZ)),
        )
        for n in range(count)
    )
    head = struct.pack("<4sI8sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVEfmt ", 16, 1, 1,
                       RATE_HZ, 2 * RATE_HZ, 2, 16)  # fmt: skip
    return head + struct.pack("<4sI", b"data", len(samples)) + samples
