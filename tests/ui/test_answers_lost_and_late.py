"""A question whose answer was lost is asked again; an answer that comes late ends the doubt."""

from decimal import Decimal as D

import pytest
from helpers.fake_desk import DENIALS
from helpers.frames import BTC, normal_desk
from helpers.silences import heal, silence

from desk.model.blotter import AskBlotter
from desk.model.commands import ClosePosition
from desk.model.events import Acknowledged, Denied
from desk.model.film import AskMoments, Moment
from ui.actions import new_id
from ui.panels.client import SheetDialog
from ui.viewmodels.client import SheetView

pytestmark = pytest.mark.qt


@pytest.mark.parametrize("answer", [Acknowledged, Denied])
def test_a_trade_that_was_answered_late_is_no_longer_unknown(rig, answer):
    rig.arm()
    rig.desk.answers = False
    rig.window.commands.close_part("perp-1", BTC, 50)
    rig.until(lambda: rig.desk.sent(ClosePosition) != [])
    silence(rig)
    heal(rig)
    banner = rig.window.banner
    rig.until(lambda: "whether it has this order" in banner.accessibleName())
    number, close = next(
        (number, sent) for number, sent in rig.desk.commands if isinstance(sent, ClosePosition)
    )
    more = {"denials": DENIALS} if answer is Denied else {}
    rig.desk.tell(answer(command=number, about="close", id=close.id, **more))
    rig.until(lambda: not banner.isVisible())


ROW = {"seq": 5, "part": 0, "time_ms": 1, "kind": "order", "about": "order", "text": "one"}


def test_a_blotter_whose_first_page_was_lost_asks_again(rig):
    rig.desk.data_of["blotter"] = {"rows": [ROW], "next_seq": None, "newest_seq": 5}
    rig.desk.answers = False
    rig.window.orders.open_page(rig.window.orders.blotter)
    rig.window.go_to(rig.window.orders.blotter.filter)
    rig.window.orders.blotter.begin()
    rig.qtbot.waitUntil(lambda: rig.desk.take() is not None and rig.desk.sent(AskBlotter) != [])
    silence(rig)
    heal(rig)
    rig.until(lambda: len(rig.window.orders.blotter.grid.grid.rows) == 1)


@pytest.mark.thorough
def test_a_journal_whose_first_page_was_lost_asks_again(rig):
    rig.desk.moments = [Moment(seq=1, time_ms=normal_desk().wall_ms, kind="money", text="one")]
    frame = rig.desk.frame
    rig.desk.answers = False
    rig.window.go_to(rig.window.journal.grid)
    rig.qtbot.waitUntil(rig.window.journal.is_seen)
    rig.desk.send_frame(frame)
    rig.until(lambda: rig.desk.sent(AskMoments) != [])
    silence(rig)
    heal(rig)
    rig.until(lambda: len(rig.window.journal.grid.grid.rows) == 1)


@pytest.mark.parametrize("form", ["amendment", "alert"])
def test_a_form_that_is_open_is_named_before_the_window_opens_again(rig, form):
    if form == "alert":
        rig.window.alerts.ask(BTC)
    else:
        rig.arm()
        rig.window.orders.orders.select_key("t-118")
        rig.window.order_desk.amend()
    assert "an open form" in rig.window.settings.drafts()


@pytest.mark.thorough
def test_a_desk_that_is_back_is_asked_what_would_stay(rig):
    rig.desk.orders = ["t-118"]
    silence(rig)
    rig.window.close()
    rig.window.closing._overdue.timeout.emit()
    assert "Leave without it?" in rig.window.strip.accessibleName()
    heal(rig)
    rig.until(lambda: "Leave without it?" not in rig.window.strip.accessibleName())
    assert "cancel_all" in rig.window.strip.buttons


def sheet(rig):
    shown = SheetView("s@1", "Sheet", (("Risk", "All of it."),), acknowledged=False, proof="")
    dialog = SheetDialog(rig.window.theme, shown, rig.window.exchange, new_id, rig.window)
    rig.window.surfaces.present("sheet", dialog)
    return dialog, dialog.read


def preference(rig):
    rig.window.surfaces.prefer("perp-1")
    dialog = rig.window.surfaces.open["preference"]
    return dialog, dialog.save


@pytest.mark.parametrize("opened", [sheet, preference])
def test_a_dialog_whose_answer_was_lost_says_so(rig, opened):
    dialog, button = opened(rig)
    rig.desk.answers = False
    button.click()
    silence(rig)
    assert button.isEnabled()
    assert dialog.said.text == "The desk has gone before it answered."


def test_a_form_over_a_replay_says_why_nothing_was_sent(rig):
    rig.window.alerts.ask(BTC, D(60_000))
    form = rig.window.alerts.form
    form.controls["bound"].setText("60000")
    rig.window.commands.held = "The window shows a replay: nothing was sent."
    form.send.click()
    assert form.problem.text == "The window shows a replay: nothing was sent."
