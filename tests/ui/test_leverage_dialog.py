"""Leverage and margin mode: what stood in the way and has passed stands in the way no more."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.fake_desk import DENIALS
from helpers.frames import BTC, normal_desk
from helpers.silences import heal, leave_unanswered, silence

from desk.engine.setting_snapshot import SettingView
from desk.model.commands import PreviewChange, SetLeverage
from desk.model.events import Previewed

pytestmark = pytest.mark.qt


def number_of(rig, kind):
    return [number for number, sent in rig.desk.commands if isinstance(sent, kind)][-1]


def desk_with(**changes):
    fields = {"account": "perp-1", "instrument": BTC, "leverage": D(5), "max_leverage": D(5),
              "margin_mode": "cross", "flat": True, "working": 0}  # fmt: skip
    return msgspec.structs.replace(normal_desk(), setting=SettingView(**fields | changes))


def opened(rig, **changes):
    rig.settle(desk_with(**changes))
    rig.until(lambda: rig.window.ticket.setting.text() == "5× cross")
    rig.arm()
    rig.window.ticket.setting.click()
    dialog = rig.window.surfaces.open["leverage"]
    dialog._again.setInterval(10)
    return dialog


def judge(rig, *denials):
    row = {"leverage": "2.9"}
    told = {"accepted": not denials, "denials": list(denials), "before": row, "after": row}
    rig.desk.tell(Previewed(command=number_of(rig, PreviewChange), id="", cost={}, **told))


def asked(rig, count):
    rig.until(lambda: len(rig.desk.sent(PreviewChange)) >= count)


def test_leverage_that_was_denied_for_a_moment_can_be_set_when_it_would_pass(rig):
    dialog = opened(rig)
    dialog.leverage.setText("3")
    leave_unanswered(rig.desk, PreviewChange)
    asked(rig, 1)
    judge(rig, DENIALS[0])
    rig.until(dialog.denials.isVisible)
    assert not dialog.send.isEnabled()
    asked(rig, 2)
    judge(rig)
    rig.until(dialog.send.isEnabled)


@pytest.mark.thorough
def test_leverage_whose_question_was_lost_is_asked_about_again(rig):
    dialog = opened(rig)
    leave_unanswered(rig.desk, PreviewChange)
    dialog.leverage.setText("3")
    asked(rig, 1)
    silence(rig)
    heal(rig)
    asked(rig, 2)
    rig.arm()
    judge(rig)
    rig.until(dialog.send.isEnabled)


def test_leverage_whose_answer_was_lost_says_so(rig):
    dialog = opened(rig)
    leave_unanswered(rig.desk, PreviewChange | SetLeverage)
    dialog.leverage.setText("3")
    asked(rig, 1)
    judge(rig)
    rig.until(dialog.send.isEnabled)
    dialog.send.click()
    rig.until(lambda: rig.desk.sent(SetLeverage) != [])
    silence(rig)
    assert dialog.said.text == "The desk has gone before it answered."


def test_a_mode_that_was_locked_is_free_once_the_position_is_gone(rig):
    dialog = opened(rig, flat=False)
    assert not dialog.mode.buttons["isolated"].isEnabled()
    rig.settle(desk_with(flat=True))
    assert dialog.mode.buttons["isolated"].isEnabled()
    assert not dialog.obstacle.isVisible()


def test_leverage_that_was_set_elsewhere_is_what_a_change_is_measured_by(rig):
    dialog = opened(rig)
    dialog.leverage.setText("3")
    rig.settle(desk_with(leverage=D(3)))
    assert dialog.change() is None
    dialog.leverage.setText("5")
    assert dialog.change().leverage == 5
