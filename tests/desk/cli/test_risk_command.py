"""`desk risk`: documents in, answers out, exit status, and one line for bad input."""

import io
import json
import sys

import pytest
from helpers.portfolios import BTC, DOCUMENT, LOAN, SPOT, document

from desk.app.entry import main
from desk.cli.shocks import EXPECTED


@pytest.fixture
def write(tmp_path):
    def write(text, name="doc.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return str(path)

    return write


def give(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_evaluate_prints_the_report_alone(write, capsys):
    assert main(["risk", "evaluate", write(DOCUMENT)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["schema"] == "desk.risk/1"
    assert found["accounts"][0]["margin_ratio"] is not None
    assert err == ""


def test_evaluate_reads_standard_input_and_takes_json(monkeypatch, capsys):
    give(monkeypatch, json.dumps(DOCUMENT))
    assert main(["risk", "evaluate", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quality"] == "LIVE"


def test_a_breach_or_a_close_out_is_an_answer_not_a_failure(write, capsys):
    broke = document(("accounts/0/balances/0/quantity", "-99000"))
    assert main(["risk", "evaluate", write(broke)]) == 0
    assert json.loads(capsys.readouterr().out)["accounts"][0]["level"] == "CLOSE_OUT"


def test_bad_input_is_one_line_with_file_line_and_field(write, capsys):
    path = write(json.dumps(document(("prices/BTC", "cheap")), indent=1))
    assert main(["risk", "evaluate", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f'desk: {path}:6: prices.BTC: expected a number, found "cheap"\n'


def test_a_missing_file_is_bad_input(tmp_path, capsys):
    assert main(["risk", "evaluate", str(tmp_path / "none.json")]) == 2
    assert "none.json: expected a file that can be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["evaluate"], ["judge", "-"], ["evaluate", "-", "--shock", "BTC=-1"],
     ["evaluate", "a", "b"],
     ["stress", "-", "--shock", "BTC=-0.1"], ["rehearse", "-"], ["cure"]],
)  # fmt: skip
def test_bad_usage_is_one_line_and_two(arguments, capsys):
    assert main(["risk", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_lines_answer_every_document_in_order(monkeypatch, capsys):
    lines = [
        json.dumps(DOCUMENT),
        "",
        json.dumps(document(("currency", "USDT"), ("prices/USDT", "1"))),
        json.dumps(document(("accounts/1", LOAN), ("accounts/2", SPOT))),
    ]
    give(monkeypatch, "\n".join(lines) + "\n")
    assert main(["risk", "evaluate", "--lines", "-"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["currency"] for one in answers] == ["USD", "USDT", "USD"]
    assert [len(one["accounts"]) for one in answers] == [1, 1, 3]


def test_a_bad_line_is_answered_and_the_rest_goes_on(write, capsys):
    bad = document(("accounts/0/positions/0/entry_price", "0"))
    path = write(
        "\n".join(["{", "   ", json.dumps(DOCUMENT), json.dumps(bad), json.dumps(DOCUMENT)])
    )
    assert main(["risk", "evaluate", path, "--lines"]) == 2
    out, err = capsys.readouterr()
    broken, good, wrong, last = [json.loads(line) for line in out.splitlines()]
    assert set(broken["error"]) == {"line", "field", "expected", "found"}
    assert broken["error"]["line"] == 1
    assert wrong["error"] == {
        "line": 4,
        "field": "accounts[0].positions[0].entry_price",
        "expected": "a number above 0",
        "found": "0",
    }
    assert good == last
    assert good["schema"] == "desk.risk/1"
    assert err == ""


def test_one_bad_line_does_not_stop_a_stream_of_bytes(monkeypatch, capsys):
    stream = io.BytesIO(b"\xff\xfe\n" + json.dumps(DOCUMENT).encode() + b"\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert main(["risk", "evaluate", "-", "--lines"]) == 2
    bad, good = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert bad["error"]["line"] == 1
    assert good["quality"] == "LIVE"


TICKET = {
    "account": "perp-1", "instrument": BTC, "side": "BUY", "quantity": "0.1", "type": "LIMIT",
    "price": "60900",
}  # fmt: skip


def ticket(**changes):
    return document(("ticket", {**TICKET, **changes}))


def test_check_of_a_good_ticket_is_accepted_with_before_and_after(write, capsys):
    assert main(["risk", "check", write(ticket())]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"accepted", "denials", "before", "after"}
    assert (found["accepted"], found["denials"]) == (True, [])
    assert found["before"]["positions"][0]["quantity"] == "2"
    assert found["after"]["positions"][0]["quantity"] == "2.1"


def test_check_of_a_denied_ticket_exits_with_one(write, capsys):
    assert main(["risk", "check", write(ticket(price="70000"))]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["accepted"] is False
    assert {"code", "rule", "limit", "actual", "message"} <= set(found["denials"][0])
    assert "PRICE_COLLAR" in [one["code"] for one in found["denials"]]


def test_a_denied_line_is_an_answer(monkeypatch, capsys):
    give(monkeypatch, json.dumps(ticket(price="70000")) + "\n" + json.dumps(ticket()))
    assert main(["risk", "check", "-", "--lines"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["accepted"] for one in answers] == [False, True]


def test_check_without_a_ticket_is_bad_input(write, capsys):
    assert main(["risk", "check", write(DOCUMENT)]) == 2
    assert "ticket: expected a ticket to check" in capsys.readouterr().err


def test_stress_prints_the_grid_alone(write, capsys):
    assert main(["risk", "stress", write(DOCUMENT)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert list(found) == ["axes", "cells", "frontier", "basis", "depeg"]
    assert err == ""


def test_cure_prints_its_actions_alone(write, capsys):
    assert main(["risk", "cure", write(DOCUMENT)]) == 0
    assert json.loads(capsys.readouterr().out) == {"actions": []}


def test_rehearse_takes_a_shock(write, capsys):
    assert main(["risk", "rehearse", write(DOCUMENT), "--shock", "BTC=-0.95,ETH=0.1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [step["instrument"] for step in found["steps"]][:1] == [BTC]
    assert found["residual_equity"] is not None


def test_lines_look_ahead_too(monkeypatch, capsys):
    give(monkeypatch, json.dumps(DOCUMENT) + "\n{\n")
    assert main(["risk", "cure", "--lines", "-"]) == 2
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first == {"actions": []}
    assert second["error"]["line"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rehearse", "-"], "desk: desk risk: expected --shock with rehearse, found rehearse\n"),
        (["cure", "-", "--shock", "BTC=-0.1"],
         "desk: desk risk: expected --shock with rehearse alone, found cure BTC=-0.1\n"),
        (["rehearse", "-", "--shock", "BTC"],
         f"desk: --shock: expected {EXPECTED}, found 'BTC'\n"),
    ],
)  # fmt: skip
def test_a_shock_belongs_to_a_rehearsal(arguments, said, capsys):
    assert main(["risk", *arguments]) == 2
    assert capsys.readouterr().err == said
