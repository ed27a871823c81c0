import pytest

from ui.arming import SURFACES, Arming
from ui.keys import ACTIONS, KeyMapError, load_key_map

pytestmark = pytest.mark.qt


def written(**changes):
    """The shipped map as text, with some keys changed."""
    keys = {name: key.key for name, key in load_key_map().items()} | changes
    return "\n".join(
        f'[{name}]\nkey = "{key}"\ntext = "x"' for name, key in keys.items() if key
    ).encode()


def test_shipped_map_has_a_key_and_words_for_every_action(qapp):
    keys = load_key_map()
    assert keys.keys() == ACTIONS
    assert all(key.text for key in keys.values())
    assert {name for name, key in keys.items() if key.panic} == {"kill", "cancel_all", "flatten"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"buy": "Ctrl+Shift+K"}, "one key, one action"),
        ({"buy": "Shift+Ctrl+k"}, "one key, one action"),
        ({"buy": "B"}, "needs Ctrl, Alt or a function key"),
        ({"buy": "Shift+B"}, "needs Ctrl, Alt or a function key"),
        ({"buy": "Ctrl+K, Ctrl+B"}, "expected one key such as"),
        ({"buy": "Ctrl+Nonsense"}, "expected one key such as"),
        ({"buy": ""}, "action buy is missing"),
        ({"dance": "Ctrl+D"}, "action dance is unknown"),
    ],
)
def test_conflicts_and_traps_are_refused_at_load(qapp, changes, complaint):
    with pytest.raises(KeyMapError, match=r"keys\.toml") as refused:
        load_key_map(written(**changes))
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
