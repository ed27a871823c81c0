"""`desk record` and what `desk replay` makes of it: real processes, real sockets, real files."""

import gzip
import json
import signal
import subprocess
import sys
import time

import pytest
from helpers.processes import PATIENCE_S, ROOT, Market, desk

from desk.app.entry import main

SYNCED = {
    "binance-spot": "BTCUSDT.BINANCE",
    "binance-usdm": "BTCUSDT-PERP.BINANCE",
    "okx": "BTC-USDT-SWAP.OKX",
    "bybit-linear": "BTCUSDT-PERP.BYBIT",
}


pytestmark = pytest.mark.xdist_group("record")  # they share what is slow to make


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    with Market(folder, "--dialect", "binance,okx,bybit", "--speed", "4") as running:
        yield running


class Record:
    """A running `desk record`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desk", "record", *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_written(self, path, size):
        """Wait until a file has grown to a size."""
        until_s = time.monotonic() + PATIENCE_S
        while not (path.exists() and path.stat().st_size >= size):
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < until_s
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()


def report(*arguments):
    replayed = desk("replay", *arguments)
    assert replayed.returncode == 0, replayed.stderr
    return json.loads(replayed.stdout), replayed.stderr


@pytest.mark.thorough
def test_what_is_recorded_is_replayed_on_every_connection(market, tmp_path):
    out = tmp_path / "x.jsonl.gz"
    with Record("--market", market.ready, "--out", out) as record:
        record.until_written(out.with_name("x.jsonl.gz.part"), 60_000)
        record.process.send_signal(signal.SIGTERM)
        said, _ = record.process.communicate(timeout=PATIENCE_S)
        assert record.process.returncode == 0
    answer = json.loads(said)
    assert (answer["files"], answer["ended"]) == ([str(out)], "told to stop")
    assert answer["bytes"] == out.stat().st_size
    messages = 0
    for connection in answer["connections"]:
        document, said = report(out, "--venue", connection)
        assert said == ""
        messages += document["messages"]
        if connection in SYNCED:
            row = document["instruments"][SYNCED[connection]]
            assert (row["state"], row["sequence_gaps"]) == ("SYNCED", 0)
            assert row["book_events_applied"] > 0
            assert row["trades"] > 0
    assert 0 < messages < answer["lines"]
    refused = desk("record", "--market", market.ready, "--out", out)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "expected a name that is not taken" in refused.stderr


@pytest.mark.thorough
def test_a_kill_leaves_a_file_that_is_readable_up_to_its_end(market, tmp_path):
    part = tmp_path / "x.jsonl.gz.part"
    out = tmp_path / "x.jsonl.gz"
    with Record("--market", market.ready, "--venue", "binance-usdm", "--out", out) as record:
        record.until_written(part, 30_000)
        record.process.kill()
        record.process.wait(PATIENCE_S)
    assert [path.name for path in tmp_path.iterdir()] == [part.name]
    document, _ = report(part)
    assert document["venue"] == "binance-usdm"
    assert document["instruments"]["BTCUSDT-PERP.BINANCE"]["state"] == "SYNCED"
    cut = tmp_path / "cut.part"
    cut.write_bytes(part.read_bytes()[:-100])
    document, said = report(cut)
    assert document["messages"] > 0
    assert "cut short; read as far as line" in said


@pytest.mark.slow
def test_files_are_rotated_until_they_have_their_size_together(market, tmp_path):
    out = tmp_path / "x.jsonl.gz"
    bounds = ("--max-bytes", 65_536, "--max-total-bytes", 600_000)
    ended = desk("record", "--market", market.ready, "--out", out, *bounds)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert "the size that they may have together" in answer["ended"]
    files = sorted(tmp_path.iterdir())
    assert [str(file) for file in files] == answer["files"]
    assert len(files) >= 2
    assert answer["bytes"] == sum(file.stat().st_size for file in files) <= 600_000
    document, _ = report(*files, "--venue", "okx")
    row = document["instruments"][SYNCED["okx"]]
    assert (row["state"], row["sequence_gaps"]) == ("SYNCED", 0)
    lines = [line for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    listings = len(files) * len(answer["connections"])
    assert len(lines) == answer["lines"] + listings


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "{folder}/x"], "expected --venue V or --market, found neither"),
        (["--venue", "okx"], "required: --out"),
        (["--venue", "ftx", "--out", "{folder}/x"], "--venue: expected one of binance, okx"),
        (["--venue", "okx", "--out", "{folder}/no/x"], "--out: expected a file that can be"),
        (["--venue", "okx", "--out", "{folder}/x", "--seconds", "0"], "--seconds: expected 0 to"),
        (["--venue", "okx", "--out", "{folder}/x", "--max-bytes", "1"], "--max-bytes: expected"),
        (["--venue", "okx", "--out", "{folder}/x", "--max-total-bytes", "x"], "-bytes: expected"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(tmp_path, capsys, arguments, says):
    assert main(["record", *(word.format(folder=tmp_path) for word in arguments)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
