"""The drill: a desk that runs is backed up, dies, and goes on in another folder."""

import json
import os
import random
import time

import pytest
from helpers.journals import start_child
from helpers.processes import Console, Market, desk, journal_rows
from helpers.small_disk import small_disk

from desk.bench.journal import write_long_journal

BTC = "BTCUSDT-PERP.BINANCE"
SIZE_MB = 24

BACKUP = "import sys; from desk.app.entry import main; sys.exit(main(['journal', *sys.argv[1:]]))"


@pytest.fixture
def line_of_deposits():
    """Deposits for ever, each with an id."""
    return (f"deposit {n % 50 + 1} USDT id dep-{n}" for n in range(10**9))


def backed_up(folder, target):
    done = desk("journal", "backup", target, "--account", folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.thorough
@pytest.mark.fault("T01")
def test_a_desk_goes_on_from_the_backup_of_a_running_one_with_all_that_was_acknowledged(
    tmp_path, line_of_deposits, figure
):
    folder = tmp_path / "desk"
    with Market(tmp_path) as market:
        with Console(folder, "--market", str(market.ready)) as console:
            console.ask("deposit 100000 USDT id first")
            console.ask(f"wait {BTC} 30")
            console.ask(f"buy 1 {BTC} market id in-1")
            console.ask("sync")
            for _ in range(30):
                console.ask(next(line_of_deposits))
            acknowledged = max(line["seq"] for line in console.lines if line["type"] == "ack")
            child = start_child(BACKUP, "backup", tmp_path / "b", "--account", folder)
            during = 0
            while child.poll() is None:  # the desk goes on meanwhile
                assert console.ask(next(line_of_deposits))["type"] == "ack"
                during += 1
            said, errors = child.communicate()
            assert child.returncode == 0, errors
            head = json.loads(said)["head_seq"]
            console.kill()
        assert head >= acknowledged, "what was acknowledged when the backup began is in it"
        began_s = time.monotonic()
        restored = desk("journal", "restore", tmp_path / "b", "--account", tmp_path / "new")
        assert restored.returncode == 0, restored.stderr
        rows = journal_rows(folder)
        assert journal_rows(tmp_path / "new") == rows[:head]
        with Console(tmp_path / "new", "--market", str(market.ready)) as again:
            status = again.ask("status")["data"]
            seconds = time.monotonic() - began_s
            assert again.ask("deposit 1 USDT id after")["type"] == "ack"
            again.end()
    perp = next(account for account in status["accounts"] if account["id"] == "perp-1")
    assert [position["instrument"] for position in perp["positions"]] == [BTC]
    figure(
        f"backup of a running desk: {during} commands acknowledged meanwhile, 0 of {acknowledged}"
        f" rows acknowledged before it lost, ready {seconds:.1f} s after the order to restore"
    )


@pytest.mark.thorough
@pytest.mark.fault("T01")
def test_kill9_in_the_middle_of_a_backup_leaves_none_or_a_whole_one(tmp_path, figure):
    folder, target, dice = tmp_path / "desk", tmp_path / "b", random.Random(41)
    write_long_journal(folder, 30_000)
    killed = whole = 0
    while killed < 8:
        child = start_child(BACKUP, "backup", target, "--account", folder)
        new = tmp_path / ".b.new"
        while child.poll() is None and not (new.exists() and any(new.iterdir())):
            time.sleep(0.002)
        time.sleep(dice.random() * 0.25)
        child.kill()
        child.communicate()
        killed += 1
        if target.exists():
            whole += 1
            assert desk("journal", "verify", "--account", target).returncode == 0
            os.rename(target, tmp_path / f"whole-{whole}")
    assert killed > whole
    backed_up(folder, target)
    assert not new.exists()
    assert desk("journal", "verify", "--account", folder).returncode == 0
    figure(f"{killed} backups killed: {killed - whole} left nothing there, {whole} were whole")


@pytest.mark.thorough
@pytest.mark.fault("T12")
def test_a_backup_on_a_full_disk_is_refused_and_leaves_nothing(tmp_path, figure):
    folder = tmp_path / "desk"
    write_long_journal(folder, 60_000)
    with small_disk(tmp_path / "disk", f"{SIZE_MB}m") as disk:
        done = desk("journal", "backup", disk / "b", "--account", folder)
        assert done.returncode == 2
        assert "the disk is full; nothing was left there" in done.stderr
        assert "Traceback" not in done.stderr
        assert list(disk.iterdir()) == []
    size = (folder / "journal.db").stat().st_size >> 20
    figure(f"a journal of {size} MiB on a full disk of {SIZE_MB} MiB: refused, 0 files left")
