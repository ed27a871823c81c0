"""Alerts: raised in time, once, numbered; blind is said; no restart loses or repeats one."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, SPOT, Trader, full, order

from desk.cli.grammar import parse
from desk.engine.frame import build_frame
from desk.engine.message import WindowChanged
from desk.model.alert_commands import AcknowledgeAlert, AlertKind, RemoveAlert, SetAlert
from desk.model.commands import Ask, NextFrame
from desk.model.events import Acknowledged, Alerted, Answered, Denied
from desk.model.orders import Side


@pytest.fixture
def trader():
    trader = Trader()
    trader.market()
    return trader


def say(trader, line):
    """Give a console line; return its answer."""
    return trader.give(parse(line, f"line-{len(trader.rows)}-{trader.now_ns}"))[-1]


def raised(trader):
    return [e for e in trader.events if isinstance(e, Alerted) and e.alert]


def frame(trader):
    return build_frame(trader.desk, NextFrame(), number=1, engine_ms=0, notes={})


def states(trader):
    return {rule.id: rule.state for rule in frame(trader).alert_rules}


def keep(trader, ms, price="60000"):
    """Let time pass with fresh marks."""
    for _ in range(0, ms, 500):
        trader.mark(BTC, price)
        trader.run(500, step=100)


def test_a_price_is_raised_by_the_very_mark_that_reaches_it_and_its_latency_is_journaled(trader):
    assert isinstance(
        say(trader, f'alert price {BTC} above 62000 "sell some" id a-1'), Acknowledged
    )
    trader.mark(BTC, "61999.9")
    trader.tick(100)
    assert not raised(trader)
    trader.mark(BTC, "62000")
    trader.tick(40)
    trader.mark(BTC, "61000")  # a spike of one mark
    trader.tick(20)
    trader.tick(20)
    [said] = raised(trader)
    assert said.message == f"{BTC} is at 62,000, above 62,000 (sell some)."
    assert said.alert == "a-1"
    assert said.number == 1
    assert said.latency_ms == 0
    [row] = [r for r in trader.rows if r.entry.type == "alert" and "raised" in r.entry.data["what"]]
    [kept] = row.entry.data["alerts"]["raised"]
    assert kept["number"] == 1
    assert kept["latency_ms"] == 0
    assert kept["event_ms"] == trader.wall_ms - 80
    assert states(trader) == {"a-1": "DONE"}


@pytest.mark.parametrize(
    ("line", "mark", "value"),
    [
        (f"alert price {BTC} below 59000", {"price": "58000"}, D(58000)),
        (f"alert funding {BTC} above 0.05%", {"rate": "0.0006"}, D("0.0006")),
    ],
)
def test_conditions_of_the_mark_are_seen_with_their_value(trader, line, mark, value):
    say(trader, line)
    trader.mark(BTC, **mark)
    trader.tick(20)
    assert len(raised(trader)) == 1
    assert frame(trader).alert_rules[0].value == value


def test_a_spread_is_watched_in_the_book(trader):
    say(trader, f"alert spread {BTC} above 0.1% id s-1")
    trader.book(BTC, bids=(("59900", "1"),), asks=(("60000", "1"),))
    trader.tick(20)
    [said] = raised(trader)
    assert said.message == f"The spread of {BTC} is 0.1668%, above 0.1%."


def test_spot_goes_by_its_last_trade(trader):
    trader.book(SPOT)
    say(trader, f"alert price {SPOT} above 60100 id sp-1")
    trader.trade("60050", "0.1", instrument=SPOT)
    trader.tick(20)
    assert not raised(trader)
    trader.trade("60100", "0.1", instrument=SPOT)
    trader.tick(20)
    assert len(raised(trader)) == 1


def test_what_is_true_already_is_raised_at_once_and_said_so(trader):
    told = say(trader, f"alert price {BTC} below 70000 id a-1")
    assert told.data["already"] is True
    trader.tick(300)
    assert len(raised(trader)) == 1


def test_a_repeating_alert_speaks_again_only_after_the_condition_was_gone_for_a_moment(trader):
    say(trader, f"alert price {BTC} above 60100 repeat id r-1")
    for price in ("60100", "60099", "60100", "60099", "60101"):
        trader.mark(BTC, price)
        trader.tick(300)
    assert len(raised(trader)) == 1
    keep(trader, 3_500)
    assert states(trader) == {"r-1": "WATCHING"}
    trader.mark(BTC, "60200")
    trader.tick(20)
    assert len(raised(trader)) == 2
    assert states(trader) == {"r-1": "RAISED"}


def test_time_without_a_fresh_mark_does_not_count_as_gone(trader):
    say(trader, f"alert price {BTC} above 60100 repeat id r-1")
    trader.mark(BTC, "60200")
    trader.run(20_000, step=500)
    trader.mark(BTC, "60200")
    trader.run(600, step=100)
    assert len([e for e in raised(trader) if e.code == "ALERT_PRICE"]) == 1


def test_an_alert_that_cannot_see_is_blind_and_says_so_once(trader):
    say(trader, f"alert price {BTC} above 62000 id a-1")
    trader.run(30_000, step=500)
    assert states(trader) == {"a-1": "BLIND"}
    [said] = raised(trader)
    assert said.code == "ALERT_BLIND"
    assert said.message == f"Alert a-1 is blind: {BTC} has no fresh price."
    assert said.latency_ms >= 5_000
    trader.mark(BTC, "62500")  # it was not raised by having been blind
    trader.tick(20)
    assert [e.code for e in raised(trader)] == ["ALERT_BLIND", "ALERT_PRICE"]


def test_a_stale_mark_is_raised_within_a_second_of_its_limit(trader):
    say(trader, f"alert stale {BTC} id st-1")
    trader.run(10_000, step=100)
    [said] = raised(trader)
    assert said.code == "ALERT_STALENESS"
    assert said.latency_ms <= 1_000


def test_a_fill_is_raised_with_its_price_and_is_owed_over_a_crash(trader):
    trader.deposit()
    say(trader, "alert fill id f-1")
    trader.buy("0.1", None)
    trader.tick(60)
    fills = [r for r in trader.rows if r.entry.type == "fill"]
    assert fills
    until = trader.rows.index(fills[-1]) + 1
    trader.run(100)
    assert raised(trader)[0].message.startswith(f"BUY 0.1 {BTC} filled at 60000")
    crashed = Trader(trader.rows[:until])
    crashed.run(100)
    assert [e.code for e in raised(crashed)] == ["ALERT_FILL"]
    assert not crashed.state.alerts.owed


def test_every_fill_is_said_also_one_that_comes_before_the_last_is_journaled(trader):
    trader.deposit()
    say(trader, "alert fill id f-1")
    for number in range(3):
        trader.buy(f"0.{number + 1}", None, id=f"b-{number}")
        trader.run(200)
    assert [e.message.count("more") for e in raised(trader)] == [0, 0, 0]
    trader.buy("0.11", None, id="c-1")
    trader.give(order(Side.BUY, "0.12", None, id="c-2"))
    trader.run(50, step=50)
    trader.run(200)
    assert raised(trader)[3].message.startswith(f"BUY 0.12 {BTC} filled at 60000 and 1 more")
    assert not trader.state.alerts.owed


def test_level_and_distance_are_watched_on_the_account(trader):
    trader.deposit()
    trader.buy("5", None)
    trader.run(200)
    say(trader, "alert level perp-1 margin_call id l-1")
    say(trader, "alert distance perp-1 below 10% id d-1")
    trader.run(500)
    assert states(trader) == {"l-1": "WATCHING", "d-1": "WATCHING"}
    trader.mark(BTC, "44000")
    trader.run(1_000)
    assert {e.alert for e in raised(trader)} == {"l-1", "d-1"}
    assert {e.severity for e in raised(trader)} == {"danger"}
    own = [e for e in trader.events if isinstance(e, Alerted) and not e.alert]
    assert all(e.number and e.latency_ms is not None for e in own)
    assert all(e.sound == (e.severity == "danger") for e in own)


def test_a_position_through_its_liquidation_is_nearer_than_any_distance(trader):
    trader.deposit("13000")
    trader.buy("1", "60000")
    trader.run(200)
    say(trader, "alert distance perp-1 below 5% id d-1")
    trader.mark(BTC, "44000")
    (held,) = trader.desk.figures("perp-1").positions
    assert held.liquidation_distance < D("-0.05")
    trader.run(1_000)
    assert "d-1" in {e.alert for e in raised(trader)}


def test_an_old_mark_makes_level_and_distance_blind(trader):
    trader.deposit()
    trader.buy("1", None)
    trader.run(200)
    say(trader, "alert level perp-1 warning id l-1")
    say(trader, "alert distance perp-1 below 10% id d-1")
    trader.run(10_000, step=100)
    assert states(trader) == {"l-1": "BLIND", "d-1": "BLIND"}


def test_alerts_survive_a_restart_with_their_numbers_and_what_was_seen(trader):
    say(trader, f"alert price {BTC} above 62000 id a-1")
    say(trader, f"alert price {BTC} above 63000 repeat id a-2")
    trader.mark(BTC, "62000")
    trader.run(60)
    say(trader, "alert seen 1")
    again = trader.restarted()
    assert again.state.hash() == trader.state.hash()
    again.mark(BTC, "63500")
    again.run(60)
    assert [(e.alert, e.number) for e in raised(again)] == [("a-2", 2)]
    assert [(a.number, a.seen) for a in frame(again).alerts] == [(2, False), (1, True)]


def test_a_danger_that_still_holds_is_said_again_at_start(trader):
    say(trader, 'kill "stop it"')
    trader.run(40)
    again = trader.restarted()
    again.run(60)
    [said] = [e for e in again.events if isinstance(e, Alerted)]
    assert said.code == "STILL_LATCHED"
    assert said.message == "The desk is still HALTED: kill: stop it."
    assert said.number == 1
    assert said.sound


def test_the_desks_own_alerts_go_through_the_same_list(trader):
    trader.process(WindowChanged(attached=True))
    trader.run(3_500, step=100)
    newest = frame(trader).alerts[0]
    assert (newest.code, newest.severity, newest.seen) == ("HEARTBEAT", "danger", False)
    assert isinstance(say(trader, f"alert seen {newest.number}"), Acknowledged)
    assert frame(trader).alerts[0].seen


def test_what_flaps_gets_ten_numbers_a_minute_and_then_a_count(trader):
    event = Alerted(severity="warning", code="FLAP", message="It flaps.")
    for _ in range(22):
        trader.engine._alerts.stamped([event])
    trader.tick(20)
    assert [a.number for a in frame(trader).alerts] == list(range(10, 0, -1))
    trader.run(61_000, step=1_000)
    assert frame(trader).alerts[0].message == "It flaps. (and 12 more)"
    assert trader.restarted().state.hash() == trader.state.hash()
    trader.engine._alerts.stamped([event])
    trader.tick(20)
    assert frame(trader).alerts[0].number == 11


def test_a_full_disk_silences_no_alert(trader):
    say(trader, f"alert price {BTC} above 62000 id a-1")
    trader.refuse = full()
    trader.mark(BTC, "62000")
    trader.run(100)
    assert len(raised(trader)) == 1
    assert frame(trader).alerts[0].alert == "a-1"
    assert trader.state.state == "ACTIVE"


WRONG = [
    ({"kind": AlertKind.PRICE, "instrument": BTC}, "BOUND"),
    ({"kind": AlertKind.PRICE, "instrument": BTC, "above": D(1), "below": D(2)}, "BOUND"),
    ({"kind": AlertKind.PRICE, "instrument": BTC, "above": D(-1)}, "BOUND"),
    ({"kind": AlertKind.PRICE, "instrument": BTC, "above": D("NaN")}, "NUMBER"),
    ({"kind": AlertKind.PRICE, "instrument": BTC, "above": D("1e999")}, "NUMBER"),
    ({"kind": AlertKind.PRICE, "instrument": "X", "above": D(1)}, "UNKNOWN_INSTRUMENT"),
    ({"kind": AlertKind.PRICE, "above": D(1)}, "INSTRUMENT"),
    ({"kind": AlertKind.FUNDING, "instrument": SPOT, "above": D(1)}, "NO_FUNDING"),
    ({"kind": AlertKind.SPREAD, "instrument": BTC, "below": D(-1)}, "BOUND"),
    ({"kind": AlertKind.LEVEL, "account": "perp-1", "level": "BAD"}, "LEVEL"),
    ({"kind": AlertKind.LEVEL, "level": "WARNING"}, "ACCOUNT"),
    ({"kind": AlertKind.DISTANCE, "account": "perp-1", "above": D("0.1")}, "BOUND"),
    ({"kind": AlertKind.DISTANCE, "account": "spot-1", "below": D("0.1")}, "NO_DISTANCE"),
    ({"kind": AlertKind.DISTANCE, "account": "nobody", "below": D("0.1")}, "UNKNOWN_ACCOUNT"),
    ({"kind": AlertKind.STALENESS, "instrument": BTC, "above": D(1)}, "BOUND"),
    ({"kind": AlertKind.STALENESS, "instrument": BTC, "note": "a\nb"}, "NOTE"),
    ({"kind": AlertKind.FILL, "id": ""}, "ID"),
]


@pytest.mark.parametrize(("fields", "code"), WRONG)
def test_an_alert_that_makes_no_sense_is_denied(trader, fields, code):
    answer = trader.give(SetAlert(**{"id": "x-1", **fields}))[-1]
    assert isinstance(answer, Denied)
    assert code in [denial.code for denial in answer.denials]
    assert not trader.state.alerts.rules


def test_there_are_at_most_200_alerts(trader):
    for number in range(200):
        command = SetAlert(id=f"a-{number}", kind=AlertKind.STALENESS, instrument=ETH)
        assert isinstance(trader.give(command)[-1], Acknowledged)
    denied = trader.give(SetAlert(id="b", kind=AlertKind.FILL))[-1]
    assert [denial.code for denial in denied.denials] == ["TOO_MANY_ALERTS"]
    trader.give(RemoveAlert(id="off", alert="a-0"))
    assert isinstance(trader.give(SetAlert(id="c", kind=AlertKind.FILL))[-1], Acknowledged)


def test_only_what_was_raised_can_be_seen(trader):
    for number in (-1, 0, 1):
        denied = trader.give(AcknowledgeAlert(id=f"s{number}", number=number))[-1]
        assert [denial.code for denial in denied.denials] == ["UNKNOWN_ALERT"]


def test_what_is_taken_away_speaks_no_more(trader):
    say(trader, f"alert price {BTC} above 62000 id a-1")
    assert isinstance(say(trader, "alert off a-1"), Acknowledged)
    assert isinstance(say(trader, "alert off a-1"), Denied)
    trader.mark(BTC, "63000")
    trader.run(300)
    assert not raised(trader)


def test_the_same_alert_given_twice_is_one(trader):
    first = say(trader, f"alert price {BTC} above 62000 id a-1")
    again = say(trader, f"alert price {BTC} above 62000 id a-1")
    other = say(trader, f"alert price {BTC} above 63000 id a-1")
    assert isinstance(first, Acknowledged)
    assert again.data["repeated"] is True
    assert [denial.code for denial in other.denials] == ["ID_REUSED"]


def test_the_console_lists_them(trader):
    say(trader, f"alert price {BTC} above 62000 id a-1")
    answer = trader.give(Ask(about="alerts"))[-1]
    assert isinstance(answer, Answered)
    assert answer.data["rules"][0]["state"] == "WATCHING"
    assert answer.data["raised"] == []
    assert msgspec.json.encode(answer)


def test_an_alert_that_is_gone_is_not_taken_for_set_when_it_is_set_again(trader):
    over = SetAlert(id="over", kind=AlertKind.PRICE, instrument=BTC, above=D(60100))
    gone = SetAlert(id="gone", kind=AlertKind.PRICE, instrument=BTC, above=D(70000))
    for alert in (over, gone):
        assert isinstance(trader.give(alert)[-1], Acknowledged)
        assert trader.give(alert)[-1].data["repeated"]
    trader.give(RemoveAlert(id="off", alert="gone"))
    keep(trader, 1_000, "60200")
    for alert in (over, gone):
        (denial,) = trader.give(alert)[-1].denials
        assert denial.code == "ID_REUSED"
        assert alert.id in denial.message
