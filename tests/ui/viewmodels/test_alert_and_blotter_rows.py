from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import BTC, WALL_MS, normal_desk

from desk.model.alert_commands import AlertKind
from desk.model.blotter import BlotterFilter, BlotterPage, BlotterRow
from ui.viewmodels import blotter
from ui.viewmodels.alerts import alert_form
from ui.viewmodels.blotter import BlotterPages, blotter_row, details, read_filter
from ui.viewmodels.forms import read_form
from ui.viewmodels.tone import Tone


def row(seq, part=0, **changes):
    fields = {"seq": seq, "part": part, "time_ms": WALL_MS, "kind": "order", "about": "order",
              "text": "limit GTC"}  # fmt: skip
    return BlotterRow(**fields | changes)


def page(seqs, next_seq=None, newest=0):
    rows = [row(seq) for seq in seqs]
    found = BlotterPage(rows=rows, next_seq=next_seq, newest_seq=newest)
    return msgspec.to_builtins(found)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("too  much", {"text": "too much"}),
        ("side:sell kind:fill,order x", {"text": "x", "side": "SELL", "kinds": ("fill", "order")}),
        (f"in:{BTC} account:perp-1", {"instrument": BTC, "account": "perp-1"}),
        ("from:2026-11-28T09:30 to:2026-11-28T10:00Z",
         {"from_ms": 1_795_829_400_000, "to_ms": 1_795_860_000_000}),
    ],
)  # fmt: skip
def test_a_filter_line_is_read(text, fields):
    assert read_filter(text, WALL_MS) == (BlotterFilter(**fields), "")


@pytest.mark.parametrize("text", ["side:up", "kind:order,none", "from:25:99", "to:soon"])
def test_a_filter_that_is_none_is_named(text):
    assert read_filter(text, WALL_MS)[1].startswith(text.split(":")[0])


def test_pages_join_and_a_late_answer_of_another_filter_is_dropped():
    pages = BlotterPages()
    asked, first = pages.begin(BlotterFilter())
    assert pages.take(page([9, 8], next_seq=8, newest=9), first, asked)
    older, same = pages.older()
    assert older.before_seq == 8
    assert pages.take(page([7, 6]), same, older)
    assert pages.older() is None
    newer, same = pages.newer()
    assert newer.after_seq == 9
    assert pages.take(page([11, 10], newest=11), same, newer)
    assert [one.key for one in pages.rows] == [f"{n}.0" for n in (11, 10, 9, 8, 7, 6)]
    pages.begin(BlotterFilter(text="x"))
    assert not pages.take(page([99]), first, asked)
    assert pages.rows == ()


def test_more_news_than_a_page_holds_leave_no_hole():
    pages = BlotterPages()
    asked, number = pages.begin(BlotterFilter())
    pages.take(page([3, 2, 1], newest=3), number, asked)
    newer, number = pages.newer()
    pages.take(page([500, 499], next_seq=499, newest=500), number, newer)
    assert [one.key for one in pages.rows] == ["500.0", "499.0"]
    assert pages.older()[0].before_seq == 499


def test_a_day_at_the_top_keeps_the_newest_and_older_ones_are_asked_for_again(monkeypatch):
    monkeypatch.setattr(blotter, "MOST_AT_TOP", 3)
    pages = BlotterPages()
    asked, number = pages.begin(BlotterFilter())
    pages.take(page([2, 1], newest=2), number, asked)
    newer, number = pages.newer()
    rows = [row(4), row(3, part=1), row(3, part=0)]
    more = msgspec.to_builtins(BlotterPage(rows=rows, next_seq=None, newest_seq=4))
    pages.take(more, number, newer)
    pages.forget_oldest()
    newer, number = pages.newer()
    pages.take(page([5], newest=5), number, newer)
    pages.forget_oldest()
    assert [one.key for one in pages.rows] == [*pages.found] == ["5.0", "4.0", "3.1"]
    older, number = pages.older()
    rows = [row(3, part=1), row(3, part=0), row(2), row(1)]
    rest = msgspec.to_builtins(BlotterPage(rows=rows, next_seq=None, newest_seq=5))
    assert older.before_seq == 4
    pages.take(rest, number, older)
    assert [one.key for one in pages.rows] == ["5.0", "4.0", "3.1", "3.0", "2.0", "1.0"]
    assert pages.older() is None


def test_a_fee_is_shown_with_its_sign_and_a_denial_stands_out():
    fill = row(1, kind="fill", side="BUY", quantity=D("0.5"), price=D(60000), amount=D(-15),
               asset="USDT", text="BUY 0.5 at 60000, taker", instrument=BTC)  # fmt: skip
    cells = blotter_row(fill).cells
    assert [cells[2].text, cells[3].text, cells[4].text] == ["BTCUSDT", "▲ 0.5", "60,000"]
    assert cells[5].text == "BUY 0.5 at 60000, taker · −15 USDT"
    assert blotter_row(row(2, kind="denial")).cells[1].tone is Tone.WARNING
    assert ("mark age ms", "38") in details(row(3, details={"mark_age_ms": 38}))


def form_of(values):
    form = alert_form(normal_desk(), BTC)
    given = {entry.key: entry.value for entry in form.entries}
    return read_form(form, given | values, "a-1")


def test_the_alert_form_knows_the_present_price_and_reads_per_cent():
    command, _ = form_of({})
    assert (command.kind, command.instrument) == (AlertKind.PRICE, BTC)
    assert command.above is not None
    command, _ = form_of({"what": "funding below", "bound": "-0.01"})
    assert (command.kind, command.below) == (AlertKind.FUNDING, D("-0.0001"))
    command, _ = form_of({"what": "distance below", "bound": "10%", "account": "perp-1"})
    assert (command.instrument, command.account, command.below) == (None, "perp-1", D("0.1"))
    command, _ = form_of({"what": "level", "account": "perp-1"})
    assert (command.level, command.above, command.below) == ("MARGIN_CALL", None, None)
    assert form_of({"bound": "x"})[1].field == "bound"
    assert form_of({"what": "price below", "bound": "-5"})[1].field == "bound"
