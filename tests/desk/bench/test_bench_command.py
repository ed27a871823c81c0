import json
import multiprocessing
import shutil
import struct
import subprocess
import sys
import threading
from functools import partial
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from desk.app.entry import main
from desk.bench import check, command, grid
from desk.bench.alert import rows as alert_rows
from desk.bench.charts import rows as chart_rows
from desk.bench.event import rows_of as event_rows
from desk.bench.load import push_ticks, serve_window
from desk.bench.panic import HUNG, KEYS
from desk.bench.panic import rows as panic_rows
from desk.bench.row import Given, percentile
from desk.bench.screen import Report
from desk.bench.window import (
    CALM,
    CPU,
    FIGURES,
    MANY,
    STORM,
    UNSEEN,
    Pace,
    figure_row,
    flatness,
    window_rows,
)
from desk.engine.snapshot import DeskFrame, EventMessage, Hello, PipeMessage, Request
from desk.model.commands import NextFrame
from desk.model.events import Alerted, Denied, Filled

REPORT = Report(
    seconds=2.0,
    cpu_s=0.5,
    updates=100,
    messages=39_900,
    stalls_ms=[0.1] * 98 + [3.0, 9.0],
    ages_ms=[2.0] * 100,
    rss_mb=120.0,
    cores="screen on core 0, load on core 1",
)
CONTROL = replace(REPORT, cpu_s=1.0, messages=10_000, stalls_ms=[6.0] * 100)
FIGURE = {figure.name: figure for figure in FIGURES}


def ask(connection, number=1, **fields):
    payload = msgspec.Raw(msgspec.msgpack.encode(NextFrame(**fields)))
    connection.send_bytes(msgspec.msgpack.encode(Request(number=number, payload=payload)))


@pytest.fixture
def load():
    """Run a load in a thread with our end of its pipe."""
    ours, theirs = multiprocessing.Pipe()
    threads = []

    def start(target, *arguments):
        thread = threading.Thread(target=target, args=(theirs, *arguments))
        thread.start()
        threads.append(thread)
        return ours

    yield start
    ours.close()
    for thread in threads:
        thread.join(10)


def test_percentile_is_the_value_below_which_the_share_lies():
    assert percentile(range(100), 0.5) == 50
    assert percentile(range(100), 0.99) == 99
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None


def test_of_several_runs_the_middle_stands_and_of_what_is_worst_the_worst():
    pairs = [
        (replace(REPORT, cpu_s=cpu, stalls_ms=[worst] * 10), CONTROL)
        for cpu, worst in ((0.2, 1.0), (0.4, 8.0), (1.6, 2.0))
    ]
    cpu = figure_row(STORM, FIGURE[CPU], pairs)
    assert (cpu["value"], cpu["reference"], cpu["ratio"]) == (20.0, 50.0, 0.4)
    assert figure_row(STORM, FIGURE["heartbeat stall max"], pairs)["value"] == 8.0
    assert figure_row(STORM, FIGURE["heartbeat stall p99"], pairs)["value"] == 2.0


def test_row_stands_beside_its_control_with_ratio_and_verdict():
    stall = figure_row(STORM, FIGURE["heartbeat stall p99"], [(REPORT, CONTROL)], thrown=2)
    assert (stall["value"], stall["reference"], stall["ratio"]) == (9.0, 6.0, 1.5)
    assert (stall["target"], stall["ok"]) == ("<= 4", False)
    for said in ("took 25% of", "2 pairs thrown away", "screen on core 0, load on core 1"):
        assert said in stall["note"]
    assert figure_row(CALM, FIGURE["heartbeat stall p99"], [(REPORT, CONTROL)])["target"] is None
    waits = figure_row(STORM, FIGURE[UNSEEN], [(REPORT, CONTROL)])
    assert (waits["value"], waits["reference"]) == (pytest.approx(0.25), 75.0)


