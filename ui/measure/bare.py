"""The least a PySide6 window costs: one table, painted; the yardstick of `desk bench start`.

    python -m ui.measure.bare REPORT

It writes the boot-time clock of its first paint and ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QTableWidget

from ui.clock import boot_ns


class Bare(QTableWidget):
    """A table of 50 rows that tells when it has been painted."""

    def __init__(self, report: Path) -> None:
        super().__init__(50, 10)
        self._report = report
        self.resize(1366, 768)

    def event(self, e: QEvent) -> bool:
        done = super().event(e)
        if e.type() == QEvent.Type.UpdateRequest:
            self._report.write_text(json.dumps({"window_ns": boot_ns()}))
            QTimer.singleShot(0, QApplication.quit)
        return done


def main() -> None:
    """Show the table until it has been painted."""
    app = QApplication(sys.argv[:1])
    table = Bare(Path(sys.argv[1]))
    table.show()
    app.exec()


if __name__ == "__main__":
    main()
