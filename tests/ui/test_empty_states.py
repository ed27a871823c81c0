"""Every empty place teaches, to the eye and to a reader, and stops when there is something."""

import pytest
from helpers.frames import BTC, empty_desk, market, normal_desk, position
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from ui.empty import Lesson, paint_lesson
from ui.grid import Grid
from ui.paint import painting
from ui.viewmodels.orders import FILL_COLUMNS

pytestmark = pytest.mark.qt

WITHOUT = {"Collateral", "Owed", "Stress"}
"""Tables of a loan: they are there when it is."""


def inked(picture):
    """Whether anything but the ground is painted."""
    image = picture.toImage()
    ground = image.pixel(1, image.height() - 2)
    steps = range(0, image.width(), 2), range(0, image.height(), 2)
    return any(image.pixel(x, y) != ground for x in steps[0] for y in steps[1])


def test_every_table_of_an_empty_desk_teaches_and_falls_silent_when_it_is_filled(rig_of):
    rig = rig_of(empty_desk())
    rig.settle()
    window = rig.window
    tables = [grid for grid in window.findChildren(Grid) if grid.accessibleName() not in WITHOUT]
    assert len(tables) >= 12
    assert [grid.accessibleName() for grid in tables if grid.lesson is None] == []
    grid = window.positions.grid
    assert inked(grid.viewport().grab())
    assert grid.accessibleDescription() == grid.lesson.said
    rig.settle(normal_desk(positions=[position()]))
    rig.until(lambda: bool(grid.grid.rows))
    assert grid.accessibleDescription() == ""
    rig.settle(empty_desk())
    rig.until(lambda: not grid.grid.rows)
    assert grid.accessibleDescription() == grid.lesson.said


def test_a_ladder_says_that_its_price_or_its_book_is_missing(rig_of):
    rig = rig_of(normal_desk(markets=[market(mark=None, last=None, bid=None)], positions=[]))
    paper = rig.window.ladder.grid
    rig.settle()
    assert paper.view is None
    rows = paper.places
    middle = paper.grab().copy(0, rows.top, paper.width(), rows.bottom - rows.top)
    assert inked(middle)
    rig.settle(normal_desk(markets=[market(BTC, book_state="SYNCING")], book=None))
    rig.until(lambda: paper.view is not None)
    lane = rows.row_box(0).toRect()
    warning = rig.window.theme.color("warning")
    image = paper.grab(lane).toImage()
    hues = {image.pixelColor(x, y).hue() for x in range(image.width()) for y in (8, 10, 12)}
    assert any(abs(hue - warning.hue()) < 6 for hue in hues)


def test_a_table_that_has_heard_nothing_yet_does_not_claim_that_there_is_nothing(qtbot, theme):
    grid = Grid(theme, FILL_COLUMNS, "Fills")
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    grid.teach("No fills yet", "Each fill shows its price.")
    assert grid.accessibleDescription() == ""
    assert not inked(grid.viewport().grab())
    grid.show_rows(())
    assert grid.accessibleDescription() == "No fills yet. Each fill shows its price."
    assert inked(grid.viewport().grab())


@pytest.mark.parametrize("size", [(200, 12), (60, 300), (12, 12), (900, 400)])
def test_a_lesson_stays_within_its_box_whatever_its_size(theme, qtbot, size):
    class Place(QWidget):
        def paintEvent(self, event):
            with painting(self, theme) as ink:
                lesson = Lesson("No orders", "What is sent stands here.")
                paint_lesson(ink, lesson, QRectF(self.rect()))

    place = Place()
    qtbot.addWidget(place)
    place.resize(*size)
    assert not place.grab().isNull()
