"""The whole desk on a recording: the real program, and the same desk in this process."""

import asyncio

import pytest
from helpers.processes import Console, desk
from helpers.recordings import BTC, SWAP, WALL_NS, steady

from desk.app.options import Options
from desk.app.session import open_session

PATIENCE_S = 20


@pytest.mark.thorough
def test_a_console_trades_on_a_recording(tmp_path):
    path = steady(tmp_path / "x.jsonl", 60)
    with Console(tmp_path / "desk", "--replay", path) as console:
        assert console.ask("deposit 100000 USDT id dep-1")["type"] == "ack"
        assert console.ask(f"wait {BTC} {SWAP} 30")["type"] == "status"
        bought = console.ask(f"buy 0.5 {BTC} market id my-1")
        assert (bought["type"], bought["data"]["client"]) == ("ack", "SAMPLE")
        fill = console.until("fill")["fill"]
        assert fill["price"] == "61000.1"
        # Time is that of the recording.
        assert 0 <= fill["time_ms"] - WALL_NS // 1_000_000 < 60_000
        (position,) = console.ask("positions")["data"]["positions"]
        assert (position["quantity"], position["mark_price"]) == ("0.500", "61010.50000000")
        assert console.ask("status")["data"]["mode"] == "REPLAY"
        code, _ = console.end()
    assert code == 0


def replayed(tmp_path, path, watch, speed=None):
    """Run a desk on a recording until `watch` has seen enough."""

    async def run():
        options = Options(account=str(tmp_path / "desk"), replay=(path,), speed=speed, window=False)
        async with open_session(options) as session, asyncio.timeout(PATIENCE_S):
            await watch(session)

    asyncio.run(run())


async def until(condition):
    while not condition():  # noqa: ASYNC110 - age is looked at, nothing announces it
        await asyncio.sleep(0.01)


@pytest.mark.thorough
def test_at_the_end_data_grow_stale_and_the_desk_says_why(tmp_path):
    path = steady(tmp_path / "x.jsonl", 10)

    async def watch(session):
        notes = session.feeds.notes
        assert notes().keys() == {"binance-usdm", "okx"}
        await until(lambda: not session.missing((BTC, SWAP)))
        await until(lambda: notes()["okx"].note == "the recording has ended")
        assert {n.note for n in notes().values()} == {"the recording has ended"}
        assert {(n.gaps, n.rejected) for n in notes().values()} == {(0, 0)}
        await until(lambda: session.missing((BTC,)) == [f"{BTC} has no fresh mark"])

    replayed(tmp_path, path, watch, speed="10")


@pytest.mark.thorough
def test_a_recording_that_is_damaged_ends_there_and_the_desk_lives_on(
    tmp_path, capsys, expected_logs
):
    expected_logs("expected a line of a recording")
    path = tmp_path / "x.jsonl"
    steady(path, 1)
    path.write_bytes(path.read_bytes() + b"nonsense\n" + b"more\n")

    async def watch(session):
        await until(lambda: "the recording has ended" in session.feeds.notes()["okx"].note)
        assert "expected a line of a recording" in session.feeds.notes()["okx"].note
        assert session.runtime.engine.desk.mark(BTC) is not None

    replayed(tmp_path, str(path), watch)
    assert "expected a line of a recording" in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--replay", "missing.jsonl"], "--replay: expected a recording, found missing.jsonl"),
        (["--replay", "{file}", "--feed", "okx"], "one source of prices, found --feed and --repl"),
        (["--replay", "{file}", "--speed", "0.5"], "--speed: expected 1 to 1000, found 0.5"),
        (["--replay", "{file}", "--speed", "nan"], "--speed: expected 1 to 1000, found nan"),
        (["--replay", "{empty}"], "empty: expected a capture, found an empty file"),
        (["--replay", "{other}"], "expected frames of binance-usdm"),
        (["--replay", "{terms}"], "BTCUSDT-PERP.BINANCE contract_size: expected 1, found 100"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(tmp_path, arguments, says):
    files = {name: tmp_path / name for name in ("file", "empty", "other", "terms")}
    recorded = steady(files["file"], 1)
    files["empty"].touch()
    files["other"].write_bytes(b'1 {"nobody":1}\n')
    text = files["file"].read_bytes()
    files["terms"].write_bytes(text.replace(b'"contract_size":"1"', b'"contract_size":"100"', 1))
    assert recorded == str(files["file"])
    folder = ("--account", tmp_path / "desk")
    refused = desk("console", *folder, *(word.format(**files) for word in arguments), stdin="")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert says in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
