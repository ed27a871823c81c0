"""The typed line: what is read in it, how it may go on, and what is remembered."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.model.events import Acknowledged, Answered, Denial, Denied, Previewed
from ui.viewmodels.command_line import (
    History,
    completions_of,
    outcome_of,
    reading_of,
)
from ui.viewmodels.tone import Tone

DENIAL = {"code": "MARGIN_AFTER_FILL", "rule": "perp.margin_first", "message": "Too much"}


def test_line_that_passes_is_read_back_with_what_it_moves():
    said = reading_of(
        {"ok": True, "said": "buy 0.5 BTC", "adds_risk": True, "problem": None,
         "preview": {"accepted": True, "denials": [], "cost": {},
                     "before": {"margin_utilization": "0.639"},
                     "after": {"margin_utilization": "0.653"}}}
    )  # fmt: skip
    assert said.text == "buy 0.5 BTC · utilization 63.9% → 65.3%"
    assert (said.tone, said.adds_risk) == (Tone.TEXT2, True)


def test_problem_names_what_was_expected_and_its_column():
    said = reading_of({"ok": False, "problem": {"expected": "a price", "found": "x", "column": 9}})
    assert said.text == "Expected a price, found x at column 10."
    assert said.tone is Tone.WARNING


def test_line_that_would_be_denied_says_by_what():
    said = reading_of({"said": "buy 9 BTC", "preview": {"denials": [DENIAL]}})
    assert said.text == "buy 9 BTC · would be denied: MARGIN_AFTER_FILL"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["from", "options", "text", "column"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ["said", "problem", "preview", "adds_risk", "options", "from", "expected"]


@pytest.mark.thorough
@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5), st.text(max_size=6))
def test_no_answer_is_too_odd_to_be_shown(data, text):
    assert isinstance(reading_of(data).text, str)
    assert 0 <= completions_of(data, text).start <= len(text)


def test_completions_begin_where_the_desk_says_and_a_finished_word_is_none():
    data = {"options": [{"text": "limit", "note": "a price"}], "from": 4}
    found = completions_of(data, "buy li")
    assert (found.start, found.options[0].text) == (4, "limit")
    assert completions_of(data, "buy limit").options == ()
    assert completions_of({**data, "from": 99}, "buy").options == ()


def test_outcome_of_every_answer_is_told():
    denied = Denied(about="order", id="x", denials=[Denial(**DENIAL)])
    assert outcome_of(denied).text == "Too much."
    assert outcome_of(Acknowledged(about="order", id="x")).text == "Order x accepted"
    again = Acknowledged(about="order", id="x", data={"repeated": True})
    assert outcome_of(again).text == "Order was accepted before: it is done once."
    assert "state ACTIVE" in outcome_of(Answered(about="status", data={"state": "ACTIVE"})).text
    row = {"margin_utilization": "0.5"}
    passed = Previewed(id="x", accepted=True, denials=[], before=row, after=row, cost={})
    assert "50.0% → 50.0%" in outcome_of(passed).text
    held = msgspec.structs.replace(passed, cost={"leaves_reduce_only": True})
    assert outcome_of(held).text == "It would pass as reduce-only: utilization 50.0% → 50.0%."
    assert outcome_of(None).tone is Tone.DANGER


def test_history_goes_back_and_forth_and_keeps_what_was_being_written():
    history = History(["buy 1", "sell 1"])
    assert history.step("fla", -1) == "sell 1"
    assert history.step("sell 1", -1) == "buy 1"
    assert history.step("buy 1", -1) == "buy 1"
    assert history.step("buy 1", 1) == "sell 1"
    assert history.step("sell 1", 1) == "fla"
    assert history.step("fla", 1) == "fla"


def test_history_holds_a_line_once_and_writes_no_names_to_disk():
    history = History(["buy 1", "sell 1"])
    for line in ("buy 1", 'rearm Ada "all is well again"', "daily-loss 5 Ada why"):
        history.add(line)
    assert history.lines[0] == "sell 1"
    assert history.kept() == ["sell 1", "buy 1"]
    assert history.search("SELL") == "sell 1"
    assert history.search("nothing") == ""
