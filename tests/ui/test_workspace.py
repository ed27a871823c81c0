"""Where docks are, kept over a restart: exactly, or passed over and said."""

import os

import pytest
from helpers.frames import normal_desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ui import window_file
from ui.docks import DockArea
from ui.layouts import GAP, SHIPPED, TAB_BAR, Box, Wishes, keys_of, places
from ui.own_files import own_files
from ui.viewmodels.translation import CHINESE, ENGLISH, speak
from ui.window_file import FILE, SCHEMA, WindowFile
from ui.workspace import Workspace

pytestmark = pytest.mark.qt


class Frame(QWidget):
    """A window of empty docks and its workspace: as the desk's, without what costs time."""

    def __init__(self, theme, folder, size=(1920, 1004), layout=None):
        super().__init__()
        self.area = DockArea(theme)
        for key in dict.fromkeys(k for one in SHIPPED.values() for k in keys_of(one.tree(False))):
            self.area.add(key, key, QWidget())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.area)
        self.resize(*size)
        theme.compact = size[0] < 1600
        self.workspace = Workspace(self, self.area, WindowFile(folder))
        self.said = self.workspace.begin(layout)

    def take_size(self):
        self.layout().activate()


@pytest.fixture
def frame(theme, qtbot, tmp_path):
    """Open a window on the same folder, as often as one likes; the one before is left."""
    frames = []

    def open_window(**options):
        for one in frames:
            one.workspace.leave()
            one.hide()
        frames.append(Frame(theme, str(tmp_path), **options))
        qtbot.addWidget(frames[-1])
        frames[-1].show()
        return frames[-1]

    return open_window


def arrangement(area):
    """Everything a person sees of where docks are; a dock behind a tab lies nowhere."""
    seen = {
        key: (dock.isFloating(), area.is_in_front(key), dock.geometry().getRect())
        for key, dock in area.docks.items()
        if not dock.isHidden()
    }
    return {k: one if one[1] else (*one[:2], None) for k, one in seen.items()}


def rearrange(area):
    """A floating dock, one closed, one more behind a tab and in front, a border moved."""
    area.docks["ladder"].setFloating(True)
    area.docks["ladder"].setGeometry(90, 120, 300, 500)
    area.docks["orders"].close()
    area.show_dock("rules")
    area.docks["rules"].raise_()
    area.resizeDocks([area.docks["risk"]], [451], Qt.Orientation.Horizontal)
    area.layout().activate()
    QApplication.processEvents()
    return arrangement(area)


# ---- restart -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_restart_gives_back_every_dock_in_another_language(rig_of, tmp_path):
    """The real window, twice."""
    first = rig_of(normal_desk(), own=own_files(str(tmp_path)))
    before = rearrange(first.window.area)
    assert before["ladder"] == (True, True, (90, 120, 300, 500))
    assert "orders" not in before
    first.window.workspace.leave()
    first.pump.stop()
    first.window.hide()
    speak(CHINESE, {"Rules": "規則"})
    try:
        second = rig_of(normal_desk(), own=own_files(str(tmp_path)))
    finally:
        speak(ENGLISH, {})
    second.settle()
    assert arrangement(second.window.area) == before
    assert second.window.area.docks["rules"].windowTitle() == "規則"


def test_every_layout_is_left_as_it_was_and_the_last_one_opens(frame):
    one = frame()
    before = rearrange(one.area)
    one.workspace.switch("risk")
    risk = arrangement(one.area)
    assert {"ticket", "ladder"}.isdisjoint(risk)
    one.workspace.switch("trade")
    assert arrangement(one.area) == before
    one.workspace.switch("risk")
    again = frame()
    QApplication.processEvents()
    assert again.workspace.current == "risk"
    assert arrangement(again.area) == risk
    again.workspace.switch("trade")
    QApplication.processEvents()
    assert arrangement(again.area) == before


@pytest.mark.parametrize("name", SHIPPED)
def test_docks_of_the_window_lie_where_arithmetic_has_them(frame, name):
    area = frame(layout=name).area
    boxes = places(SHIPPED[name].tree(False), Box(0, GAP, 1920, 996), Wishes())
    docks = {k: area.docks[k].geometry() for k in area.shown() if area.is_in_front(k)}
    assert set(docks) == set(keys_of(SHIPPED[name].tree(False))) - {"close_out"}
    for key, rect in docks.items():
        box = boxes[key]
        tabs = TAB_BAR if key == "rehearsal" else 0
        assert rect.getRect() == (box.x, box.y, box.width, box.height - tabs), key


def test_untouched_layout_is_sized_for_the_window_it_opens_in(frame):
    frame().area.show_dock("feeds")
    area = frame(size=(1366, 700)).area
    assert area.docks["risk"].width() == 296
    assert "feeds" in area.shown()
    assert not area.touched


def test_crash_loses_nothing_that_has_been_there_for_a_second(frame, qtbot, tmp_path):
    one = frame()
    one.workspace._timer.setInterval(0)
    one.area.docks["ladder"].setFloating(True)
    qtbot.waitUntil((tmp_path / FILE).exists)
    assert "trade" in WindowFile(str(tmp_path)).group("layouts")


def test_a_dock_that_floats_goes_on_being_painted_whatever_put_it_there(frame):
    one = frame()
    one.area.docks["ladder"].setFloating(True)
    for layout in ("monitor", "trade"):
        one.workspace.switch(layout)
    two = frame()
    for area in (one.area, two.area):
        ladder = area.docks["ladder"]
        assert ladder.isFloating()
        assert ladder.updatesEnabled()
        assert ladder.bar.updatesEnabled()
        ladder.setFloating(False)
        assert ladder.updatesEnabled()


