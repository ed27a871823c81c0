"""Every sentence of the desk has its Chinese, whole or composed, and whatever is written in it."""

import re
import time

import pytest
from helpers.chinese import WORDS, by_file, chinese
from helpers.desk_sentences import ROOT, sentences, shape
from helpers.desk_stories import spoken
from helpers.desk_unsaid import NOT_SHOWN

from ui.viewmodels.sentences import LONGEST, Pattern, Sentences
from ui.viewmodels.translation import Catalogue

HOLE = re.compile(r"\{(\w+)\}")
QUOTED = re.compile(r"“[^”]*”")
ENGLISH = re.compile(r"(?<![\w.@-])[A-Za-z][a-z'’]*(?: [A-Za-z][a-z'’]*){2,}(?![\w.-])")
"""Three words with nothing but spaces between them."""

NOT_OURS = ("it is calm again", "the feeds are odd", "a sync failed")
"""What a person typed, and what a disk says of itself."""


@pytest.fixture(scope="module")
def said():
    return Sentences(chinese())


@pytest.mark.thorough
def test_every_sentence_of_the_desk_is_in_the_catalogue():
    known = {shape(english) for english in chinese()}
    missing = [one for one in sentences().values() if one.shape not in known]
    lines = "\n".join(f'{one.place}: "{one.text}" = "…"' for one in missing)
    assert not missing, (
        f"{len(missing)} sentences without Chinese. Add them to "
        "resources/translations/zh_HK/desk_<area>.toml, or say in tests/helpers/desk_unsaid.py "
        f"why no trader reads them:\n{lines}"
    )


def test_no_entry_is_of_a_sentence_that_the_desk_says_no_more():
    alive = sentences()
    dead = [
        f"{name}: {english}"
        for name, texts in by_file().items()
        for english in texts
        if name != WORDS and shape(english) not in alive
    ]
    assert not dead, "take these out:\n" + "\n".join(dead)


def test_the_chinese_has_the_holes_of_the_english():
    odd = [
        english
        for english, words in chinese().items()
        if sorted(HOLE.findall(english)) != sorted(HOLE.findall(words)) or "}{" in english
    ]
    assert not odd


def test_no_sentence_stands_in_two_files():
    shapes = [shape(english) for texts in by_file().values() for english in texts]
    assert len(shapes) == len(set(shapes))


def test_what_is_left_out_is_there():
    assert all(list((ROOT / "desk").glob(pattern)) for pattern in NOT_SHOWN)


@pytest.mark.thorough
def test_what_a_desk_tells_in_its_days_is_chinese(said):
    left, told = {}, list(spoken())
    for text in told:
        now = QUOTED.sub("", said(text))
        for one in NOT_OURS:
            now = now.replace(one, "")
        if ENGLISH.search(now):
            left[text] = now
    assert len(told) > 300
    assert not left


@pytest.mark.parametrize(
    ("english", "words"),
    [
        # A reason within, and a whole sentence behind it.
        (
            (
                "Desk is HALTED (kill: no reason given): only cancels pass. Up to 0.5 reduces the "
                "position and would pass."
            ),
            "交易台已停止（緊急停止：未有提供理由）：只可撤單。最多 0.5 可減少倉位，會獲接納。",
        ),
        # A unit in two words, and a list of what confirms it.
        (
            (
                "Close-out of the isolated X-PERP.Y of perp-1 begins: margin ratio 128.40% at "
                "X-PERP.Y 45200, confirmed by the consensus of 3 venues."
            ),
            (
                "開始強平 perp-1 的逐倉 X-PERP.Y：維持率 128.40%，標記價 X-PERP.Y 45200，"
                "由 3 間交易所的共識價確認。"
            ),
        ),
        # The venue's words stay, ours do not.
        (
            "BINANCE -2021: Order would immediately trigger. (the mark is 60,000 already)",
            "BINANCE -2021：Order would immediately trigger.（標記價已為 60,000）",
        ),
        # Several denials in one line of the blotter.
        (
            (
                "NO_MARK: X has no mark price. MAX_VALUE: The order is worth 60 USD; one order "
                "may be worth 5. (order)"
            ),
            "NO_MARK：X 沒有標記價。MAX_VALUE：此單價值 60 USD；每單最多 5（order）。",
        ),
        # A sentence of two, with a reason of two within it.
        (
            (
                "The venue cannot be reached: the connection broke. No new risk until it is "
                "reconciled. After 5 s without the desk it cancels what could add risk."
            ),
            (
                "無法連接交易所：連線中斷。對帳之前不可新增風險。若 5 秒沒有交易台的訊息，"
                "交易所會撤銷可增加風險的掛單。"
            ),
        ),
        ("HALTED: kill: stopped by the trader", "已停止：緊急停止：由交易員停止"),
        ("/v2 cannot connect: no answer", "/v2 無法連線：沒有回覆"),
    ],
)
def test_a_composed_sentence_is_said_part_by_part(said, english, words):
    assert said(english) == words


