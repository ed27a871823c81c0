"""Rows of what whole programs reported: their figure, what it stands beside, and the verdict."""

from desk.bench import panels, start, ticket
from desk.bench.row import Given
from desk.bench.start import Start


def test_a_start_is_the_median_of_those_that_reported():
    ours = [Start(300.0, 900.0), Start(500.0, None), Start(None, None), Start(400.0, 1_700.0)]
    window, data = start.rows_of(ours, [Start(100.0, None), Start(200.0, None)], discarded=2)
    assert (window["value"], window["reference"], window["ok"]) == (400.0, 150.0, False)
    assert (window["ratio"], window["target"]) == (2.667, "ratio <= 2.5")
    assert window["note"].startswith("3 and 2 starts in turn, 2 pairs thrown away; ")
    assert (data["value"], data["target"], data["ok"]) == (1_300.0, "<= 1500", True)
    assert not any(row["ok"] for row in start.rows_of([Start(None, None)], []))


def test_a_panel_stands_below_the_whole_frame_the_dearest_first():
    report = panels.Report(
        panels={"chart": [1.0, 2.0], "book": [3.0, 4.0], "once": [9.0]},
        frames_ms=[10.0] * 19 + [13.0],
        taken_ms=[1.0],
        stalls_ms=[0.5] * 100,
        worked_ms=[0.2] * 98 + [2.0] * 2,
        seconds=10.0,
        cpu_s=2.0,
        rss_mb=150.0,
    )
    rows = {row["name"]: row for row in panels.rows_of(report, "Trade x1")}
    assert [*rows][4:6] == ["Trade x1: book p50", "Trade x1: chart p50"]
    whole = rows["Trade x1: a frame painted p95"]
    assert (whole["value"], whole["target"], whole["ok"]) == (13.0, "<= 12", False)
    assert whole["note"] == "20 times; p50 10.0, p95 13.0, p99 13.0, max 13.0"
    assert rows["Trade x1: heartbeat stall p99"]["ok"]
    worked = rows["Trade x1: processor time between two heartbeats p99"]
    assert (worked["value"], worked["target"]) == (2.0, None)
    assert rows["Trade x1: window CPU"]["value"] == 20.0
    assert not any(row["ok"] for row in panels.rows_of(panels.Report(), "Trade x1"))


def test_a_key_is_held_to_what_nobody_waits_for(monkeypatch):
    monkeypatch.setattr(ticket, "_run", lambda *_: None)
    reported = {"keys_ms": [10.0] * 98 + [60.0] * 2, "lost": 1}
    monkeypatch.setattr(ticket, "_read", lambda _: ticket._Report(**reported))
    middle, worst, lost = ticket.measure(Given())
    assert (middle["value"], middle["ratio"], middle["ok"]) == (10.0, 0.2, True)
    assert (worst["value"], worst["target"], worst["ok"]) == (60.0, "<= 50", False)
    assert (lost["value"], lost["target"], lost["ok"]) == (1, "<= 0", False)
    monkeypatch.setattr(ticket, "_read", lambda _: ticket._Report())
    assert not any(row["ok"] for row in ticket.measure(Given()))
