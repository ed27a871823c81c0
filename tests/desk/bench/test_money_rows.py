"""Benchmarks of money stand beside plain loops that give the same figures."""

import msgspec
import pytest

from desk.app.entry import main
from desk.bench import durable, orders
from desk.bench.memory import growth_mb, resident_mb
from desk.bench.row import Given

FIELDS = {"name", "value", "unit", "reference", "ratio", "target", "ok", "note"}


@pytest.mark.slow
def test_stress_is_measured_beside_a_loop_that_gives_the_same(capsys):
    assert main(["bench", "stress", "--repeats", "1"]) == 0
    _, grid, one_map = msgspec.json.decode(capsys.readouterr().out)["rows"]
    for found in (grid, one_map):
        assert set(found) == FIELDS
        assert found["unit"] == "ms"
        assert found["value"] < found["reference"]
    assert float(grid["note"].partition("at most ")[2].split(";")[0]) < 1e-9


@pytest.mark.slow
def test_risk_on_a_mark_is_measured_beside_a_loop_that_gives_the_same(capsys):
    assert main(["bench", "margin", "--repeats", "1"]) == 0
    _, engine, alone, shown = msgspec.json.decode(capsys.readouterr().out)["rows"]
    for found in (engine, alone, shown):
        assert set(found) == FIELDS
        assert found["unit"] == "us"
        assert found["value"] < 10 * found["reference"]
    assert alone["value"] < shown["value"]
    assert float(shown["note"].partition("floats by ")[2].split(";")[0]) < 1e-9


@pytest.mark.thorough
def test_every_order_that_is_timed_is_taken_and_stands_beside_the_same_bytes():
    commit, sync, worst, whole = durable.measure(Given(), orders=3)
    for found in (commit, sync, worst, whole):
        assert set(found) == FIELDS
        assert found["value"] > 0
        assert found["reference"] > 0
    assert whole["value"] > commit["value"]


@pytest.mark.slow
def test_two_desks_of_which_one_has_traded_longer_trade_on_in_turn():
    memory_mb, order_us, frame_us = orders.measure(Given(), orders=2_100)
    assert memory_mb["unit"] == "MB"
    assert order_us["reference"] > 0
    assert frame_us["value"] < order_us["value"] * 10


@pytest.mark.slow
def test_what_a_stream_leaves_is_measured_on_a_real_engine():
    assert abs(growth_mb(640)) < 100_000
    assert resident_mb() > 10
