"""A full disk stops new risk, says so, and lets the trader out; nothing acknowledged is lost."""

import pytest
from helpers.processes import Console, Market, desk
from helpers.small_disk import empty, fill, small_disk

BTC = "BTCUSDT-PERP.BINANCE"
SIZE_MB = 48
"""Reserve 16 MiB, the journal, and room that the test fills."""


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", f"{SIZE_MB}m") as place:
        yield place


@pytest.mark.fault("T12")
def test_a_full_disk_denies_new_risk_and_lets_you_out(tmp_path, disk):
    folder = disk / "desk"
    with (
        Market(tmp_path) as market,
        Console(folder, "--market", str(market.ready)) as console,
    ):
        console.ask("deposit 100000 USDT id dep-1")
        console.ask(f"wait {BTC} 30")
        console.ask(f"buy 1 {BTC} market id in-1")
        console.ask("sync")
        fill(disk)
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
        empty(disk)
        code, _ = console.end()
        assert code == 0
        verified = desk("journal", "verify", "--account", folder)
        assert verified.returncode == 0, verified.stdout
        with Console(folder, "--market", str(market.ready)) as again:
            after = again.ask("status")["data"]
            assert after["state_hash"] == before["state_hash"]
            assert after["state"] == "HALTED"
            again.end()
