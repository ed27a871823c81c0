"""What is said of the desk itself, and where the tour's card stands."""

import pytest
from helpers.frames import normal_desk

from desk.engine.snapshot import Hello
from ui.viewmodels.about import about, as_text
from ui.viewmodels.tour import Box, place, steps

HELLO = Hello(engine_pid=4711, desk_folder="/desk/one", restart_argv=[], crash_report="")
WINDOW, CARD = (1920, 1080), (340, 160)


def test_about_says_versions_process_folder_whole_hash_and_journal_as_one_text():
    frame = normal_desk(profile_hash="4f" * 32, journal_seq=12_345)
    text = as_text(about({"desk": "0.1.0", "Qt": "6.11.3"}, HELLO, frame))
    for line in ("Qt: 6.11.3", "Engine process: 4711", "Desk folder: /desk/one",
                 f"Profile hash: {'4f' * 32}", "Journal row: #12,345"):  # fmt: skip
        assert f"{line}\n" in text
    assert text.count("SIL Open Font License 1.1") == 2


def test_about_of_a_desk_that_has_not_spoken_shows_no_figure():
    said = {line.label: line.value for line in about({}, None, None)}
    assert said["Engine process"] == said["Profile hash"] == said["Journal row"] == "—"


def test_tour_names_the_keys_in_force_and_has_three_to_five_steps():
    stops = steps("Alt+A", "Alt+K", "F12")
    assert 3 <= len(stops) <= 5
    text = " ".join(step.text for step in stops)
    assert all(key in text for key in ("Alt+A", "Alt+K", "F12"))


@pytest.mark.parametrize(
    "target",
    [None, Box(0, 0, 1920, 1080), Box(0, 48, 384, 996), Box(388, 679, 864, 365),
     Box(1552, 48, 368, 596), Box(100, 8, 90, 22), Box(1800, 1050, 120, 30)],
)  # fmt: skip
@pytest.mark.parametrize("window", [WINDOW, (1366, 768)])
def test_the_card_is_whole_in_the_window(target, window):
    x, y = place(CARD, target, window)
    assert 0 <= x <= window[0] - CARD[0]
    assert 0 <= y <= window[1] - CARD[1]


@pytest.mark.parametrize(
    "target", [Box(0, 48, 384, 996), Box(388, 679, 864, 365), Box(1552, 48, 368, 596),
               Box(100, 8, 90, 22)],
)  # fmt: skip
def test_the_card_hides_nothing_of_what_it_tells_of_where_there_is_room_beside(target):
    x, y = place(CARD, target, WINDOW)
    apart_x = x >= target.x + target.width or x + CARD[0] <= target.x
    apart_y = y >= target.y + target.height or y + CARD[1] <= target.y
    assert apart_x or apart_y
