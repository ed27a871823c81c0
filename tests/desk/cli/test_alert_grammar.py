from decimal import Decimal as D

import pytest

from desk.cli.grammar import parse
from desk.cli.words import LineError
from desk.model.alert_commands import AcknowledgeAlert, AlertKind, RemoveAlert, SetAlert
from desk.model.commands import Ask

BTC = "BTCUSDT-PERP.BINANCE"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (
            f'alert price {BTC} above 62000 "take some" repeat silent id a-1',
            {"id": "a-1", "above": D(62000), "note": "take some", "repeats": True, "sound": False},
        ),
        (f"alert spread {BTC} above 0.05%", {"above": D("0.0005"), "repeats": False}),
        ("alert distance perp-1 below 10%", {"account": "perp-1", "below": D("0.1")}),
        (f"alert distance perp-1 below 10% of {BTC}", {"instrument": BTC}),
        ("alert level perp-1 margin-call", {"level": "MARGIN_CALL"}),
        ("alert fill", {"instrument": None, "repeats": True}),
        (f"alert fill {BTC} once note mine", {"repeats": False, "note": "mine"}),
        (f"alert stale {BTC}", {"kind": AlertKind.STALENESS}),
    ],
)
def test_an_alert_is_read(line, fields):
    command = parse(line, "new")
    assert isinstance(command, SetAlert)
    assert {name: getattr(command, name) for name in fields} == fields


def test_alerts_are_taken_away_seen_and_listed():
    assert parse("alert off a-1", "new") == RemoveAlert(id="new", alert="a-1")
    assert parse("alert seen 12", "new") == AcknowledgeAlert(id="new", number=12)
    assert parse("alerts", "new") == Ask(about="alerts")


@pytest.mark.parametrize(
    "line",
    [
        "alert",
        "alert price",
        f"alert price {BTC} over 5",
        f"alert price {BTC} above x",
        "alert seen -1",
        "alert seen ²",
        "alert fill repeat once",
        f"alert stale {BTC} a b",
    ],
)
def test_a_line_that_is_no_alert_is_refused(line):
    with pytest.raises(LineError):
        parse(line, "new")
