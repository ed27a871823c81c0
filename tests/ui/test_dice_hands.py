"""T26: a seeded trader at the real window for as long as is asked: no warning of Qt's (each fails
its test), no widget that another thread calls, no moment in which the window stands still."""

import random
import threading
import time

import pytest
from helpers.dice_hands import Affinity, Hands, Pulse
from helpers.every_text_tour import rich_desk
from helpers.fake_desk import FakeDesk
from helpers.frames import later, margin_call_desk, normal_desk, risky_desk
from PySide6.QtWidgets import QLabel

from desk.model.commands import WindowClosing
from ui.keys import load_key_map
from ui.own_files import own_files

pytestmark = pytest.mark.qt

STALL_MS = 250
GENEROUS_MS = 1_000
"""Of the sample: a setting that is chosen is synced, and the disk may have other things to do."""
SAMPLE = 150
HALF_AN_HOUR_S = 1_800
FRAMES = (normal_desk, margin_call_desk, risky_desk, rich_desk)


class MoodyDesk(FakeDesk):
    """Another day every few seconds; it allows, it denies, and lets no window go."""

    def __init__(self, seed):
        super().__init__(normal_desk())
        self.dice = random.Random(seed)

    def change(self):
        kind = self.dice.choice(FRAMES)
        self.frame = later(kind(), ms=self.dice.randint(16, 5_000))
        self.deny = self.dice.random() < 0.3

    def _answer(self, number, command):
        if not isinstance(command, WindowClosing):
            super()._answer(number, command)


def used(rig, qapp, enough, seed):
    """Use the window until it is enough; the hands, the calls of widgets and the loop's pulse."""
    chords = [key.key for name, key in load_key_map().items() if name != "quit"]
    with pytest.MonkeyPatch.context() as patch:
        affinity = Affinity(patch)
        pulse = Pulse(rig.window)
        hands = Hands(rig.window, chords, seed, pulse.skip)
        while not enough(sum(hands.done.values())):
            if hands.dice.random() < 0.02:
                rig.desk.change()
            hands.step()
            rig.desk.serve(qapp, 20)
        pulse.stop()
    return hands, affinity, pulse


def held(rig_of, qapp, tmp_path, enough, figure, seed, most_ms=STALL_MS):
    rig = rig_of(normal_desk(), desk=MoodyDesk(seed), own=own_files(str(tmp_path)))
    rig.window.load_late()
    rig.desk.serve(qapp, 500)  # the late panels are being made
    began_s = time.monotonic()
    hands, affinity, pulse = used(rig, qapp, enough, seed)
    figure(
        f"{(time.monotonic() - began_s) / 60:.1f} min of dice, seed {seed}:"
        f" {sum(hands.done.values()):,} steps, 0 Qt warnings,"
        f" {len(affinity.strangers)} of {affinity.calls:,} widget calls from another thread,"
        f" longest moment in which the window stood still {pulse.longest_ms:.0f} ms"
        f" ({pulse.longest_by_clock_ms:.0f} with what the machine took)"
    )
    assert min(hands.done.values()) > 0
    assert affinity.strangers == []
    assert pulse.longest_ms <= most_ms


@pytest.mark.fault("T26")
@pytest.mark.thorough
def test_some_steps_of_dice_bring_no_warning_no_stranger_and_no_stall(
    rig_of, qapp, tmp_path, figure
):
    held(rig_of, qapp, tmp_path, lambda steps: steps >= SAMPLE, figure, 26, GENEROUS_MS)


@pytest.mark.fault("T26")
@pytest.mark.slow
def test_half_an_hour_of_dice_brings_no_warning_no_stranger_and_no_stall(
    rig_of, qapp, tmp_path, figure
):
    until = time.monotonic() + HALF_AN_HOUR_S
    held(rig_of, qapp, tmp_path, lambda _: time.monotonic() > until, figure, 27)


def test_a_call_from_another_thread_and_a_stall_are_noticed(qtbot):
    """The test of the test."""
    with pytest.MonkeyPatch.context() as patch:
        affinity = Affinity(patch)
        label = QLabel()
        qtbot.addWidget(label)
        pulse = Pulse(label)
        stranger = threading.Thread(target=lambda: label.setText("from elsewhere"))
        stranger.start()
        stranger.join()
        time.sleep(0.05)  # the window's thread does nothing else
        qtbot.waitUntil(lambda: pulse.longest_ms > 45)
        pulse.stop()
        assert len(affinity.strangers) == 1
        assert label.text() == ""
