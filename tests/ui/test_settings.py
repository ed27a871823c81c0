"""The settings on the real window, and what they leave in the desk folder."""

import stat

import pytest
from helpers.frames import normal_desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desk.model.commands import WindowClosing
from ui import private_file
from ui.keys import load_key_map
from ui.own_files import own_files
from ui.policy import Confirm, load_policy
from ui.settings_files import change_line, with_line

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def rig(rig_of, tmp_path):
    made = rig_of(normal_desk(), own=own_files(str(tmp_path)))
    made.desk.greet(settings={"profile": "hk_sfc_2026", "latency_ms": "50"})
    made.settle()
    return made


@pytest.fixture
def dialog(rig):
    rig.window.settings.open()
    return rig.window.surfaces.open["settings"]


def shown(dialog):
    return {key for key, row in dialog.rows.items() if row.isVisibleTo(dialog)}


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT)


@pytest.mark.thorough
def test_typing_filters_in_both_languages_and_escape_first_empties_then_leaves(dialog, qtbot):
    everything = shown(dialog)
    assert {"language", "confirm.kill", "key.kill", "desk.latency_ms"} <= everything
    qtbot.keyClicks(dialog.search, "zone")
    assert "zone" in shown(dialog)
    assert "confirm.kill" not in shown(dialog)
    dialog.search.setText("配色")
    assert shown(dialog) == {"scheme"}
    dialog.search.setText("no such thing")
    assert shown(dialog) == set()
    assert dialog.none.isVisibleTo(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert shown(dialog) == everything
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.is_gone


@pytest.mark.thorough
def test_look_and_sound_hold_at_once_everywhere_and_are_kept(rig, dialog, qtbot, tmp_path):
    rig.window.load_late()
    rig.until(lambda: rig.window.chart.plot is not None)
    rig.window.area.docks["ladder"].setFloating(True)
    click(qtbot, dialog.rows["scheme"].control.buttons["light"])
    click(qtbot, dialog.rows["direction"].control.buttons["red-green"])
    rig.settle()
    theme = rig.window.theme
    assert (theme.scheme, theme.direction) == ("light", "red-green")
    for widget in (dialog, rig.window.area.docks["ladder"].bar, rig.window.footer):
        at = (widget.width() // 2, widget.height() - 3)
        assert widget.grab().toImage().pixelColor(*at).lightnessF() > 0.8
    rig.window.settings.next_look()
    kept = own_files(str(tmp_path)).preferences
    assert (kept.scheme, kept.direction) == ("contrast", "red-green")
    assert dialog.rows["scheme"].control.choice() == "contrast"
    assert not dialog.again.isVisibleTo(dialog)
    click(qtbot, rig.window.orders.alerts.mute)
    assert dialog.rows["sound"].control.isChecked() is False
    assert own_files(str(tmp_path)).preferences.sound is False
    dialog.rows["sound"].control.setChecked(True)
    assert rig.window.alerts.sound.muted is False
    click(qtbot, dialog.rows["try_sound"].control)
    assert rig.window.alerts.sound.sounded == 1


@pytest.mark.thorough
def test_a_confirmation_holds_at_once_comments_stay_and_what_is_no_value_is_refused(
    rig, dialog, qtbot, tmp_path
):
    file = tmp_path / "hands.toml"
    file.write_text('# mine\nkill = "hold"  # the big one\n')
    click(qtbot, dialog.rows["confirm.new_order"].control.buttons["hold"])
    assert rig.window.commands.confirming.policy.new_order is Confirm.HOLD
    assert rig.window.drill.policy.new_order is Confirm.HOLD
    click(qtbot, dialog.rows["confirm.kill"].control.buttons["strip"])
    assert file.read_text() == '# mine\nkill = "strip"  # the big one\nnew_order = "hold"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before, row = file.read_text(), dialog.rows["confirm.hold_ms"]
    row.control.setText("20")
    row.control.editingFinished.emit()
    assert "300" in row.problem.text
    assert (rig.window.drill.policy.hold_ms, file.read_text()) == (1_000, before)
    row.control.setText("1,500")
    row.control.editingFinished.emit()
    assert row.problem.text == ""
    assert load_policy(file.read_bytes()).hold_ms == 1_500


def test_a_key_is_pressed_to_be_set_a_conflict_is_refused_and_backspace_brings_it_back(
    rig, dialog, qtbot, tmp_path
):
    row = dialog.rows["key.buy"]
    click(qtbot, row.control)
    QTest.keyClick(row.control, Qt.Key.Key_F6)
    assert "one key, one action" in row.problem.text
    click(qtbot, row.control)
    QTest.keyClick(row.control, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert (tmp_path / "keys.toml").read_text() == "buy = 'Ctrl+J'\n"
    assert load_key_map((tmp_path / "keys.toml").read_bytes())["buy"].key == "Ctrl+J"
    assert row.control.text() == "Ctrl+J"
    assert dialog.again.isVisibleTo(dialog), "the window shows the keys it goes by"
    click(qtbot, row.control)
    QTest.keyClick(row.control, Qt.Key.Key_Backspace)
    assert row.control.text() == "F5"
    assert (tmp_path / "keys.toml").read_text() == ""
    assert not dialog.again.isVisibleTo(dialog)
    click(qtbot, row.control)
    QTest.keyClick(row.control, Qt.Key.Key_K, CTRL_SHIFT)
    assert rig.window.strip.asking == "kill", "a panic key acts, whoever waits for a key"


@pytest.mark.thorough
def test_the_window_opens_again_once_loss_is_said_and_stays_where_nobody_answers(
    rig, dialog, qtbot
):
    rig.desk.answers = False
    rig.window.settings.change("zone", "UTC")
    click(qtbot, dialog.again)
    rig.window.settings.reopening._overdue.timeout.emit()
    assert "does not answer" in rig.window.footer.accessibleName()
    rig.until(lambda: bool(rig.desk.sent(WindowClosing)))
    rig.desk.answers = True
    rig.desk.send_frame()  # what it owes
    rig.settle()
    rig.window.ticket.quantity.setText("2")
    rig.arm()
    click(qtbot, dialog.rows["language"].control.buttons["zh_HK"])
    click(qtbot, dialog.again)
    assert "the ticket" in dialog.waiting.text
    assert rig.window.isVisible()
    click(qtbot, dialog.again)
    assert not rig.window.arming.is_armed()
    rig.until(lambda: not rig.window.isVisible())
    assert [one.choice for one in rig.desk.sent(WindowClosing)] == ["reopen", "stay", "reopen"]


@pytest.mark.parametrize(
    ("before", "name", "value", "after"),
    [
        ("", "kill", '"hold"', 'kill = "hold"\n'),
        ("a = 1", "kill", '"hold"', 'a = 1\nkill = "hold"\n'),
        ("kill='none' # x\nb = 2\n", "kill", '"hold"', 'kill = "hold" # x\nb = 2\n'),
        ('  "kill"  =  "none"\n', "kill", '"hold"', 'kill = "hold"\n'),
        ("# kill = 1\nskill = 2\n", "kill", "3", "# kill = 1\nskill = 2\nkill = 3\n"),
        ("kill = 'x'  # y\nb = 2\n", "kill", "", "b = 2\n"),
        ("b = 2\n", "kill", "", "b = 2\n"),
    ],
)
def test_a_line_of_a_file_is_changed_and_nothing_else(before, name, value, after):
    assert with_line(before.encode(), name, value) == after.encode()


def test_a_file_that_would_be_refused_stays_as_it_was(tmp_path):
    path = tmp_path / "hands.toml"
    path.write_text("this is no TOML [")
    with pytest.raises(ValueError, match=r"hands\.toml"):
        change_line(path, "kill", '"hold"', load_policy)
    path.write_bytes(b"#" * (private_file.MOST_BYTES + 1))
    with pytest.raises(ValueError, match="at most"):
        change_line(path, "kill", '"hold"', load_policy)
    assert [entry.name for entry in tmp_path.iterdir()] == ["hands.toml"]
