"""Typed lines: carried out as the console would, told ahead, completed by their own reader."""

import shlex
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH
from helpers.programs import accepted, codes, live_ids
from helpers.typing_desk import TypingDesk
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.app.completing import completions
from desk.cli.grammar import VERBS, parse, read
from desk.cli.words import LineError, Words, split
from desk.model.events import Answered
from desk.model.orders import Side


@pytest.fixture
def desk():
    return TypingDesk()


def test_a_typed_order_is_answered_by_its_number_like_the_command_it_is(desk):
    events = desk.type(f"buy 0.5 {BTC} limit 59000 sl 57500")
    (ack,) = [e for e in events if getattr(e, "about", "") == "order"]
    assert (ack.command, ack.id) == (7, "line-1")
    assert desk.trader.state.orders["line-1"].terms.stop_loss == D(57500)


def test_the_same_line_twice_is_one_order(desk):
    desk.type(f"buy 0.5 {BTC} limit 59000")
    (again,) = desk.type(f"buy 0.5 {BTC} limit 59000")
    assert again.data["repeated"]
    assert live_ids(desk.trader) == ["line-1"]


def test_one_id_for_two_lines_carries_out_the_first_alone(desk):
    desk.type(f"buy 0.5 {BTC} limit 59000 id a")
    assert codes(desk.type(f"buy 0.5 {BTC} limit 59000 id b")) == ["ID_REUSED"]
    assert live_ids(desk.trader) == ["a"]


def test_a_line_may_name_its_own_id(desk):
    desk.type(f"buy 0.5 {BTC} limit 59000 id mine")
    assert live_ids(desk.trader) == ["mine"]


@pytest.mark.parametrize(
    "line",
    [
        f"buy 0.5 {BTC} limit 59000",
        f"ladder buy 1 {BTC} from 59900 to 59500 orders 5",
        f"twap buy 1 {BTC} over 40s every 10s",
        f"reverse {BTC}",
        f"leverage {BTC} 3",
        "withdraw 5 USDT",
        "amend x price 59000",
        "override perp.max_leverage off Ada Ben why",
        "client clear",
    ],
)
def test_while_disarmed_nothing_that_may_add_risk_is_carried_out(desk, line):
    rows = len(desk.trader.rows)
    assert codes(desk.type(line, armed=False)) == ["DISARMED"]
    assert len(desk.trader.rows) == rows


@pytest.mark.parametrize(
    "line",
    ["kill drill", "cancel all", "flatten", f"close {BTC} 50%", f"sell 0.5 {BTC} market"],
)
def test_while_disarmed_one_gets_out(desk, line):
    desk.type(f"buy 1 {BTC} market", "first")
    desk.trader.run(100)
    assert accepted(desk.type(line, armed=False))


@pytest.mark.parametrize(
    "line",
    [
        f"oco sell 1 {BTC} limit 61500 stop 58500 reduce-only",
        f"oco sell 1 {BTC} limit 61500 stop 58500",  # against 1 that is held
        "amend big quantity 0.4",
        "amend held price 61000",
        "amend held quantity 1",
    ],
)
def test_while_disarmed_what_only_reduces_or_shrinks_is_carried_out(desk, line):
    desk.type(f"buy 1 {BTC} market", "first")
    desk.trader.run(100)
    desk.type(f"buy 0.5 {BTC} limit 58500", "big")
    desk.type(f"sell 0.5 {BTC} limit 61500 reduce-only", "held")
    desk.trader.run(100)
    assert accepted(desk.type(line, "disarmed", armed=False))


@pytest.mark.parametrize(
    "line",
    [
        f"oco buy 1 {BTC} limit 58500 stop 61500",
        f"twap sell 1 {BTC} over 40s every 10s",  # a stop may close the 1 before its last part
        f"ladder sell 1 {BTC} from 60500 to 60900 orders 5",
        "amend big quantity 0.6",
        "amend big quantity 0.4 price 58501",
        "amend big price 57000",
    ],
)
def test_while_disarmed_a_pair_that_adds_and_an_order_that_moves_or_grows_are_not(desk, line):
    desk.type(f"buy 0.5 {BTC} limit 58500", "big")
    desk.trader.run(100)
    assert codes(desk.type(line, "disarmed", armed=False)) == ["DISARMED"]


def test_a_pair_is_told_ahead_like_an_order(desk):
    told = desk.ask("line", f"oco buy 1 {BTC} limit 58500 stop 61500")
    assert (told["ok"], told["adds_risk"], told["preview"]["accepted"]) == (True, True, True)
    assert len(told["preview"]["cost"]["parts"]) == 2
    again = desk.ask("line", f"preview oco buy 1 {BTC} limit 58500 stop 61500")
    assert again["preview"] == told["preview"]


def test_questions_are_answered_while_disarmed(desk):
    (answer,) = desk.type("status", armed=False)
    assert isinstance(answer, Answered)
    assert (answer.command, answer.about) == (7, "status")


@pytest.mark.parametrize("line", [f"wait {BTC}", "sync", "client set f", "import f", "x" * 1001])
def test_what_belongs_to_the_console_is_refused_with_a_sentence(desk, line):
    (denied,) = desk.type(line)
    assert [one.code for one in denied.denials] == ["SYNTAX"]
    assert denied.denials[0].message.startswith("Expected ")
    assert denied.command == 7


