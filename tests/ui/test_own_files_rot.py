"""T38: whatever becomes of a person's files, the hand is asked at least as much as was chosen."""

import random

import pytest
from helpers.frames import normal_desk

from ui.keys import load_key_map
from ui.own_files import own_files
from ui.own_policy import CAREFUL, LAST_FILE, own_policy, stricter
from ui.policy import OWN_FILE, Confirm, Policy, load_policy
from ui.settings_files import change_line

CHOSEN = b'new_order = "hold"\namend = "strip"\n# the big one\nkill = "hold"\nhold_ms = 2500\n'
OTHERS = (b"", b"\xff\xfe", b"[", b"#" * 70_000, b"what = 1\n", CHOSEN + b"schema = 9\n")
KEYS = b"buy = 'Ctrl+J'\nkill = 'Ctrl+Alt+K'\n"


def rots(data, bits):
    """A file that is gone, cut off at each byte, with bits turned, empty, or of another kind."""
    yield None
    yield from (data[:length] for length in range(len(data)))
    for bit in bits:
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        yield bytes(turned)
    yield from OTHERS


def put(path, data):
    path.unlink(missing_ok=True)
    if data is not None:
        path.write_bytes(data)


def asks_as_much(found, chosen):
    return stricter(found, chosen) == found


def some_bits(data, count):
    every = range(len(data) * 8)
    return every if count is None else random.Random(38).sample(every, count)


@pytest.mark.fault("T38")
@pytest.mark.parametrize(
    "count", [40, pytest.param(None, marks=pytest.mark.thorough)], ids=["some", "every bit"]
)
@pytest.mark.parametrize("name", [OWN_FILE, LAST_FILE])
def test_no_rot_of_one_file_asks_a_hand_less_than_was_chosen(tmp_path, name, count, figure):
    chosen, seen = load_policy(CHOSEN), 0
    (tmp_path / OWN_FILE).write_bytes(CHOSEN)
    assert own_policy(tmp_path).policy == chosen
    sound = {one: (tmp_path / one).read_bytes() for one in (OWN_FILE, LAST_FILE)}
    for data in rots(sound[name], some_bits(sound[name], count)):
        for one, kept in sound.items():
            put(tmp_path / one, kept)
        put(tmp_path / name, data)
        found = own_policy(tmp_path)
        assert asks_as_much(found.policy, chosen), data
        assert found.policy == chosen or found.doubt or name == OWN_FILE, data
        again = own_policy(tmp_path)
        assert asks_as_much(again.policy, chosen), "and at the start after it"
        seen += 1
    figure(f"{name}: {seen} cut off, turned, gone, older, newer: 0 ask less than was chosen")


def test_where_nothing_can_be_read_every_action_is_held(tmp_path):
    for name in (OWN_FILE, LAST_FILE):
        (tmp_path / name).write_bytes(b"[")
    found = own_policy(tmp_path)
    assert found.policy == CAREFUL
    assert {found.policy.of(name) for name in ("new_order", "cancel", "kill")} == {Confirm.HOLD}
    assert found.doubt.startswith("hands.toml: ")


def test_a_new_folder_goes_by_what_ships_and_keeps_nothing(tmp_path):
    assert own_policy(tmp_path).policy == Policy()
    assert list(tmp_path.iterdir()) == []


def test_the_settings_may_ask_less_and_an_editor_may_not(rig_of, tmp_path):
    (tmp_path / OWN_FILE).write_bytes(CHOSEN)
    own_policy(tmp_path)
    change_line(tmp_path / OWN_FILE, "new_order", '"none"', load_policy)
    own = own_files(str(tmp_path))
    assert own.policy.new_order is Confirm.HOLD
    assert own.doubt == "hands.toml: it asks less than was last chosen"
    rig = rig_of(normal_desk(), own=own)
    assert any("asks less" in banner.text for banner in rig.window.display._faults)
    rig.window.settings.change("confirm.new_order", "none")
    assert own_files(str(tmp_path)).policy.new_order is Confirm.NONE
    assert own_files(str(tmp_path)).doubt == ""


@pytest.mark.thorough
@pytest.mark.fault("T38")
def test_no_rot_of_the_keys_leaves_a_window_without_its_panic_keys(qapp, tmp_path, figure):
    shipped, seen = load_key_map(), 0
    panic = {name for name, key in shipped.items() if key.panic}
    for data in rots(KEYS, some_bits(KEYS, None)):
        put(tmp_path / "keys.toml", data)
        found = own_files(str(tmp_path))
        chords = [key.key for key in found.keys.values()]
        assert found.keys.keys() == shipped.keys()
        assert {name for name, key in found.keys.items() if key.panic} == panic
        assert len(set(chords)) == len(chords), data
        seen += 1
    figure(f"keys.toml: {seen} cut off, turned, gone, other: every panic key there, one an action")
