"""The desk without a window, as a person or a script drives it: the real program, real sockets."""

import json
import os
import subprocess
import sys

import pytest
from helpers.processes import ROOT, Console, Market, desk, journal_rows

BTC = "BTCUSDT-PERP.BINANCE"


pytestmark = pytest.mark.xdist_group("console session")  # they share what is slow to make


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with Market(tmp_path_factory.mktemp("market")) as running:
        yield running


@pytest.mark.thorough
def test_a_session_from_deposit_to_restart(tmp_path, market):
    folder = tmp_path / "desk"
    with Console(folder, "--market", str(market.ready)) as console:
        assert console.ask("deposit 100000 USDT id dep-1")["type"] == "ack"
        console.ask(f"wait {BTC} 30")
        assert console.ask(f"buy 5 {BTC} market id my-1")["type"] == "ack"
        console.ask("sync")
        (position,) = console.ask("positions")["data"]["positions"]
        assert position["quantity"] == "5.000"
        price = float(position["liquidation_price"])
        assert 0 < price < float(position["mark_price"])
        killed = console.ask('kill "drill"')
        assert killed["type"] == "ack"
        denied = console.ask(f"buy 0.1 {BTC} market id my-2")
        assert denied["denials"][0]["code"] == "STATE_HALTED"
        assert console.ask(f"close {BTC} 50% id half")["type"] == "ack"
        console.ask("sync")
        assert console.ask('rearm Ada "all checked again"')["type"] == "ack"
        before = console.ask("status")["data"]
        code, _ = console.end()
        assert code == 0
    with Console(folder, "--market", str(market.ready)) as console:
        after = console.ask("status")["data"]
    assert after["state_hash"] == before["state_hash"]
    assert after["journal_seq"] == before["journal_seq"]
    assert [a["balances"] for a in after["accounts"]] == [a["balances"] for a in before["accounts"]]


