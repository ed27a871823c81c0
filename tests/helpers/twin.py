"""A window like the real program's, in the test's own process: it tells where things are."""

from helpers.fake_desk import FakeDesk
from helpers.no_sleep import NoSleep
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication

from ui.own_files import own_files
from ui.panels.ladder_places import HEAD
from ui.pump import Pump
from ui.window import DeskWindow
from ui.wire import SocketWire

FRAMES = 3


class Twin:
    """Shows a frame of a fake desk in the same size; nothing is done with it."""

    def __init__(self, theme, frame, size, folder):
        """`folder` is its own, as a first start finds it: the program offers what one offers."""
        self._desk = FakeDesk(frame)
        self._pump = Pump(SocketWire(self._desk.theirs), now_ns=NoSleep())
        self.window = DeskWindow(theme, self._pump, own_files(folder))
        self.window.resize(*size)
        self.window.show()
        self._pump.start()
        self.show(frame)

    def show(self, frame):
        """Show a frame, and let the layout come to rest."""
        seen = []
        self._desk.frame = frame
        self._pump.framed.connect(seen.append)
        while len(seen) < FRAMES or self.window.display.selected is None:
            self._desk.take()
            QApplication.processEvents()
        self._pump.framed.disconnect(seen.append)

    def spot(self, widget, at=None):
        """A widget's middle, or a point in it, on the screen of the real window."""
        point = widget.rect().center() if at is None else at
        point = point.toPoint() if isinstance(point, QPointF) else point
        place = widget.mapTo(self.window, point)
        return place.x(), place.y()

    def ladder_cell(self, row, column):
        """The middle of a cell of the ladder; rows are counted from the top, below 0 from below."""
        grid = self.window.ladder.grid
        box = grid.places.cell(row % grid.places.count, column)
        return self.spot(grid, box.center())

    def own_orders(self):
        """Where the ladder shows own orders: left, top, width, height."""
        grid = self.window.ladder.grid
        left, wide = grid.places.columns["own"]
        x, y = self.spot(grid, QPoint(int(left), HEAD))
        return x, y, int(wide), grid.places.bottom - HEAD

    def let_go(self):
        """Take the window away."""
        self._pump.stop()
        self.window.ticket.set_connected(False)
        self.window.let_go()
        self.window.close()
        self.window.deleteLater()
