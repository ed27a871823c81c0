"""Measured in turn: what counts, what is thrown away, and when a figure will do."""

import pytest

from desk.bench import machine, pairs
from desk.bench.machine import machine_row
from desk.bench.pairs import cpu_us, interleaved, reference
from desk.bench.row import percentile, rounded, row

KEYS = ["name", "value", "unit", "reference", "ratio", "target", "ok", "note"]


def test_both_run_in_turn_and_the_medians_stand():
    said = []
    costs = {"ours": iter([9.0, 1.0, 2.0, 30.0]), "other": iter([9.0, 10.0, 20.0, 30.0])}

    def run(name):
        said.append(name)
        return next(costs[name])

    found = interleaved(lambda: run("ours"), lambda: run("other"), pairs=3)
    assert said == ["ours", "other"] * 4  # the first time of each is not counted
    assert (found.value, found.beside, found.discarded) == (2.0, 20.0, 0)
    assert found.note == "median of 3 pairs"


def stolen(monkeypatch, shares):
    left = iter(shares)
    monkeypatch.setattr(pairs, "Ticks", type("T", (), {"stolen": lambda _: next(left)}))


def test_pair_whose_time_was_stolen_is_run_again(monkeypatch):
    stolen(monkeypatch, [0.0, 0.06, 0.05])
    runs = iter([0.0, 1.0, 100.0, 2.0])
    found = interleaved(lambda: next(runs), lambda: 1.0, pairs=2)
    assert (found.ours, found.discarded) == ([1.0, 2.0], 1)
    assert "1 thrown away" in found.note


def test_machine_that_is_always_disturbed_is_measured_all_the_same(monkeypatch):
    stolen(monkeypatch, [0.5] * 100)
    assert len(interleaved(lambda: 1.0, lambda: 1.0, pairs=3).ours) == 3


def test_stolen_time_is_a_share_of_all_time_that_passed(monkeypatch):
    said = iter([[100, 0, 0, 0, 0, 0, 0, 7], [150, 0, 0, 30, 0, 0, 0, 27]])
    monkeypatch.setattr(machine, "_ticks", lambda: next(said))
    assert machine.Ticks().stolen() == pytest.approx(0.2)


@pytest.mark.thorough
def test_processor_time_is_told_each_of_what_one_call_does():
    done = []
    assert cpu_us(lambda: done.append(sum(range(200_000))), times=1)() > 100
    assert cpu_us(lambda: done.append(sum(range(200_000))), times=1_000)() < 100
    assert len(done) == 2


def test_row_is_good_only_if_every_bound_holds():
    both = {"reference": 10.0, "most": 30.0, "most_times": 2.5}
    assert list(row("x", 25.0, "us", **both)) == KEYS
    assert row("x", 25.0, "us", **both)["ok"]
    assert row("x", 25.0, "us", **both)["target"] == "<= 30, ratio <= 2.5"
    assert not row("x", 25.1, "us", **both)["ok"]
    assert not row("x", 31.0, "us", reference=100.0, most=30.0)["ok"]
    assert row("x", 2.5, "ms", reference=2.0, most_beyond=0.5)["ok"]
    assert not row("x", 2.6, "ms", reference=2.0, most_beyond=0.5)["ok"]
    assert not row("x", 2.5, "ms", most_beyond=0.5)["ok"]
    assert row("x", 15.0, "ms", reference=1.0, least_times=15)["ok"]
    assert not row("x", 14.9, "ms", reference=1.0, least_times=15)["ok"]


def test_figure_or_ratio_that_is_missing_is_never_good():
    assert not row("x", None, "us")["ok"]
    assert not row("x", 1.0, "us", most_times=2.0)["ok"]
    assert not row("x", 1.0, "us", reference=0.0, most_times=2.0)["ok"]
    assert row("x", 1.0, "us")["target"] is None


def test_figures_keep_the_digits_of_a_measurement():
    assert (rounded(1234.56789), rounded(0.000123456), rounded(None)) == (1234.568, 0.0001235, None)
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_machine_says_what_and_when():
    said = machine_row()
    assert said["value"] >= 1
    assert "Python 3." in said["note"]
    assert "UTC" in said["note"]


def test_reference_is_of_a_checkout():
    assert reference("nothing_of_this_name") is None