@pytest.mark.parametrize(
    ("english", "words"),
    [
        ("There is no order sell.", "沒有掛單 sell。"),
        ("There is no alert price.", "沒有警報 price。"),
        (
            "X is at 5, above 4 (stop).",
            "X 現為 5，高於 4（stop）。",
        ),
        ("Expected one of price, level, found “mark”.", "應為以下之一：price, level，現為“mark”。"),
        ("a.rule is set aside by Ada and Bo: mark", "a.rule 由 Ada 及 Bo 暫時豁免：mark"),
    ],
)
def test_what_people_write_or_are_to_type_is_left_as_it_is(said, english, words):
    assert said(english) == words


def test_what_nobody_knows_stays_english(said):
    for text in ("", " ", ".", "Buy low, sell high; and be at peace.", "of", "x of y z"):
        assert said(text) == text
    assert Sentences({})("There is no order x.") == "There is no order x."


def test_a_text_whose_holes_were_mistaken_is_never_said():
    said = Sentences({"Order {id} is odd.": "掛單 {other}", "Order {id} is even.": "掛單"})
    for text in ("Order 5 is even.", "Order 5 is odd."):
        assert said(text) == text


HOSTILE = {
    "braces": "Order {0} {id} {{x}} {x!r:>9999999999} is triggered: it acts at once.",
    "expression": r"Order (.*)+$ \1 [a-z]*? is triggered: it acts at once.",
    "lines": "Order a\nb is triggered: it acts at once.",
    "sentences": "Abc def. " * 220,
    "nested": "Nothing was done: " * 110,
    "colons": "aa: bb " * 280,
    "asides": "aa (bb) " * 240,
    "codes": "Aa. " + "AB: " * 480,
    "mixed": "The mark of {x} is at; of: The, in. And " * 45,
    "verbs": "x is at " * 240,
    "long": "The mark of X " * 80_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_sentence_holds_it_is_said_or_left(said, text):
    assert said(text)
    assert said(text) == said(text)


def test_ids_with_braces_and_signs_come_through(said):
    for name in ("{0}", "(.*)+", "a\\1", "$", "{id}"):
        words = f"掛單 {name} 已觸發：即時執行。"
        assert said(f"Order {name} is triggered: it acts at once.").replace(" ", "") == (
            words.replace(" ", "")
        )


def test_what_is_too_long_is_shown_and_not_kept(said):
    text = "There is no order x." * LONGEST
    assert said(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "MARGIN_AFTER_FILL: After this fill utilization would be 108.3%; the limit is 100.0%.",
        "PRICE_COLLAR: Price 51,335 is 27.9 % away from the mark 81,599; the collar is 5 %.",
        "SELL 465.2 ETHUSDT-PERP.BINANCE at 23,855, fee 25,676 USDT",
    ],
)
def test_few_patterns_are_held_against_a_new_sentence(said, text, monkeypatch):
    held, read = [], Pattern.read
    monkeypatch.setattr(Pattern, "read", lambda one, other: held.append(one) or read(one, other))
    said(text)
    assert 0 < len(held) < 100


def test_a_pattern_is_found_whatever_stands_at_its_words():
    texts = {"{a}holes{b}": "{a}孔{b}", "in{a} and x{b} out": "{a}、{b}", "{a}: {b}!": "{a}！{b}"}
    said = Sentences(texts)
    assert said("no loopholes here") == "no loop 孔 here"
    assert said("inner and xylem out") == "ner、ylem"
    assert said("so: yes!") == "so！yes"


@pytest.mark.slow
def test_a_sentence_takes_a_millisecond_once_and_then_a_microsecond():
    said, times = Sentences(chinese()), []
    said("The patterns are made at the first one.")
    told = list(spoken())
    for text in told:
        began = time.perf_counter()
        said(text)
        times.append(time.perf_counter() - began)
    assert sorted(times)[len(times) * 99 // 100] < 1e-3
    began = time.perf_counter()
    for _ in range(20):
        for text in told:
            said(text)
    assert (time.perf_counter() - began) / (20 * len(told)) < 2e-6


def test_what_the_window_says_is_no_pattern_of_the_desks_sentences():
    texts = {"{count} of {most}": "{most} 之 {count}", "BUSY": "忙", "mark": "標記"}
    catalogue = Catalogue(texts, {"There is no order {id}.": "沒有掛單 {id}。", "mark": "標記價"})
    assert catalogue.said("1 of 2") == "1 of 2"
    assert catalogue.said("There is no order x.") == "沒有掛單 x。"
    assert [catalogue.said(word) for word in ("BUSY", "mark")] == ["忙", "標記價"]
    assert catalogue.fill("mark", {}) == "標記"
