"""The film of a real desk: what a denial showed is there after kill -9, and a full disk ends it."""

import json
import time

import pytest
from helpers.processes import PATIENCE_S, Console, Market, desk
from helpers.small_disk import empty, fill, small_disk

pytestmark = pytest.mark.slow

BTC = "BTCUSDT-PERP.BINANCE"


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", "48m") as place:
        yield place


def film_of(folder, seq):
    """The picture of a journal row, by `desk journal film`; None: not yet."""
    shown = desk("journal", "film", "--seq", seq, "--account", folder)
    assert shown.returncode == 0, shown.stderr
    picture = json.loads(shown.stdout)
    return picture if picture["journal_seq"] >= seq else None


def filmed(folder, seq):
    deadline = time.monotonic() + PATIENCE_S
    while (picture := film_of(folder, seq)) is None:
        assert time.monotonic() < deadline, "the film never showed the row"
    return picture


def test_the_screen_of_a_denial_is_there_after_kill_9(tmp_path):
    folder = tmp_path / "desk"
    with Console(folder) as console:
        console.ask("deposit 100000 USDT")
        console.ask(f"wait {BTC} 30")
        console.ask(f"buy 0.5 {BTC} market id in-1")
        console.ask("sync")
        held = console.ask("positions")["data"]["positions"]
        denied = console.ask(f"buy 900 {BTC} market id big")
        assert denied["type"] == "denial"
        before = filmed(folder, denied["seq"])
        console.kill()
    after = filmed(folder, denied["seq"])
    assert after == before
    assert after["journal_seq"] == denied["seq"]
    assert [position["quantity"] for position in after["positions"]] == [held[0]["quantity"]]
    assert [order["id"] for order in after["orders"]] == ["in-1"]
    assert desk("journal", "verify", "--account", folder).returncode == 0


@pytest.mark.fault("T12")
def test_a_full_disk_ends_the_film_and_the_journal_goes_on(tmp_path, disk):
    folder = disk / "desk"
    with Market(tmp_path) as market, Console(folder, "--market", str(market.ready)) as console:
        first = console.ask("deposit 100000 USDT")
        filmed(folder, first["seq"])
        (film,) = (folder / "film").iterdir()
        fill(disk)
        size = film.stat().st_size
        killed = console.ask('kill "the disk is full"')
        assert killed["durable"] is True
        time.sleep(3)  # a picture would have been due
        assert film.stat().st_size == size
        empty(disk)
        after = console.ask("status")["seq"]
        filmed(folder, after)  # room again: the film goes on by itself
        console.end()
    assert desk("journal", "verify", "--account", folder).returncode == 0
