"""T38: whatever befalls a file of settings, no limit gets wider and no start ends in a loop."""

import random

import pytest

from desk.app.folder_settings import FILE, LAST, folder_settings, note_profile
from desk.cli import shipped as shipped_files
from desk.cli.shipped import profile_hashes, shipped, shipped_profile
from desk.io.resources import resource
from desk.model.errors import InputError

STRICT = "house_strict"
SETTINGS = f'profile = "{STRICT}"\nfee_tier = "VIP 0"\nlatency_ms = 50\n'.encode()


def rots(data):
    """A file that is gone, cut off at each byte, each bit of it turned, and older or newer."""
    yield None
    yield from (data[:length] for length in range(len(data)))
    for bit in range(len(data) * 8):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        yield bytes(turned)
    yield b""
    yield data + b'schema = 2\nlimits = "none"\n'


def outcome(folder):
    """The profile of a start, or None for one that is refused in a sentence."""
    try:
        return folder_settings(folder).profile
    except InputError:
        return None


@pytest.mark.fault("T38")
def test_settings_that_rot_never_bring_back_wider_rules(tmp_path, figure):
    note_profile(tmp_path, STRICT)
    seen = {"refused": 0, "as before": 0}
    for data in rots(SETTINGS):
        (tmp_path / FILE).unlink(missing_ok=True)
        if data is not None:
            (tmp_path / FILE).write_bytes(data)
        found = outcome(tmp_path)
        known = found is None or shipped_files.profile_text(found) is not None
        assert found == STRICT or not known or found is None, data
        seen["as before" if found == STRICT else "refused"] += 1
    figure(f"{sum(seen.values())} settings: {seen['refused']} refused, {seen['as before']} held")


@pytest.mark.fault("T38")
def test_the_note_of_the_last_profile_may_rot_while_settings_name_one(tmp_path):
    (tmp_path / FILE).write_bytes(SETTINGS)
    for data in rots(STRICT.encode()):
        if data is not None:
            (tmp_path / LAST).write_bytes(data)
        assert outcome(tmp_path) == STRICT


def test_a_person_may_choose_other_rules_and_they_hold_from_then_on(tmp_path):
    note_profile(tmp_path, STRICT)
    (tmp_path / FILE).write_text('profile = "hk_sfc_2026"\n')
    assert outcome(tmp_path) == "hk_sfc_2026"
    note_profile(tmp_path, "hk_sfc_2026")
    (tmp_path / FILE).unlink()
    assert outcome(tmp_path) == "hk_sfc_2026"


def turned_profiles(count):
    """Profiles with one bit turned: what was loaded, or None where it was refused."""
    dice = random.Random(38)
    for _ in range(count):
        name = dice.choice(sorted(profile_hashes()))
        data = bytearray(resource(f"profiles/{name}.toml"))
        bit = dice.randrange(len(data) * 8)
        data[bit // 8] ^= 1 << bit % 8
        yield name, bytes(data)


def load_turned(monkeypatch, count):
    true, refused, same = shipped_files.profile_text, 0, 0
    for name, data in turned_profiles(count):
        with monkeypatch.context() as patch:
            patch.setattr(
                shipped_files,
                "profile_text",
                lambda asked, name=name, data=data: data if asked == name else true(asked),
            )
            try:
                found = shipped_profile(name)
            except InputError:
                refused += 1
            else:
                assert found.hash == profile_hashes()[name]
                same += 1
    return refused, same


@pytest.mark.fault("T38")
@pytest.mark.parametrize("count", [60, pytest.param(5_000, marks=pytest.mark.slow)])
def test_a_profile_with_a_turned_bit_has_the_checked_rules_or_does_not_start(
    monkeypatch, count, figure
):
    refused, same = load_turned(monkeypatch, count)
    assert refused > 0
    figure(f"{count} profiles with a bit turned: {refused} refused, {same} in words alone")


def test_every_profile_that_ships_is_the_one_that_was_checked():
    for name, wanted in profile_hashes().items():
        assert shipped().profile(name).hash == wanted
