"""Qt gives back what it borrows: PySide6 6.12.0 on Python 3.11 did not, and aborted.

In a process of its own, since where it fails it takes the process along.
"""

import json
import os
import subprocess
import sys

import pytest

COUNT = """
import json, sys
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QWidget

class Source(QObject):
    fired = Signal()
    told = Signal(object)

class Sink(QObject):
    @Slot()
    def take(self): ...

class Painted(QWidget):
    def paintEvent(self, event): ...

app = QApplication([])
label, source, sink, painted = QLabel(), Source(), Sink(), Painted()
source.fired.connect(sink.take)
source.fired.connect(lambda: None)
source.told.connect(lambda value: None)
picture = QPixmap(32, 32)
painter = QPainter(picture)
pen, colour = QPen(), QColor("red")
texts = [str(number) for number in range(500)]

def calls():
    for text in texts:
        painter.setPen(pen)
        painter.fillRect(1, 1, 8, 8, colour)
        painter.drawText(2, 12, text)
        label.setText(text)
        label.update()
        painted.repaint()

def emits():
    for _ in texts:
        source.fired.emit()
        source.told.emit(None)

def change(work):
    work()  # what is made once is made here
    before = sys.getrefcount(None), sys.getrefcount(True)
    work()
    after = sys.getrefcount(None), sys.getrefcount(True)
    return [now - then for now, then in zip(after, before)]

painted.show()
answer = {"calls": change(calls), "emits": change(emits)}
painter.end()
print(json.dumps(answer), flush=True)
"""

FEW = 5


@pytest.fixture(scope="module")
def changes():
    """How the counts of None and True moved over 500 rounds of calls, and of emits."""
    ended = subprocess.run(
        [sys.executable, "-c", COUNT],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.qt
@pytest.mark.parametrize("work", ["calls", "emits"])
@pytest.mark.parametrize(("position", "name"), [(0, "None"), (1, "True")])
def test_reference_count_stays_flat(changes, work, position, name):
    assert abs(changes[work][position]) <= FEW, name
