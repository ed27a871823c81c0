"""The desk's menu by key and button: about, tour, picture; nothing of it stops a panic key."""

import stat

import pytest
from helpers.frames import empty_desk
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk.model.commands import Deposit
from ui.own_files import own_files

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
CTRL_SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def rig(rig_of, tmp_path):
    made = rig_of(empty_desk(), own=own_files(str(tmp_path)))
    made.settle()
    made.window.activateWindow()
    made.qtbot.waitUntil(made.window.isActiveWindow)
    return made


@pytest.mark.thorough
def test_menu_opens_by_key_and_button_and_tells_every_entry_with_its_key(rig, qtbot, tmp_path):
    window = rig.window
    QTest.keyClick(window, Qt.Key.Key_D, ALT)
    menu = window.desk_menu.menu
    assert QApplication.activePopupWidget() is menu
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Settings…\tCtrl+,", "Layouts", "Panels", "Save picture of window\tCtrl+P",
                     "Tour", "Keys\tF1", "About the desk"]  # fmt: skip
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert "settings" in window.surfaces.open
    (tmp_path / "pictures").write_text("in the way")
    window.desk_menu.save_picture()
    assert "cannot be written" in window.footer.accessibleName()
    qtbot.mouseClick(window.footer.menu, LEFT)
    assert QApplication.activePopupWidget() is window.desk_menu.menu
    QTest.keyClick(window.desk_menu.menu, Qt.Key.Key_K, CTRL_SHIFT)
    assert (QApplication.activePopupWidget(), window.strip.asking) == (None, "kill")


@pytest.mark.thorough
def test_about_is_copied_whole_and_the_picture_has_what_floats(rig, qtbot, tmp_path):
    window = rig.window
    window.desk_menu.about()
    about = window.surfaces.open["about"]
    qtbot.mouseClick(about.copy, LEFT)
    assert QGuiApplication.clipboard().text() == about.text
    assert "PySide6: 6." in about.text
    about.close()
    dock = window.area.docks["ladder"]
    dock.setFloating(True)
    dock.move(window.width() + 50, 20)
    rig.settle()
    QTest.keyClick(window, Qt.Key.Key_P, CTRL)
    window.desk_menu.save_picture()
    saved = sorted((tmp_path / "pictures").iterdir())
    assert len(saved) == 2
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in saved)
    assert stat.S_IMODE(saved[0].parent.stat().st_mode) == 0o700
    (told,) = [p for p in saved if window.footer.accessibleName().endswith(str(p))]
    image = QImage(str(told))
    assert image.width() >= window.width() + dock.width()
    inside = image.pixelColor(window.width() + 50 + dock.width() // 2, 20 + dock.height() // 2)
    assert inside.name() != "#000000"


def test_tour_goes_by_key_stops_no_panic_key_and_is_not_offered_again(rig, qtbot, tmp_path):
    window, tour = rig.window, rig.window.desk_menu.tour
    assert set(window.strip.buttons) == {"deposit", "tour"}
    qtbot.mouseClick(window.strip.buttons["tour"], LEFT)
    assert not rig.desk.sent(Deposit)
    card = tour.card
    assert QApplication.focusWidget() is card.next
    QTest.keyClick(window, Qt.Key.Key_K, CTRL_SHIFT)
    assert window.strip.asking == "kill"
    window.strip.dismiss()
    card.next.setFocus()
    for step in tour.steps[1:]:
        QTest.keyClick(card.next, Qt.Key.Key_Space)
        assert step.title in card.accessibleName()
        assert window.rect().contains(card.geometry())
    assert card.next.text() == "Done"
    window.resize(1366, 768)
    assert window.rect().contains(card.geometry())
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert tour.card is None
    assert own_files(str(tmp_path)).preferences.tour_seen
    rig.settle()
    rig.until(lambda: window.strip.asking == "deposit")
    assert set(window.strip.buttons) == {"deposit"}
