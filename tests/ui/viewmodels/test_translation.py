"""Texts by their English form; sentences of the desk by their pattern."""

import pytest

from ui.viewmodels.translation import Catalogue, tr

TEXTS = {
    "Cancel all": "全部取消",
    "Cancel {count} orders?": "取消 {count} 張掛單？",
    "{instrument} has no fresh mark.": "{instrument} 沒有最新標記價。",
    "{what} is old: {why}": "{what} 已過時：{why}",
    "{a} and {a} again": "{a} 兩次",
}


@pytest.fixture
def chinese():
    return Catalogue(TEXTS)


def test_text_without_translation_stays_english(chinese):
    assert chinese.fill("Flatten {n}", {"n": 2}) == "Flatten 2"


def test_holes_are_filled_in_the_other_language(chinese):
    assert chinese.fill("Cancel {count} orders?", {"count": 3}) == "取消 3 張掛單？"


def test_english_fills_its_holes_too():
    assert tr("Cancel {count} orders?", count=3) == "Cancel 3 orders?"


def test_braces_in_a_value_are_no_holes(chinese):
    assert chinese.fill("Cancel {count} orders?", {"count": "{x}"}) == "取消 {x} 張掛單？"
    assert chinese.said("{x} has no fresh mark.") == "{x} 沒有最新標記價。"


@pytest.mark.parametrize(
    ("sentence", "chinese_form"),
    [
        ("Cancel all", "全部取消"),
        ("BTCUSDT-PERP has no fresh mark.", "BTCUSDT-PERP 沒有最新標記價。"),
        ("Mark is old: ETH has no fresh mark.", "Mark 已過時：ETH 沒有最新標記價。"),
        ("x and x again", "x 兩次"),
        ("x and y again", "x and y again"),
        ("Nobody translated this.", "Nobody translated this."),
        ("", ""),
    ],
)
def test_sentence_of_the_desk_is_known_by_its_pattern(chinese, sentence, chinese_form):
    assert chinese.said(sentence) == chinese_form