def test_docks_that_go_with_the_program_are_not_taken_for_closed(frame):
    one = frame()
    one.workspace.leave()
    for dock in one.area.docks.values():
        dock.close()
    assert set(frame().area.shown()) == set(keys_of(SHIPPED["trade"].tree(False)))


# ---- files that are not as they should be --------------------------------------------------------


def test_older_file_keeps_its_layouts_where_a_migration_knows_how(frame, monkeypatch):
    before = rearrange(frame().area)
    frame()
    monkeypatch.setattr(window_file, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(window_file, "MIGRATIONS", {SCHEMA: lambda values: values})
    again = frame()
    QApplication.processEvents()
    assert arrangement(again.area) == before


@pytest.mark.parametrize("schema", [SCHEMA + 1, SCHEMA - 1, "x"])
def test_file_of_another_schema_is_passed_over(frame, tmp_path, schema):
    one = frame()
    rearrange(one.area)
    one.workspace.leave()
    at = tmp_path / FILE
    at.write_text(at.read_text().replace(f"schema={SCHEMA}", f"schema={schema}"))
    os.utime(at, (1, 1))  # Qt takes a file of the same size and time for the one it knows
    assert not frame().area.touched


def test_places_kept_by_a_version_whose_docks_floated_in_groups_are_said_and_passed_over(
    frame, monkeypatch
):
    with monkeypatch.context() as earlier:
        earlier.setattr("ui.docks.STATE_VERSION", 1)
        one = frame()
        rearrange(one.area)
        one.workspace.leave()
    again = frame()
    assert "layout Trade is damaged or of another version" in " ".join(again.workspace.complaints)
    assert not again.area.touched
    assert not any(dock.isFloating() for dock in again.area.docks.values())
    assert again.area.guests() == ["rules"]


def test_damaged_layout_is_said_and_the_others_are_kept(frame, tmp_path):
    one = frame()
    rearrange(one.area)
    assert one.workspace.save_as("Morning") == ""
    one.workspace.leave()
    file = WindowFile(str(tmp_path))
    layouts = file.group("layouts")
    spoiled = layouts["own-1"].replace("AAAA", "AAAB", 1)
    file.put("layouts", {**layouts, "own-1": spoiled, "risk": "{", "own-x": layouts["trade"]})
    file.write()
    again = frame()
    said = " ".join(again.workspace.complaints)
    assert "layout Morning is damaged" in said
    assert "layout risk is damaged" in said
    assert list(again.workspace.layouts) == [*SHIPPED, "own-1"]
    assert not again.area.touched


def test_dock_that_came_after_the_file_is_shown_by_its_own_layout_only(frame, monkeypatch):
    before = rearrange(frame().area)
    add = DockArea.add

    def add_one_more(area, key, title, panel):
        if "novel" not in area.docks:
            add(area, "novel", "novel", QWidget())
        return add(area, key, title, panel)

    monkeypatch.setattr(DockArea, "add", add_one_more)
    again = frame()
    QApplication.processEvents()
    assert arrangement(again.area) == before
    assert again.area.docks["novel"].isHidden()


def test_window_of_a_screen_that_is_gone_comes_back(frame):
    ladder = frame().area.docks["ladder"]
    ladder.setFloating(True)
    ladder.setGeometry(9_000, 9_000, 300, 400)
    ladder = frame().area.docks["ladder"]
    screen = QApplication.primaryScreen().availableGeometry()
    assert ladder.isFloating()
    assert screen.contains(ladder.frameGeometry().topLeft() + QPoint(30, 10))


# ---- names ---------------------------------------------------------------------------------------


def test_own_layout_is_put_back_to_what_was_saved_and_kept(frame):
    one = frame()
    before = rearrange(one.area)
    workspace = one.workspace
    assert workspace.save_as("  Morning   desk ") == ""
    one.area.docks["risk"].setFloating(True)
    workspace.reset()
    QApplication.processEvents()
    assert arrangement(one.area) == before
    assert workspace.rename("Evening") == ""
    again = frame().workspace
    assert again.name_of(again.current) == "Evening"
    again.delete()
    assert again.current == "trade"
    assert list(frame().workspace.layouts) == list(SHIPPED)


def test_shipped_layout_is_put_back_and_cannot_be_renamed_or_deleted(frame):
    one = frame()
    shipped = arrangement(one.area)
    rearrange(one.area)
    assert "ships with the desk" in one.workspace.rename("Mine")
    one.workspace.delete()
    one.workspace.reset()
    QApplication.processEvents()
    assert arrangement(one.area) == shipped


@pytest.mark.parametrize("name", ["", "   ", "x" * 25, "a\x00b", "TRADE", "monitor"])
def test_name_that_cannot_be_used_is_refused(frame, name):
    workspace = frame().workspace
    assert workspace.save_as(name) != ""
    assert workspace.current == "trade"


def test_there_is_an_end_to_layouts(frame):
    workspace = frame().workspace
    for number in range(9):
        assert workspace.save_as(f"Layout {number}") == ""
    assert "delete one first" in workspace.save_as("one more")


def test_layout_is_opened_by_its_name_and_an_unknown_one_is_said(frame):
    assert frame(layout="MONITOR").workspace.current == "monitor"
    one = frame(layout="Nowhere")
    assert one.workspace.current == "monitor"
    assert one.said == "There is no layout Nowhere: this is Monitor."
