import pytest

from ui.arming import SURFACES, Arming
from ui.keys import KeyMapError, load_key_map

pytestmark = pytest.mark.qt


def own(**changes):
    """A person's own keys as a file."""
    return "\n".join(f'{action} = "{key}"' for action, key in changes.items()).encode()


def test_shipped_map_has_words_for_every_action(qapp):
    keys = load_key_map()
    assert all(key.text for key in keys.values())
    assert {name for name, key in keys.items() if key.panic} == {"kill", "cancel_all", "flatten"}
    assert {f"lock_{surface}" for surface in SURFACES} <= keys.keys()


def test_own_keys_lie_over_the_shipped_ones_and_may_change_places(qapp):
    keys, shipped = load_key_map(own(buy="F6", sell="F5")), load_key_map()
    assert (keys["buy"].key, keys["sell"].key) == ("F6", "F5")
    assert keys["kill"] == shipped["kill"]
    assert keys["buy"].text == shipped["buy"].text


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"buy": "Ctrl+Shift+K"}, "one key, one action"),
        ({"buy": "Shift+Ctrl+k"}, "one key, one action"),
        ({"buy": "B"}, "needs Ctrl, Alt or a function key"),
        ({"buy": "Shift+B"}, "needs Ctrl, Alt or a function key"),
        ({"buy": "Ctrl+K, Ctrl+B"}, "expected one key such as"),
        ({"buy": "Ctrl+Nonsense"}, "expected one key such as"),
        ({"kill": ""}, "expected one key such as"),
        ({"kill": "Ctrl+V"}, "is what a text field is edited with"),
        ({"dance": "Ctrl+D"}, "action dance is unknown"),
    ],
)
def test_conflicts_and_traps_are_refused_at_load(qapp, changes, complaint):
    with pytest.raises(KeyMapError, match=r"keys\.toml") as refused:
        load_key_map(own(**changes))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "data", [b"[buy", b"\xff\xfe", b"buy = 1", b'[buy]\nkey = "F5"\nwords = "x"']
)
def test_map_that_cannot_be_read_is_refused_in_one_line(qapp, data):
    with pytest.raises(KeyMapError, match=r"^keys\.toml: [^\n]+$"):
        load_key_map(data)


@pytest.fixture
def arming(qapp):
    made = Arming(now_ns=lambda: 0)
    made.allow(True)
    yield made
    made.disarm("the test is over")


def test_arming_arms_every_surface_and_disarming_all(arming):
    assert not arming.is_armed()
    arming.toggle()
    assert all(arming.is_armed(surface) for surface in SURFACES)
    arming.toggle()
    assert not any(arming.is_armed(surface) for surface in SURFACES)


def test_a_lock_of_its_own_arms_one_surface_and_the_common_lock_makes_it_whole(arming):
    arming.toggle("chart")
    assert arming.armed == {"chart"}
    arming.toggle()
    assert arming.armed == set(SURFACES)
    arming.toggle("ladder")
    assert arming.armed == set(SURFACES) - {"ladder"}


def test_nothing_is_armed_while_the_engine_does_not_answer(arming):
    arming.toggle()
    why = []
    arming.disarmed.connect(why.append)
    arming.allow(False, "the engine has ended")
    assert why == ["the engine has ended"]
    arming.toggle()
    assert not arming.is_armed()


def test_first_profile_seen_disarms_nobody(arming):
    arming.toggle()
    arming.see_profile("a")
    arming.see_profile("a")
    assert arming.is_armed()
    arming.see_profile("b")
    assert not arming.is_armed()
