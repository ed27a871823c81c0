"""`desk market` as a process: its ready line, its end, its saved state, its refusals."""

import json
import signal
import stat
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from desk.cli.market import run
from desk.model.errors import InputError
from desk.sim.state import decode_state

ROOT = Path(__file__).parents[3]
PROGRAM = "import sys; from desk.cli.market import run; sys.exit(run(sys.argv[1:]))"
PATIENCE_S = 30


@contextmanager
def market(*arguments):
    """A running market and its ready line."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, json.loads(process.stdout.readline())["binance"]
    finally:
        process.kill()
        process.communicate()


def get(url):
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def ended(process):
    """Wait for the end; return exit code and what was said on standard error."""
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def best_prices(ready):
    top = get(ready["spot"]["rest"] + "/api/v3/ticker/bookTicker?symbol=BTCUSDT")
    return float(top["bidPrice"]), float(top["askPrice"])


def test_ready_line_names_the_addresses_and_sigterm_ends_it_cleanly():
    with market("--seed", "5") as (process, ready):
        assert ready.keys() == {"spot", "usdm", "coinm"}
        for section in ready.values():
            assert section["rest"].startswith("http://127.0.0.1:")
            assert section["ws"].startswith("ws://127.0.0.1:")
        bid, ask = best_prices(ready)
        assert 50_000 < bid < ask < 70_000
        mark = get(ready["usdm"]["rest"] + "/fapi/v1/premiumIndex?symbol=ETHUSDT")
        assert float(mark["markPrice"]) == pytest.approx(2_600, rel=0.1)
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "")


@pytest.mark.thorough
def test_it_ends_with_its_parent():
    with market("--parent") as (process, _):
        process.stdin.close()
        process.stdin = None
        assert ended(process) == (0, "")


@pytest.mark.thorough
def test_it_can_be_told_to_end_while_it_follows_its_parent():
    with market("--parent") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == ""


@pytest.mark.thorough
def test_it_goes_on_from_its_saved_state(tmp_path):
    state = tmp_path / "market.state"
    with market("--state", str(state), "--speed", "100") as (process, ready):
        process.send_signal(signal.SIGINT)
        assert ended(process) == (0, "")
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    saved = decode_state(state.read_bytes()).market
    last = saved.listings["BTCUSDT.BINANCE"]
    with market("--state", str(state), "--seed", "77") as (process, ready):
        bid, _ = best_prices(ready)
        assert bid == pytest.approx(last.bids[-1][0] / 100, rel=0.002)
        depth = get(ready["spot"]["rest"] + "/api/v3/depth?symbol=BTCUSDT&limit=5")
        assert depth["lastUpdateId"] > last.update_id
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 0
    assert decode_state(state.read_bytes()).market.path.beat > saved.path.beat
    assert list(tmp_path.iterdir()) == [state]


@pytest.mark.parametrize("damage", [b"", b"nonsense", None], ids=["empty", "nonsense", "torn"])
@pytest.mark.thorough
def test_a_damaged_state_is_told_and_replaced(tmp_path, damage):
    state = tmp_path / "market.state"
    if damage is None:
        with market("--state", str(state)) as (process, _):
            process.send_signal(signal.SIGTERM)
            ended(process)
        damage = state.read_bytes()[:-1000]
    state.write_bytes(damage)
    with market("--state", str(state)) as (process, ready):
        assert best_prices(ready)[0] > 0
        process.send_signal(signal.SIGTERM)
        code, said = ended(process)
    assert code == 0
    assert str(state) in said
    assert len(said.splitlines()) == 1
    assert decode_state(state.read_bytes()).market.time_ms > 0


@pytest.mark.thorough
def test_a_state_that_cannot_be_written_is_told_once_and_the_market_goes_on(tmp_path):
    with market("--state", str(tmp_path / "missing" / "market.state")) as (process, ready):
        assert best_prices(ready)[0] > 0
        process.send_signal(signal.SIGTERM)
        code, said = ended(process)
    assert code == 0
    assert "cannot save" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--dialect", "nyse"], "nyse"),
        (["--dialect", "okx,okx"], "okx"),
        (["--dialect", "binance,"], "nothing"),
        (["--port", "65535"], "65535"),
        (["--port", "http"], "http"),
        (["--speed", "0"], "0"),
        (["--speed", "1.5"], "1.5"),
        (["--seed", "-1"], "-1"),
        (["--seed", ""], "nothing"),
        (["--faults", "explode"], "explode"),
        (["--replay", "some.jsonl"], "some.jsonl"),
        (["--replay", "some.jsonl", "--faults", "drop"], "--faults or --state"),
        (["--fly"], "--fly"),
        (["extra"], "extra"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_refused_in_one_line(arguments, found):
    with pytest.raises(InputError) as refusal:
        run(arguments)
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.thorough
def test_a_taken_port_is_refused():
    with market() as (_, ready):
        port = ready["spot"]["rest"].rpartition(":")[2]
        with pytest.raises(InputError, match=port):
            run(["--port", port])