def test_fifty_symbols_cost_a_third_of_the_control_at_most_and_nothing_waits():
    pairs = [(replace(REPORT, messages=19_900, cpu_s=0.34), replace(CONTROL, messages=9_000))]
    cpu, waits = (figure_row(MANY, FIGURE[name], pairs) for name in (CPU, UNSEEN))
    assert (cpu["ratio"], cpu["ok"]) == (0.34, False)
    assert waits["ok"]
    assert not figure_row(MANY, FIGURE[UNSEEN], [(CONTROL, CONTROL)])["ok"]


def test_storm_may_take_a_fifth_more_than_the_calm():
    calm, storm = replace(REPORT, cpu_s=0.5), replace(REPORT, cpu_s=0.6)
    found = flatness({CALM: [(calm, CONTROL)], STORM: [(storm, CONTROL)]})
    assert (found["value"], found["reference"], found["ok"]) == (30.0, 25.0, True)
    late = flatness({CALM: [(calm, CONTROL)], STORM: [(replace(storm, cpu_s=0.61), CONTROL)]})
    assert not late["ok"]


def test_measured_process_that_brought_no_report_is_not_ok():
    missing = figure_row(STORM, FIGURE["heartbeat stall max"], [(Report(), CONTROL)])
    assert (missing["value"], missing["ratio"], missing["ok"]) == (None, None, False)
    assert "no report" in missing["note"]


@pytest.mark.parametrize(
    "argv",
    [["bench", "nothing"], ["bench", "window", "--seconds", "0"], ["bench", "--repeats", "0"],
     ["bench", "--seconds", "x"]],
)  # fmt: skip
def test_bad_usage_is_one_line_and_two(argv, capsys):
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("desk: desk bench")
    assert said.err.count("\n") == 1


def test_command_prints_one_document(monkeypatch, capsys):
    monkeypatch.setattr(command, "measured", lambda name, given: [{"name": name, "note": given[0]}])
    assert main(["bench", "window", "--json", "--seconds", "3"]) == 0
    machine, only = json.loads(capsys.readouterr().out)["rows"]
    assert (machine["name"], machine["unit"]) == ("machine", "cores")
    assert only == {"name": "window", "note": 3.0}


def test_every_benchmark_has_its_module_and_each_runs_without_a_name(monkeypatch, capsys):
    for name in command.BENCHES:
        assert callable(import_module(f"desk.bench.{name}").measure)
    monkeypatch.setattr(command, "measured", lambda name, given: [{"name": name}])
    assert main(["bench"]) == 0
    ran = [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]][1:]
    assert ran == [name for name in command.BENCHES if name not in command.ONLY_BY_NAME]


def test_charts_stand_beside_the_same_frames_without_them():
    found = {"plain": [2.0] * 20, "charted": [2.1] * 18 + [3.0] * 2, "whole": []}
    middle, worst = chart_rows("20", found)
    assert (middle["value"], middle["reference"], middle["ok"]) == (2.1, 2.0, True)
    assert (worst["value"], worst["ratio"], worst["ok"]) == (3.0, 1.5, False)
    assert "x20" in worst["name"]
    assert worst["target"] == "beyond the reference <= 0.5"


def test_panic_keys_are_held_to_a_tenth_of_a_second_and_a_hung_window_to_four():
    fed = {name: [10.0] * 19 + [150.0] for name in KEYS}
    fed |= {"REDUCING": [3_010.0], "cancelled": [3_060.0, 4_001.0]}
    found = {r["name"]: r for r in panic_rows(fed, {name: [20.0] for name in KEYS})}
    assert len(found) == 4 * len(KEYS) + len(HUNG)
    middle, worst = found["panic: kill p50"], found["panic: kill p95"]
    assert (middle["value"], middle["ratio"], middle["ok"]) == (10.0, 0.1, True)
    assert (worst["value"], worst["ok"], worst["note"]) == (150.0, False, "20 keys")
    assert found["panic: kill, feed dead p95"]["ok"]
    gone = found["panic: window hung, cancelled"]
    assert (gone["value"], gone["target"], gone["ok"]) == (4_001.0, "<= 4000", False)


