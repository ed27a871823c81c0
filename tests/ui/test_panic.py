"""Kill, cancel-all, flatten on the real window: over everything, once, and never by accident."""

import pytest
from helpers.frames import BTC, later, normal_desk
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCompleter,
    QDialog,
    QLineEdit,
    QMenu,
    QVBoxLayout,
)

from desk.model.commands import CancelAll, Flatten, Kill
from ui.own_files import own_files
from ui.panels.explain import Popover
from ui.policy import Confirm, Policy, PolicyError, load_policy
from ui.strip_host import StripHost

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def sent(rig, kind, count=1):
    rig.until(lambda: len(rig.desk.sent(kind)) >= count)
    return rig.desk.sent(kind)


def quiet(rig, kind):
    rig.settle()
    return rig.desk.sent(kind) == []


def key(what, letter):
    """Press and let go a panic chord as the system does: at the window, not at a widget."""
    QTest.keyClick(what.window().windowHandle(), getattr(Qt.Key, f"Key_{letter}"), CTRL_SHIFT)


@pytest.fixture
def modal(qtbot, rig):
    """A modal dialog over the window, with a text field that has the focus."""
    dialog = QDialog(rig.window)
    field = QLineEdit()
    QVBoxLayout(dialog).addWidget(field)
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.show()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    field.setFocus()
    yield dialog
    dialog.close()


# ---- over everything -----------------------------------------------------------------------------


def test_panic_keys_act_once_over_a_modal_dialog_with_a_text_field_in_focus(rig, modal):
    key(modal, "X")
    rig.settle()
    assert len(rig.desk.sent(CancelAll)) == 1
    key(modal, "K")
    key(modal, "K")
    assert len(sent(rig, Kill)) == 1


def test_the_question_stands_over_the_dialog_and_its_buttons_work_there(qtbot, rig, modal):
    key(modal, "K")
    strip = rig.window.strip
    assert strip.window() is not rig.window
    qtbot.waitUntil(strip.isVisible)
    QTest.mouseClick(
        strip.window().windowHandle(),
        LEFT,
        Qt.KeyboardModifier.NoModifier,
        strip.buttons["do"].mapTo(strip.window(), QPoint(5, 5)),
    )
    assert len(sent(rig, Kill)) == 1
    assert strip.window() is rig.window
    assert modal.isVisible()


def test_a_question_that_cannot_be_brought_to_the_front_is_answered_by_its_key(
    qtbot, rig, modal, monkeypatch
):
    monkeypatch.setattr(StripHost, "_place", lambda *_: 1 / 0)
    with qtbot.capture_exceptions() as caught:
        key(modal, "K")
    assert [kind for kind, *_ in caught] == [ZeroDivisionError]
    assert rig.window.strip.window() is rig.window.window()
    key(modal, "K")
    assert len(sent(rig, Kill)) == 1


def test_a_question_whose_dialog_goes_stays_and_can_be_answered(qtbot, rig, modal):
    key(modal, "K")
    modal.close()
    assert rig.window.strip.asking == "kill"
    key(rig.window, "K")
    assert len(sent(rig, Kill)) == 1
    assert rig.window.strip.window() is rig.window


@pytest.mark.parametrize("what", ["menu", "list", "completer"])
def test_an_open_list_is_closed_and_takes_no_panic_key(qtbot, rig, focus, what):
    window = rig.window
    if what == "menu":
        menu = QMenu(window)
        menu.addAction("something")
        menu.popup(window.mapToGlobal(QPoint(50, 50)))
    elif what == "list":
        window.ticket.tif.showPopup()
    else:
        field = focus(window.ticket.price)
        completer = QCompleter(["61000", "62000"], field)
        field.setCompleter(completer)
        qtbot.keyClicks(field, "6")
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    key(window, "X")
    assert len(sent(rig, CancelAll)) == 1
    assert QApplication.activePopupWidget() is None


