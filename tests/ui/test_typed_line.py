"""The command line, and leverage, on the real window."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import BTC, normal_desk
from PySide6.QtCore import Qt

from desk.engine.setting_snapshot import SettingView
from desk.model.commands import Ask, PreviewChange, SetLeverage, TypedLine
from desk.model.events import Previewed
from ui.pump import Link
from ui.window_file import WindowFile

pytestmark = pytest.mark.qt

CTRL = Qt.KeyboardModifier.ControlModifier
OPTIONS = {"options": [{"text": "limit", "note": "a price"}, {"text": "market"}], "from": 8}


@pytest.fixture
def line(rig, qtbot, focus):
    rig.desk.data_of |= {"line": {"said": "read", "adds_risk": True}, "complete": OPTIONS}
    qtbot.keyClick(rig.window, Qt.Key.Key_L, CTRL)
    field = rig.window.footer.command
    rig.until(field.hasFocus)
    return field


def shown(rig):
    return rig.window.footer.accessibleDescription()


def test_every_key_asks_and_the_reading_is_beside_the_line(qtbot, rig, line):
    qtbot.keyClicks(line, "buy 0.5 ")
    rig.until(lambda: shown(rig) == "read")
    asked = [ask.of for ask in rig.desk.sent(Ask) if ask.about == "line"]
    assert asked[-1] == "buy 0.5 "


def test_tab_takes_the_offered_word_and_an_arrow_another(qtbot, rig, line):
    qtbot.keyClicks(line, "buy 0.5 ")
    rig.until(rig.window.completions.isVisible)
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert line.text() == "buy 0.5 limit "
    line.setText("buy 0.5 ")
    rig.until(rig.window.completions.isVisible)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "buy 0.5 market "
    assert rig.desk.sent(TypedLine) == []


def test_an_answer_on_its_way_takes_no_choice_back(qtbot, rig, line):
    qtbot.keyClicks(line, "buy 0.5 ")
    rig.until(rig.window.completions.isVisible)
    rig.settle()
    rig.desk.data_of["complete"] = {"options": [{"text": "mark"}, {"text": "market"}], "from": 8}
    qtbot.keyClicks(line, "m")
    qtbot.keyClick(line, Qt.Key.Key_Down)
    rig.until(lambda: not rig.window.command_desk._asked)
    assert rig.window.completions.at == 0
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "buy 0.5 limit "
    assert rig.desk.sent(TypedLine) == []


def test_a_choice_is_let_go_when_the_line_changes(qtbot, rig, line):
    qtbot.keyClicks(line, "buy 0.5 ")
    rig.until(rig.window.completions.isVisible)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    rig.desk.data_of["complete"] = {"options": [{"text": "mark"}, {"text": "market"}], "from": 8}
    qtbot.keyClicks(line, "m")
    assert rig.window.completions.at == -1
    rig.until(lambda: rig.window.command_desk.completions.options[0].text == "mark")
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert line.text() == "buy 0.5 mark "


def test_return_sends_once_with_the_lock_as_it_is(qtbot, rig, line):
    qtbot.keyClicks(line, "buy 0.5")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: line.text() == "")
    (sent,) = rig.desk.sent(TypedLine)
    assert (sent.text, sent.armed) == ("buy 0.5", False)
    rig.window.arming.toggle("command")
    qtbot.keyClicks(line, "sell 1")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: len(rig.desk.sent(TypedLine)) == 2)
    assert rig.desk.sent(TypedLine)[1].armed


def test_refused_line_stays_and_says_why(qtbot, rig, line):
    rig.desk.deny = True
    qtbot.keyClicks(line, "buy 9")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: "the cap is 5.00×." in shown(rig))
    assert line.text() == "buy 9"


def test_what_is_typed_after_a_refusal_takes_the_place_of_the_refused_line(qtbot, rig, line, focus):
    rig.desk.deny = True
    qtbot.keyClicks(line, "buy 9")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: "the cap is 5.00×." in shown(rig))
    focus(rig.window.watch.grid)
    qtbot.keyClick(rig.window, Qt.Key.Key_L, CTRL)
    rig.until(line.hasFocus)
    qtbot.keyClicks(line, "buy 1")
    assert line.text() == "buy 1"


def sent_in_silence(qtbot, rig, line, text):
    """Type a line and send it to a desk that takes it and says nothing, until it is back."""
    line.clear()
    qtbot.keyClicks(line, text)
    rig.settle()
    rig.desk.answers = False
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: rig.pump.link is Link.SILENT)
    rig.desk.answers = True
    rig.desk.send_frame()
    rig.until(lambda: rig.pump.link is Link.LIVE)


@pytest.mark.thorough
def test_a_line_whose_answer_was_lost_is_the_same_command_once_more(qtbot, rig, line, focus):
    sent_in_silence(qtbot, rig, line, "buy 1btc")
    assert "gone before it answered" in shown(rig)
    for text in ("status", "buy 1btc", "buy 1btc"):
        focus(line).setText(text)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        rig.until(lambda: line.text() == "")
    lost, between, again, new = rig.desk.sent(TypedLine)
    assert again.id == lost.id
    assert len({lost.id, between.id, new.id}) == 3


@pytest.mark.thorough
def test_a_line_that_takes_risk_away_is_carried_out_as_often_as_it_is_sent(qtbot, rig, line, focus):
    sent_in_silence(qtbot, rig, line, "cancel all")
    qtbot.keyClick(focus(line), Qt.Key.Key_Return)
    rig.until(lambda: line.text() == "")
    first, second = rig.desk.sent(TypedLine)
    assert first.id != second.id


def test_what_was_said_of_a_sent_line_gives_way_to_the_next_event(qtbot, rig, line, focus):
    qtbot.keyClicks(line, "buy 1")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: shown(rig) and not line.text())
    rig.window.say("Order t-2 accepted")
    assert shown(rig) == ""
    assert rig.window.footer.toolTip() == "Order t-2 accepted"


def test_while_a_line_is_written_its_words_stand_and_leave_with_the_focus(qtbot, rig, line, focus):
    qtbot.keyClicks(line, "buy 1")
    rig.until(lambda: shown(rig) == "read")
    rig.window.say("Order t-2 accepted")
    assert shown(rig) == "read"
    focus(rig.window.ticket.quantity)
    rig.window.say("Order t-3 accepted")
    assert shown(rig) == ""


def test_line_is_not_sent_from_anywhere_else(qtbot, rig, line, focus):
    qtbot.keyClicks(line, "buy 1")
    qtbot.keyClick(focus(rig.window.ticket.quantity), Qt.Key.Key_Return)
    line.entered.emit()
    rig.settle()
    assert rig.desk.sent(TypedLine) == []


def test_up_brings_the_last_line_and_it_outlives_the_window(qtbot, rig, line, tmp_path):
    store = WindowFile(str(tmp_path))
    rig.window.command_desk.remember(store)
    rig.window.command_desk.kept.connect(store.write)
    qtbot.keyClicks(line, "status")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    rig.until(lambda: line.text() == "")
    qtbot.keyClick(line, Qt.Key.Key_Up)
    assert line.text() == "status"
    rig.window.command_desk.remember(WindowFile(str(tmp_path)))
    assert rig.window.command_desk.history.lines == ["status"]


# ---- leverage ------------------------------------------------------------------------------------


def setting(**changes):
    fields = {"account": "perp-1", "instrument": BTC, "leverage": D(5), "max_leverage": D(5),
              "margin_mode": "cross", "flat": True, "working": 0}  # fmt: skip
    return SettingView(**fields | changes)


def opened(rig, **changes):
    rig.settle(msgspec.structs.replace(normal_desk(), setting=setting(**changes)))
    rig.until(lambda: rig.window.ticket.setting.text() == "5× cross")
    rig.window.ticket.setting.click()
    return rig.window.surfaces.open["leverage"]


def answer(rig):
    number = [number for number, sent in rig.desk.commands if isinstance(sent, PreviewChange)][-1]
    row = {"leverage": "2.9"}
    passes = {"accepted": True, "denials": [], "before": row, "after": row, "cost": {}}
    rig.desk.tell(Previewed(command=number, id="", **passes))


def test_leverage_is_previewed_and_set_by_an_armed_ticket_alone(qtbot, rig):
    dialog = opened(rig)
    rig.desk.answers = False
    dialog.leverage.setText("3")
    rig.until(lambda: rig.desk.sent(PreviewChange) != [])
    assert rig.desk.sent(PreviewChange)[-1].change.leverage == 3
    answer(rig)
    rig.until(lambda: dialog._accepted)
    assert not dialog.send.isEnabled()
    rig.window.arming.toggle("ticket")
    assert dialog.send.isEnabled()
    rig.desk.answers = True
    qtbot.mouseClick(dialog.send, Qt.MouseButton.LeftButton)
    rig.until(lambda: rig.desk.sent(SetLeverage) != [])
    rig.until(lambda: "leverage" not in rig.window.surfaces.open)


def test_mode_of_a_held_position_is_locked_and_says_why(rig):
    dialog = opened(rig, flat=False)
    assert not dialog.mode.buttons["isolated"].isEnabled()
    assert "only when flat" in dialog.obstacle.text
