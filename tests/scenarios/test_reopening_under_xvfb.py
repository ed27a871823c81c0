"""The language is changed by keys alone on the real program: another window, the same desk."""

import time

import pytest
from helpers.shown_desk import ShownDesk, traded_desk
from helpers.xscreen import MISSING

from ui.own_files import own_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not there: {', '.join(MISSING)}"),
]

STEPS = ("Tab", "Right", "Tab", "Tab", "space")
"""From the search to the languages, to the other one, past the zones, to the button."""


def test_window_opens_again_in_another_language_and_the_journal_says_nothing_of_it(tmp_path):
    folder = tmp_path / "desk"
    traded_desk(folder)
    with ShownDesk(folder) as desk:
        before = desk.children()["window"]
        seq = desk.pages.newest_seq()
        desk.screen.press("ctrl+comma")
        desk.until(lambda: "Settings" in desk.screen.titles().values())
        desk.screen.ask("search", "--name", "Settings", "windowfocus", "--sync")
        desk.screen.ask("type", "--delay", "40", "language")
        for key in STEPS:
            time.sleep(0.3)  # a hand is no faster
            desk.screen.press(key)
        desk.until(lambda: desk.children().get("window") not in (None, before))
        desk.until(lambda: any("·" in title for title in desk.screen.titles().values()))
        assert own_files(str(folder)).preferences.language == "zh_HK"
        assert desk.pages.newest_seq() == seq
        assert "market" in desk.children()