def test_a_key_that_was_sent_to_a_list_before_it_went_is_not_lost(qtbot, rig):
    """The system has sent both to the list's own window; one that is no more gets nothing."""
    rig.window.ticket.tif.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    popup = QApplication.activePopupWidget()
    key(popup, "K")
    assert popup.internalWinId()
    key(popup, "K")
    assert len(sent(rig, Kill)) == 1


def test_a_popover_that_a_panic_key_put_away_is_gone_soon(qtbot, rig):
    watch = rig.window.watch
    watch.explain(BTC, QPoint(300, 300))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    key(QApplication.activePopupWidget(), "X")
    (popup,) = watch.findChildren(Popover)
    assert popup.internalWinId()  # for keys that the system has sent to it before
    # Not left to the clock: a key of ours may still be on its way to what is deleted.
    popup.findChild(QTimer).timeout.emit()
    qtbot.waitUntil(lambda: watch.findChildren(Popover) == [])


@pytest.mark.fault("T05")
def test_panic_is_sent_while_no_frame_comes_any_more(rig):
    rig.desk.answers = False
    key(rig.window, "X")
    assert len(sent(rig, CancelAll)) == 1


@pytest.mark.fault("T05")
def test_panic_goes_ahead_of_what_waits_in_a_full_pipe(rig):
    """The engine has stopped reading: what it reads first is the panic, not the backlog."""
    rig.settle()
    rig.pump._heart.stop()  # a beat would wait too, and so would the wish for a frame
    rig.pump._credit.stop()
    wire = rig.pump._wire
    while not wire._begun:
        wire.send(b"x" * 60_000)
    waiting = len(wire._waiting)
    key(rig.window, "X")
    assert (len(wire._urgent), len(wire._waiting)) == (1, waiting)


# ---- holding -------------------------------------------------------------------------------------


def repeat(letter):
    what = Qt.Key.Key_F if letter == "F" else Qt.Key.Key_K
    held = QKeyEvent(QEvent.Type.KeyPress, what, CTRL_SHIFT, "", True)
    QApplication.sendEvent(QApplication.focusWidget(), held)


@pytest.mark.thorough
def test_flatten_held_long_enough_is_sent_once(qtbot, rig, focus):
    focus(rig.window.ticket.quantity)
    rig.window.commands.confirming.policy = Policy(hold_ms=300)
    QTest.keyPress(rig.window.windowHandle(), Qt.Key.Key_F, CTRL_SHIFT)
    assert rig.window.strip.buttons["do"].by == "key"
    assert len(sent(rig, Flatten)) == 1
    repeat("F")
    rig.settle()
    QTest.keyRelease(rig.window.windowHandle(), Qt.Key.Key_F, CTRL_SHIFT)
    assert len(sent(rig, Flatten)) == 1


def test_flatten_let_go_early_does_nothing_and_repeats_are_no_second_holding(qtbot, rig, focus):
    focus(rig.window.ticket.quantity)
    button_of = rig.window.strip.buttons
    QTest.keyPress(rig.window.windowHandle(), Qt.Key.Key_F, CTRL_SHIFT)
    qtbot.waitUntil(lambda: button_of["do"].share > 0.05)
    QTest.keyRelease(rig.window.windowHandle(), Qt.Key.Key_F, CTRL_SHIFT)
    assert button_of["do"].share == 0
    repeat("F")
    assert button_of["do"].by == ""
    assert quiet(rig, Flatten)


def test_leaving_the_application_lets_go(qtbot, rig, focus):
    focus(rig.window.ticket.quantity)
    QTest.keyPress(rig.window.windowHandle(), Qt.Key.Key_F, CTRL_SHIFT)
    QApplication.sendEvent(QApplication.instance(), QEvent(QEvent.Type.ApplicationDeactivate))
    assert rig.window.strip.buttons["do"].by == ""


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["mouse", "space"])
def test_the_button_is_held_by_mouse_and_by_space(qtbot, rig, by):
    rig.window.commands.confirming.policy = Policy(hold_ms=300)
    rig.window.panic.flatten()
    button = rig.window.strip.buttons["do"]
    press, release = (
        (lambda: qtbot.mousePress(button, LEFT), lambda: qtbot.mouseRelease(button, LEFT))
        if by == "mouse"
        else (
            lambda: qtbot.keyPress(button, Qt.Key.Key_Space),
            lambda: qtbot.keyRelease(button, Qt.Key.Key_Space),
        )
    )
    press()
    release()
    assert quiet(rig, Flatten)
    press()
    assert len(sent(rig, Flatten)) == 1


