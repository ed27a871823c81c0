"""A fault of ours: nothing adds risk until a person has looked; what takes risk away goes on."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader, decided, unwritable

from desk.engine.message import Crashed
from desk.model.commands import CancelOrder, ClosePosition, Rearm, WindowFailed
from desk.model.events import Acknowledged, Alerted, Denied

REARM = Rearm(id="r", name="Ada", reason="looked at the report")


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.buy("0.2", "59000")
    trader.run(60)
    return trader


def codes(events):
    return [d.code for event in events if isinstance(event, Denied) for d in event.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def latches(trader):
    return {key: latch.state for key, latch in trader.state.latches.items()}


@pytest.mark.fault("T27")
@pytest.mark.parametrize(
    ("process", "said"),
    [("engine", "the engine failed: spoiled"), ("window", "the window failed: spoiled")],
)
def test_after_a_crash_new_risk_waits_for_a_person_and_reducing_does_not(trader, process, said):
    trader.process(Crashed(process, "spoiled"))
    (denied,) = [event for event in trader.buy("0.1", "59000") if isinstance(event, Denied)]
    assert denied.denials[0].code == "STATE_REDUCING"
    assert said in denied.denials[0].message
    assert acked(trader.give(CancelOrder(id="c", order_id="BUY-0.2-59000")))
    assert acked(
        trader.give(ClosePosition(id="x", account="perp-1", instrument=BTC, fraction=D(1)))
    )
    assert codes(trader.give(Rearm(id="r0", name="", reason="looked at the report"))) == ["NAME"]
    assert acked(trader.give(REARM))
    assert "STATE_REDUCING" not in codes(trader.buy("0.1", "59000"))


@pytest.mark.fault("T27")
def test_an_unacknowledged_crash_outlives_a_restart_and_changes_nothing_else(trader):
    before = trader.state.document()
    trader.process(Crashed("engine", "spoiled"))
    again = Trader(trader.rows)
    assert latches(again) == {"crash": "REDUCING"}
    assert again.state.document() | {"latches": {}} == before
    again.market()
    assert "STATE_REDUCING" in codes(again.buy("0.1", "59000"))


def test_a_window_tells_of_an_error_of_its_own_once(trader):
    for _ in range(3):
        trader.give(WindowFailed(what="ValueError: spoiled"))
    assert [row.entry.type for row in decided(trader.rows)].count("latch") == 1
    alerts = [e.message for e in trader.events if isinstance(e, Alerted) and e.code == "CRASHED"]
    assert alerts == ["REDUCING: the window failed: ValueError: spoiled."]


def test_a_crash_latches_though_nothing_can_be_made_durable(trader):
    trader.refuse = unwritable()
    trader.process(Crashed("window", "spoiled"))
    assert latches(trader) == {"crash": "REDUCING", "journal": "HALTED"}
