"""An override on the desk: journaled, shown, recorded with decisions, ended by time."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader, decided, order

from desk.engine.frame import build_frame
from desk.model.commands import Ask, NextFrame, OverrideRule
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import Side

RULE = "vaf.loans_to_capital"
HOUR_MS = 3_600_000


@pytest.fixture
def trader():
    return Trader()


def override(trader, value="5.5", hours=1, **changes):
    asked = {
        "id": "o-1",
        "rule": RULE,
        "value": None if value is None else D(value),
        "reason": "audited accounts are late",
        "first_name": "Ada",
        "second_name": "Ben",
        "expires_ms": trader.wall_ms + hours * HOUR_MS,
    }
    return trader.give(OverrideRule(**{**asked, **changes}))


def test_an_override_holds_until_its_end_and_not_at_it(trader):
    override(trader)
    assert trader.desk.number(RULE) == D("5.5")
    assert trader.desk.number(RULE, "warn") == D("4.5")
    trader.tick(HOUR_MS - 1)
    assert trader.desk.number(RULE) == D("5.5")
    trader.tick(1)
    assert trader.desk.number(RULE) == D(5)
    assert trader.desk.number("ord.price_collar") == D("0.03")


def test_its_end_is_journaled_once_and_told(trader):
    override(trader)
    before = len(trader.rows)
    trader.tick(HOUR_MS)
    trader.run(100)
    (row,) = decided(trader.rows[before:])
    assert (row.entry.type, row.entry.reserve) == ("override", True)
    assert row.entry.data["what"] == {"expired": RULE}
    (told,) = [event for event in trader.events if isinstance(event, Alerted)]
    assert (told.severity, told.code) == ("info", "OVERRIDE_ENDED")
    assert told.message == f"The override of {RULE} by Ada and Ben has ended: 5 holds."
    # A clock that is set back does not bring it to life again.
    trader.wall_ms -= 2 * HOUR_MS
    trader.tick()
    assert trader.desk.overrides == {}


def test_it_survives_a_restart_and_stands_in_the_state_hash(trader):
    empty = trader.state.hash()
    override(trader)
    assert trader.state.hash() != empty
    again = trader.restarted()
    assert again.state.hash() == trader.state.hash()
    assert again.desk.number(RULE) == D("5.5")
    assert trader.state.document()["rules"]["overrides"] == {
        RULE: ["5.5", ["Ada", "Ben"], trader.wall_ms + HOUR_MS]
    }


def test_two_people_take_it_back(trader):
    override(trader)
    answers = override(trader, None, id="o-2")
    assert isinstance(answers[-1], Acknowledged)
    assert trader.desk.number(RULE) == D(5)
    assert trader.rows[-1].entry.data["what"] == {
        "reason": "audited accounts are late",
        "names": ["Ada", "Ben"],
    }
    assert trader.restarted().desk.overrides == {}


def test_the_row_says_who_why_and_what_held_before(trader):
    override(trader, first_name=" Ada  Wong ")
    data = trader.rows[-1].entry.data
    assert data["what"] == {
        "reason": "audited accounts are late",
        "names": ["Ada Wong", "Ben"],
        "normal": "5",
    }
    assert data["rules"]["override"] == {
        "rule": RULE,
        "value": "5.5",
        "reason": "audited accounts are late",
        "names": ["Ada Wong", "Ben"],
        "since_ms": trader.wall_ms,
        "expires_ms": trader.wall_ms + HOUR_MS,
    }


def test_a_refusal_names_the_origin_of_the_rule_and_changes_nothing(trader):
    (denied,) = override(trader, rule="vaf.haircut")
    assert isinstance(denied, Denied)
    assert [(d.code, d.origin) for d in denied.denials] == [("OVERRIDE_ORIGIN", "SFC")]
    assert trader.desk.overrides == {}


def test_it_is_shown_in_the_frame_and_by_rules(trader):
    override(trader)
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    (view,) = frame.overrides
    assert (view.rule, view.value, view.normal) == (RULE, D("5.5"), D(5))
    assert (view.names, view.expires_ms) == (["Ada", "Ben"], trader.wall_ms + HOUR_MS)
    assert view.reason == "audited accounts are late"
    (told,) = trader.give(Ask(about="rules"))
    assert [row["rule"] for row in told.data["overrides"]] == [RULE]
    assert [row["rule"] for row in told.data["rows"]] == [row.rule for row in frame.rules]
    assert RULE in [row["rule"] for row in told.data["rows"]]


def test_every_decision_records_the_overrides_that_hold(trader):
    trader.deposit()
    trader.market()
    override(trader)
    trader.market()
    trader.give(order(Side.BUY, "0.1", "60000", id="yes"))
    assert trader.rows[-1].entry.data["what"]["overrides"] == {RULE: "5.5"}
    trader.give(order(Side.BUY, "0.1", "90000", id="no"))
    assert trader.rows[-1].entry.type == "denial"
    assert trader.rows[-1].entry.data["what"]["overrides"] == {RULE: "5.5"}
    assert trader.state.orders["yes"].terms.instrument == BTC
