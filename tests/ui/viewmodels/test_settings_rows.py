"""What can be set, as rows: none is missing, and each is found by the words of either language."""

import msgspec
import pytest

from ui.policy import Policy
from ui.preferences import Preferences
from ui.viewmodels.settings import (
    CONFIRM,
    HOLD_MS,
    Chosen,
    Kind,
    actions,
    both_ways,
    found,
    reopens,
    settings,
)

CHOSEN = Chosen(
    preferences=Preferences(),
    policy=Policy(),
    keys={"kill": ("Halt the desk: once asks, twice kills", "Ctrl+⇧+K")},
    desk={"profile": "hk_sfc_2026", "fee_tier": "VIP 0", "latency_ms": "50"},
    folder="/desk",
)
ALSO = both_ways({"Language": "語言", "Colour scheme": "配色", "Confirmations": "確認方式"})


def names(wanted, chosen=CHOSEN, also=ALSO):
    return {one.key for one in settings(chosen) if found(one, wanted, also)}


def test_every_preference_every_line_of_the_policy_and_every_key_has_its_row():
    rows = {one.key: one for one in settings(CHOSEN)}
    told = {"tour_seen"}  # the tour remembers that itself
    assert set(Preferences.__struct_fields__) - told <= rows.keys()
    assert {f"{CONFIRM}{line}" for line in Policy.__struct_fields__} <= rows.keys()
    assert set(actions()) == set(Policy.__struct_fields__) - {"hold_ms"}
    assert rows["key.kill"].value == "Ctrl+⇧+K"
    assert rows["desk.profile"].kind is Kind.FACT
    assert len(rows) == len(settings(CHOSEN))


def test_rows_say_what_is_set_now_and_offer_it():
    chosen = msgspec.structs.replace(CHOSEN, preferences=Preferences(zone="UTC", sound=False))
    rows = {one.key: one for one in settings(chosen)}
    assert (rows["zone"].value, rows["sound"].value, rows[HOLD_MS].value) == ("UTC", "no", "1000")
    for one in rows.values():
        assert not one.choices or one.value in dict(one.choices)


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("language", "language"),
        ("LANG", "language"),
        ("語言", "language"),
        ("繁體", "language"),
        ("配色", "scheme"),
        ("contrast", "scheme"),
        ("utc zone", "zone"),
        ("orange", "direction"),
        ("確認方式", "confirm.kill"),
        ("ctrl+⇧+k", "key.kill"),
        ("vip", "desk.fee_tier"),
        ("settings.toml latency", "desk.latency_ms"),
    ],
)
def test_search_finds_a_setting_by_words_of_either_language(wanted, key):
    assert key in names(wanted)


def test_search_wants_every_word_and_nothing_typed_means_all():
    assert names("language kill") == set()
    assert names("  ") == {one.key for one in settings(CHOSEN)}


def test_on_a_chinese_screen_the_english_word_finds_it_too():
    chinese = {"Language": "語言"}
    (row,) = [one for one in settings(CHOSEN) if one.key == "language"]
    shown = msgspec.structs.replace(row, label="語言", section="", key="x", choices=())
    assert found(shown, "language", both_ways(chinese))
    assert not found(shown, "language", {})


def test_language_and_zone_wait_for_the_next_opening_and_colours_do_not():
    was = Preferences()
    assert reopens(was, Preferences(language="zh_HK"))
    assert reopens(was, Preferences(zone="UTC"))
    assert not reopens(was, Preferences(scheme="light", direction="blue-orange", sound=False))