def test_time_in_which_the_window_hung_is_not_held(rig):
    from ui import hold

    rig.window.panic.flatten()
    button = rig.window.strip.buttons["do"]
    button.begin("key")
    button._looked_ns -= 30_000_000_000
    button._look()
    assert button.share <= hold.MOST_COUNTED_NS / 1_000_000_000 + 0.01


def test_enter_answers_no_question(qtbot, rig):
    rig.window.panic.kill()
    for button in rig.window.strip.buttons.values():
        qtbot.keyClick(button, Qt.Key.Key_Return)
        qtbot.keyClick(button, Qt.Key.Key_Enter)
    assert rig.window.strip.asking == "kill"
    assert quiet(rig, Kill)


def test_kill_needs_no_reason_written_to_act(qtbot, rig):
    rig.window.panic.kill()
    rig.window.strip.fields["reason"].setText("")
    key(rig.window, "K")
    assert sent(rig, Kill)[0].reason == "stopped by the trader"


# ---- policy and own files ------------------------------------------------------------------------


def test_policy_that_asks_nothing_acts_at_once(rig):
    rig.window.commands.confirming.policy = Policy(kill=Confirm.NONE, flatten=Confirm.NONE)
    key(rig.window, "K")
    key(rig.window, "F")
    assert (len(sent(rig, Kill)), len(sent(rig, Flatten))) == (1, 1)


def test_policy_may_ask_before_an_order_and_a_disarmed_surface_does_not_send_it(qtbot, rig):
    from desk.model.commands import SubmitOrder

    rig.window.commands.confirming.policy = Policy(new_order=Confirm.STRIP)
    rig.write()
    rig.arm()
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    assert rig.window.strip.asking == "new_order"
    rig.window.arming.disarm("for the test")
    qtbot.mouseClick(rig.window.strip.buttons["do"], LEFT)
    assert quiet(rig, SubmitOrder)
    rig.arm()
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    qtbot.mouseClick(rig.window.strip.buttons["do"], LEFT)
    assert len(sent(rig, SubmitOrder)) == 1


def test_shipped_policy_never_asks_before_a_cancel():
    shipped = Policy()
    assert {shipped.cancel, shipped.cancel_all, shipped.close} == {Confirm.NONE}
    assert (shipped.flatten, shipped.kill, shipped.reverse, shipped.hold_ms) == (
        Confirm.HOLD, Confirm.STRIP, Confirm.STRIP, 1_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [b'flaten = "hold"', b'flatten = "maybe"', b"hold_ms = 0", b"hold_ms = nan", b"[", b"\xff"],
)
def test_policy_that_is_none_is_refused_in_one_line(data):
    with pytest.raises(PolicyError, match=r"^hands\.toml: [^\n]+$"):
        load_policy(data)


def test_own_files_hold_and_a_bad_one_is_passed_over_and_told(qapp, tmp_path):
    (tmp_path / "keys.toml").write_text('kill = "Ctrl+Alt+K"\n')
    assert own_files(str(tmp_path)).keys["kill"].key == "Ctrl+Alt+K"
    (tmp_path / "keys.toml").write_text('kill = "Ctrl+Shift+X"\n')
    own = own_files(str(tmp_path))
    assert own.keys["kill"].key == "Ctrl+Shift+K"
    assert [text.partition(":")[0] for text in own.complaints] == ["keys.toml"]
    assert own_files(str(tmp_path / "nowhere")).complaints == ()


def test_flatten_counts_what_is_ours(rig):
    frame = normal_desk()
    rig.settle(later(frame, orders=[]))
    rig.window.panic.flatten()
    assert "Cancel 0 orders and close 3 positions" in rig.window.strip.accessibleName()