def test_an_alert_has_five_seconds_until_it_is_painted():
    found = {r["name"]: r for r in alert_rows({"raised": [0.0, 9.0], "painted": [60.0, 5_001.0]})}
    assert found["alert: event to raised max"]["value"] == 9.0
    late = found["alert: event to painted max"]
    assert (late["value"], late["ok"], late["note"]) == (5_001.0, False, "2 alerts")
    assert not any(r["ok"] for r in alert_rows({}))


def test_panic_without_a_report_is_not_ok():
    found = panic_rows({}, {})
    assert not any(r["ok"] for r in found)
    assert {r["note"] for r in found} == {"the window brought no report"}


def test_load_greets_then_sends_one_frame_for_one_request(load):
    connection = load(serve_window, 5, 2_000, 1.0)
    decode = msgspec.msgpack.Decoder(PipeMessage).decode
    assert isinstance(decode(connection.recv_bytes()), Hello)
    assert not connection.poll(0.1)
    ask(connection, selected="BTCUSDT-PERP.BENCH")
    frame = decode(connection.recv_bytes())
    assert isinstance(frame, DeskFrame)
    assert len(frame.markets) == 5
    assert frame.book.instrument == "BTCUSDT-PERP.BENCH"
    assert frame.messages > 0
    assert not connection.poll(0.1)
    ask(connection, 2)
    assert decode(connection.recv_bytes()).messages > frame.messages


def test_what_must_not_be_missed_comes_between_the_frames_without_holes(load):
    connection = load(partial(serve_window, critical=True), 2, 2_000, 0.5)
    decode = msgspec.msgpack.Decoder(PipeMessage).decode
    said = []
    try:
        while True:
            ask(connection)
            message = decode(connection.recv_bytes())
            said += [message] * isinstance(message, EventMessage)
    except (EOFError, OSError):
        pass
    assert [message.number for message in said] == list(range(1, len(said) + 1))
    assert [type(message.event) for message in said[:3]] == [Filled, Denied, Alerted]


def test_every_event_of_all_runs_counts_beside_a_line_alone():
    window, line = (Report(events_ms=[ms] * 99 + [9 * ms]) for ms in (1.0, 0.5))
    middle, late, worst = event_rows([(window, line), (window, line)])
    assert (middle["value"], middle["reference"], middle["target"]) == (1.0, 0.5, None)
    assert (late["value"], late["target"], late["ok"]) == (9.0, "<= 5", False)
    assert worst["value"] == 9.0
    assert "200 fills, denials and alerts in 2 runs" in worst["note"]
    assert not event_rows([(Report(), line)])[1]["ok"]


def test_control_gets_every_message_in_order_at_the_rate(load):
    connection = load(push_ticks, 2, 1_000, 0.5)
    numbers = []
    try:
        while True:
            _, number, row_number, _ = struct.unpack("!qqid", connection.recv_bytes())
            numbers.append(number)
            assert row_number in (0, 1)
    except EOFError:
        pass
    assert numbers == list(range(1, len(numbers) + 1))
    assert 300 <= len(numbers) <= 500


@pytest.mark.slow
def test_real_window_and_real_control_are_measured():
    rows = window_rows(1.0, 1, [Pace("calm", 2, 200)])
    assert [r["name"] for r in rows] == [f"calm: {figure.name}" for figure in FIGURES]
    assert all(r["value"] is not None and r["reference"] is not None for r in rows)
    painted = next(r for r in rows if r["name"] == "calm: updates painted")
    assert painted["value"] > 10


@pytest.mark.thorough
def test_both_tables_are_painted_again_for_every_picture():
    ours, usual = grid.measure(Given())
    assert usual["value"] > usual["reference"] == ours["value"] > 0
    assert usual["target"] == "ratio >= 15"


@pytest.mark.thorough
def test_launcher_check_is_timed_up_to_another_interpreter(tmp_path):
    root = Path(__file__).resolve().parents[3]
    check.linked_checkout(tmp_path, root, shutil.which("echo"))
    python = f"{sys.base_prefix}/bin/python3"
    ran = subprocess.run(
        [python, "-m", "desk", "bench"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "-m desk bench\n"  # what it became is given the command as it came
