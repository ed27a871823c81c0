"""Everything that can be set, as rows with the words they are found by. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec

from ui.policy import Confirm, Policy
from ui.preferences import Preferences
from ui.viewmodels.translation import LANGUAGES, tr


class Kind(Enum):
    """How a setting is changed."""

    CHOICE = "choice"
    """One of a few."""
    SWITCH = "switch"
    FIGURE = "figure"
    """Written."""
    KEY = "key"
    """Pressed."""
    ACTION = "action"
    """A button that does something."""
    FACT = "fact"
    """Read only."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    key: str
    section: str
    label: str
    kind: Kind
    value: str = ""
    about: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and word of each."""
    unit: str = ""
    on_reopening: bool = False
    """Holds from the next opening of the window on."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What is set now."""

    preferences: Preferences
    policy: Policy
    keys: Mapping[str, tuple[str, str]] = {}
    """Action → its words, and its key as this platform writes it."""
    desk: Mapping[str, str] = {}
    """What the desk said it goes by of its `settings.toml`."""
    folder: str = ""


CONFIRM, KEY = "confirm.", "key."
"""What the names of the confirmations and of the keys begin with."""
HOLD_MS = f"{CONFIRM}hold_ms"
YES, NO = "yes", "no"


def settings(chosen: Chosen) -> tuple[Setting, ...]:
    """Return every setting, section by section."""
    return (*_window(chosen), *_confirmations(chosen.policy), *_keys(chosen), *_desk(chosen))


def reopens(was: Preferences, now: Preferences) -> bool:
    """Whether a change holds only from the next opening of the window on."""
    return (was.language, was.zone) != (now.language, now.zone)


def _window(chosen: Chosen) -> Iterable[Setting]:
    look, words, sound = tr("Look"), tr("Language and time"), tr("Sound")
    now = chosen.preferences
    yield Setting(
        key="language",
        section=words,
        label=tr("Language"),
        kind=Kind.CHOICE,
        value=now.language,
        choices=tuple(LANGUAGES.items()),
        on_reopening=True,
    )
    yield Setting(
        key="zone",
        section=words,
        label=tr("Time zone"),
        about=tr("Of every time that is shown or written; the day is Hong Kong's in either."),
        kind=Kind.CHOICE,
        value=now.zone,
        choices=(("HKT", tr("HKT")), ("UTC", tr("UTC"))),
        on_reopening=True,
    )
    yield Setting(
        key="scheme",
        section=look,
        label=tr("Colour scheme"),
        kind=Kind.CHOICE,
        value=now.scheme,
        choices=(("dark", tr("Dark")), ("light", tr("Light")), ("contrast", tr("High contrast"))),
    )
    yield Setting(
        key="direction",
        section=look,
        label=tr("Colours of up and down"),
        about=tr("Risk keeps its own colours."),
        kind=Kind.CHOICE,
        value=now.direction,
        choices=(
            ("green-red", tr("Green up, red down")),
            ("red-green", tr("Red up, green down")),
            ("blue-orange", tr("Blue up, orange down")),
        ),
    )
    yield Setting(
        key="layout",
        section=look,
        label=tr("Layout"),
        about=tr("Puts every panel of the layout back where it ships."),
        kind=Kind.ACTION,
        value=tr("Reset the layout"),
    )
    yield Setting(
        key="sound",
        section=sound,
        label=tr("Alerts sound"),
        about=tr("Danger sounds again every 4 s until somebody acknowledges it."),
        kind=Kind.SWITCH,
        value=YES if now.sound else NO,
    )
    yield Setting(
        key="try_sound",
        section=sound,
        label=tr("Try the sound"),
        kind=Kind.ACTION,
        value=tr("Sound once"),
    )


def actions() -> dict[str, str]:
    """Return the kinds of action that the policy of confirmations names, in the trader's words."""
    return {
        "new_order": tr("New order"),
        "amend": tr("Amend an order"),
        "cancel": tr("Cancel an order"),
        "cancel_all": tr("Cancel all orders"),
        "close": tr("Close a position"),
        "reverse": tr("Turn a position round"),
        "flatten": tr("Flatten everything"),
        "kill": tr("Kill¦action"),
    }


def _confirmations(policy: Policy) -> Iterable[Setting]:
    section = tr("Confirmations")
    how = (
        (Confirm.NONE.value, tr("None¦confirmation")),
        (Confirm.STRIP.value, tr("Ask¦before it is done")),
        (Confirm.HOLD.value, tr("Hold")),
    )
    for action, label in actions().items():
        yield Setting(
            key=f"{CONFIRM}{action}",
            section=section,
            label=label,
            kind=Kind.CHOICE,
            value=policy.of(action).value,
            choices=how,
        )
    yield Setting(
        key=HOLD_MS,
        section=section,
        label=tr("How long a hold is"),
        about=tr("300 to 5,000 ms"),
        kind=Kind.FIGURE,
        value=str(policy.hold_ms),
        unit="ms",
    )


def _keys(chosen: Chosen) -> Iterable[Setting]:
    section = tr("Keys")
    for action, (words, key) in chosen.keys.items():
        yield Setting(
            key=f"{KEY}{action}",
            section=section,
            label=words,
            kind=Kind.KEY,
            value=key,
            on_reopening=True,
        )


def _desk(chosen: Chosen) -> Iterable[Setting]:
    section = tr("This desk (settings.toml)")
    words = {
        "profile": tr("Rule profile"),
        "fee_tier": tr("Fee tier"),
        "latency_ms": tr("Latency of the paper venue, ms"),
    }
    for name, value in chosen.desk.items():
        yield Setting(
            key=f"desk.{name}",
            section=section,
            label=words.get(name, name),
            about=tr("Read when the desk starts: change the file, then start the desk again."),
            kind=Kind.FACT,
            value=value,
        )
    yield Setting(
        key="desk.folder",
        section=section,
        label=tr("Desk folder"),
        about=tr("Holds settings.toml, hands.toml, keys.toml and window.ini."),
        kind=Kind.FACT,
        value=chosen.folder or tr("none: nothing is kept"),
    )


def found(setting: Setting, wanted: str, also: Mapping[str, str]) -> bool:
    """Whether a setting is meant by what was typed: every word of it, in either language.

    `also` has the words of the other language by those on the screen.
    """
    said = (setting.section, setting.label, setting.about, setting.value, setting.key)
    texts = [*said, *(word for _, word in setting.choices)]
    heap = " ".join([*texts, *(also.get(text, "") for text in texts)]).casefold()
    return all(word in heap for word in wanted.casefold().split())


def both_ways(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a catalogue's words by their English ones, and the English ones by them."""
    return {**{words: english for english, words in texts.items()}, **texts}
