"""A full disk stops new risk, says so, and lets the trader out; nothing acknowledged is lost."""

import os
import shutil
import subprocess

import pytest
from helpers.processes import Console, Market, desk

from desk.io.csv_file import write_csv

BTC = "BTCUSDT-PERP.BINANCE"
SIZE_MB = 48
"""Reserve 16 MiB, the journal, and room that the test fills."""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, small and in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "desk-test", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this system does not mount a tmpfs: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place):
    """Take every free byte."""
    with open(place / "filler", "wb") as filler:
        block = b"x" * (1 << 20)
        try:
            while True:
                filler.write(block)
                filler.flush()
        except OSError:
            return


@pytest.mark.fault("T12")
def test_a_full_disk_denies_new_risk_and_lets_you_out(tmp_path, small_disk):
    folder = small_disk / "desk"
    with (
        Market(tmp_path) as market,
        Console(folder, "--market", str(market.ready)) as console,
    ):
        console.ask("deposit 100000 USDT id dep-1")
        console.ask(f"wait {BTC} 30")
        console.ask(f"buy 1 {BTC} market id in-1")
        console.ask("sync")
        fill(small_disk)
        denied = console.ask(f"buy 0.5 {BTC} market id in-2")
        assert [d["code"] for d in denied["denials"]] == ["DISK_FULL"]
        assert "disk" in denied["denials"][0]["message"]
        out = console.ask(f"close {BTC} 100% id out-1")
        assert out["type"] == "ack"
        assert out["durable"] is True
        console.ask("sync")
        assert console.ask("positions")["data"]["positions"] == []
        assert console.ask('kill "the disk is full"')["durable"] is True
        before = console.ask("status")["data"]
        (small_disk / "filler").unlink()
        code, _ = console.end()
        assert code == 0
        verified = desk("journal", "verify", "--account", folder)
        assert verified.returncode == 0, verified.stdout
        with Console(folder, "--market", str(market.ready)) as again:
            after = again.ask("status")["data"]
            assert after["state_hash"] == before["state_hash"]
            assert after["state"] == "HALTED"
            again.end()


@pytest.mark.fault("T12")
def test_an_export_that_finds_no_room_leaves_no_file_and_says_why(small_disk):
    rows = ([str(number) * 100] for number in range(SIZE_MB * 10_000))
    with pytest.raises(OSError, match="No space left"):
        write_csv(small_disk / "exports", "blotter", ["n"], rows)
    assert not list((small_disk / "exports").iterdir())
    path, count = write_csv(small_disk / "exports", "blotter", ["n"], [["1"]])
    assert (path.name, count) == ("blotter.csv", 1)