def test_a_line_is_told_before_it_is_sent(desk):
    rows = len(desk.trader.rows)
    told = desk.ask("line", f"BUY  0.5 {BTC}   limit 59000")
    assert told["ok"]
    assert told["said"] == f"buy 0.5 {BTC} limit 59000"
    assert (told["verb"], told["adds_risk"], told["problem"]) == ("buy", True, None)
    assert told["preview"]["accepted"]
    assert told["preview"]["cost"]["quantity"] == "0.5"
    assert len(desk.trader.rows) == rows
    assert not desk.trader.state.orders


@pytest.mark.parametrize(
    ("line", "expected", "found", "column"),
    [
        ("buy", "a quantity", "the end of the line", 3),
        (f"buy 1 {BTC} lmit 59000", "limit, market", "“lmit”", 6 + len(BTC) + 1),
        (f"buy 1 {BTC} limit 59k", "a price", "“59k”", 6 + len(BTC) + 7),
        (f"buy 1 {BTC} limit 5 twice", "the end of the line", "“twice”", 6 + len(BTC) + 9),
        ('kill "why', "closed quotes", "No closing quotation", 9),
        (f"ladder buy 1 {BTC} from 5", "to", "the end of the line", 20 + len(BTC)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(desk, line, expected, found, column):
    told = desk.ask("line", line)
    assert not told["ok"]
    assert told["problem"]["expected"].startswith(expected)
    assert (told["problem"]["found"], told["problem"]["column"]) == (found, column)


def test_a_ladder_is_told_with_every_order(desk):
    told = desk.ask("line", f"ladder sell 1 {BTC} from 60500 to 60100 orders 5 rising post-only")
    assert len(told["preview"]["cost"]["parts"]) == 5


@pytest.mark.parametrize("line", ["", " ", "“", "buy 1e999 x market", "\ud800", "\x00", "#"])
def test_any_text_is_told_and_completed(desk, line):
    assert not desk.ask("line", line)["ok"]
    assert "options" in desk.ask("complete", line)


def texts(desk, line):
    return [one["text"] for one in desk.ask("complete", line)["options"]]


def test_a_line_is_completed_from_what_the_desk_knows(desk):
    desk.type(f"buy 0.5 {BTC} limit 59000 id mine")
    assert texts(desk, "ca") == ["cancel", "capital", "carry"]
    assert texts(desk, "cancel ") == ["all", "mine"]
    assert texts(desk, "amend m") == ["mine"]
    assert texts(desk, "close btcusdt-p") == [BTC]
    assert texts(desk, f"close {BTC} ")[:4] == ["25%", "50%", "75%", "100%"]
    assert texts(desk, "buy ")[:2] == ["risk", "25%"]
    assert texts(desk, f"buy 1 {BTC} li") == ["limit"]
    assert "reduce-only" in texts(desk, f"buy 1 {BTC} limit 59000 r")
    assert "perp-1" in texts(desk, f"buy 1 {BTC} limit 59000 account ")
    assert texts(desk, f"ladder buy 1 {BTC} ") == ["from"]
    assert texts(desk, f"mode {BTC} ") == ["isolated", "cross"]
    assert texts(desk, "preview tw") == ["twap"]
    assert {"buys", "entries", ETH} <= set(texts(desk, "cancel all "))
    assert texts(desk, f"buy 1 {BTC} nonsense ") == []


FILL = ["0.5", "59000", "5", "10m", "30s", "now", BTC, "x", "50%", "perp-1", "USDT"]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), verb=st.sampled_from(VERBS))
def test_every_completion_reads_on(data, verb):
    """What is offered never makes a line wrong: at worst something is still missing behind it."""
    desk, line = TYPING, f"{verb} "
    for _ in range(8):
        offered = completions(desk.engine.desk, line)
        for one in offered["options"]:
            assert_reads_on(f"{line}{one['text']} ")
        texts = [one["text"] for one in offered["options"]]
        word = data.draw(st.sampled_from(texts or FILL))
        try:
            parse(line + word, "n")
        except LineError as error:
            if error.found.startswith("“"):
                return
        line += f"{word} "


TYPING = TypingDesk()


def assert_reads_on(line):
    words, wrong = Words(line), None
    try:
        read(words, "n")
    except LineError as error:
        wrong = error
    assert wrong is None or words.wanted == wrong.expected, (line, str(wrong))


@given(st.text(alphabet="ab \"'\\\t", max_size=12))
def test_columns_are_those_of_the_words_that_a_shell_would_read(line):
    try:
        expected = shlex.split(line)
    except ValueError:
        return
    found = split(line)
    assert [word for word, _ in found] == expected
    for word, column in found:
        assert line[column] in {word[:1], '"', "'", "\\"}
        assert column == 0 or line[column - 1].isspace()


def test_cancel_words_name_sides_and_scopes():
    said = parse(f"cancel all {BTC} sells protective account perp-1", "n")
    assert (said.instrument, said.side, said.scope.value) == (BTC, Side.SELL, "protective")
    assert parse("cancel all", "n").instrument is None
    with pytest.raises(LineError):
        parse(f"cancel all {BTC} buys sells", "n")


def test_words_note_what_was_asked_and_was_not_there():
    words = Words("a")
    assert words.option("id") is None
    assert not words.flag("ioc")
    assert list(words.open) == ["id", "ioc"]