@pytest.mark.thorough
def test_every_line_gets_one_answer_in_order(tmp_path, market):
    lines = [
        "deposit 100000 USDT id dep-1",
        "# a comment",
        "",
        "deposit 100000 USDT id dep-1",
        "deposit 5 USDT id dep-1",
        "nonsense",
        "buy 1 NO-SUCH.THING market",
        "cancel nobody",
        "orders",
        "client show",
        "rules",
        "sync",
        "status",
    ]
    with Console(tmp_path / "desk", "--market", str(market.ready)) as console:
        console.send(*lines)
        code, said = console.end()
    answers = [line for line in said if line["command"] is not None]
    assert code == 0
    assert [line["command"] for line in answers] == [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert [line["type"] for line in answers][:6] == [
        "ack",
        "ack",
        "denial",
        "denial",
        "denial",
        "denial",
    ]
    assert answers[2]["denials"][0]["code"] == "ID_REUSED"
    assert answers[3]["denials"][0]["code"] == "SYNTAX"
    assert answers[-1]["data"]["accounts"][0]["balances"] == [
        {"asset": "USDT", "quantity": "100000"}
    ]


@pytest.mark.thorough
def test_a_command_is_one_row_of_its_own_type(tmp_path, market):
    folder = tmp_path / "desk"
    with Console(folder, "--market", str(market.ready)) as console:
        console.ask("deposit 100000 USDT id dep-1")
        console.ask("transfer 1000 USDT perp-1 spot-1 id t-1")
        console.ask("buy 1 NO-SUCH.THING market id bad-1")
        console.end()
    rows = journal_rows(folder)
    assert [(row["type"], row["id"]) for row in rows] == [
        ("deposit", "dep-1"),
        ("transfer", "t-1"),
        ("denial", "bad-1"),
    ]
    assert [row["seq"] for row in rows] == [1, 2, 3]


@pytest.mark.thorough
def test_a_second_desk_on_the_folder_is_refused_with_the_pid(tmp_path, market):
    folder = tmp_path / "desk"
    with Console(folder, "--market", str(market.ready)) as console:
        console.ask("status")
        refused = desk("console", "--account", folder, "--market", market.ready, stdin="")
        assert refused.returncode == 2
        assert str(console.process.pid) in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
        console.end()


@pytest.mark.thorough
def test_on_no_feed_a_deposit_is_answered_and_an_order_denied(tmp_path):
    """The embedded market is given an address where nothing listens."""
    dead = tmp_path / "dead.json"
    url = '{"rest": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9"}'
    dead.write_text(f'{{"binance": {{"spot": {url}, "usdm": {url}}}}}')
    with Console(tmp_path / "desk", "--market", str(dead)) as console:
        assert console.ask("deposit 100000 USDT")["type"] == "ack"
        denied = console.ask(f"buy 1 {BTC} limit 60000")
        codes = [d["code"] for d in denied["denials"]]
        assert "NO_MARK" in codes
        assert "BOOK_UNSYNCED" in codes
        late = console.ask(f"wait {BTC} 0.1")
        assert late["denials"][0]["code"] == "NOT_READY"
        console.end()


@pytest.mark.thorough
def test_a_preview_changes_nothing_and_shows_before_and_after(tmp_path, market):
    folder = tmp_path / "desk"
    with Console(folder, "--market", str(market.ready)) as console:
        console.ask("deposit 100000 USDT")
        console.ask(f"wait {BTC} 30")
        said = console.ask(f"preview buy 5 {BTC} market")
        assert (said["type"], said["about"]) == ("status", "preview")
        assert said["data"]["accepted"] is True
        before, after = said["data"]["before"], said["data"]["after"]
        assert float(before["margin_utilization"]) == 0
        # 5 coins near 61,000 at 5x bind about 61,000 of 100,000.
        assert 0.5 < float(after["margin_utilization"]) < 0.7
        assert float(said["data"]["cost"]["fee"]) > 100
        console.end()
    assert [row["type"] for row in journal_rows(folder)] == ["deposit"]


@pytest.mark.thorough
def test_sigterm_ends_the_desk_and_its_market(tmp_path):
    with Console(tmp_path / "desk") as console:
        console.ask(f"wait {BTC} 30")
        console.process.terminate()
        assert console.process.wait(20) == 0
        assert "Traceback" not in console.process.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bye"], "expected one of"),
        (["console", "--feed", "nowhere"], "--feed: expected one of binance, okx"),
        (["console", "--market", "missing.json"], "missing.json: expected a file"),
        (["console", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["order", "buy"], "expected a quantity"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments, words, tmp_path):
    refused = desk(*arguments)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert words in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_no_bad_byte_ends_the_desk_or_deafens_it(tmp_path, market, errors):
    """As locales have it: half a character in a line, and files that are no client record."""
    files = {
        "text": b'{"name": "\xff"}',
        "nested": b'{"name": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        "deep": b'{"name": ' + b"[" * 950 + b"]" * 950 + b"}",
        "number": b'{"name": 1e99999999999999999999}',
    }
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    lines = [b'kill "\xff drill"', b"client set a\0b", b"import a\0b"]
    lines += [f"client set {tmp_path / name}".encode() for name in files]
    where = ["--account", str(tmp_path / "desk"), "--market", str(market.ready)]
    running = subprocess.run(
        [sys.executable, "-m", "desk", "console", *where],
        cwd=ROOT,
        input=b"\n".join([*lines, b"status"]),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": f"utf-8:{errors}"},
        timeout=60,
        check=False,
    )
    assert running.returncode == 0, running.stderr
    said = [json.loads(line) for line in running.stdout.splitlines()]
    answers = {one["command"]: one for one in said if one["command"] is not None}
    assert answers[1]["type"] == "ack"
    refused = [answers[number] for number in range(2, len(lines) + 1)]
    assert [one["type"] for one in refused] == ["denial"] * len(refused)
    assert answers[len(lines) + 1]["data"]["state"] == "HALTED"
