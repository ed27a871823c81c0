"""Benchmarks of money stand beside plain loops that give the same figures."""

import msgspec
import pytest

from desk.app.entry import main

FIELDS = {"name", "value", "unit", "reference", "ratio", "target", "ok", "note"}


@pytest.mark.slow
def test_stress_is_measured_beside_a_loop_that_gives_the_same(capsys):
    assert main(["bench", "stress", "--repeats", "1"]) == 0
    _, found, _ = msgspec.json.decode(capsys.readouterr().out)["rows"]
    assert set(found) == FIELDS
    assert found["unit"] == "ms"
    assert found["value"] < found["reference"]
    assert "ratios differ by at most" in found["note"]


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
