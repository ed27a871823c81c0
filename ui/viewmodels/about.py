"""What this desk is: product, versions, process, rules, fonts; as rows and as text for support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from desk.engine.snapshot import DeskFrame, Hello
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.translation import tr


class Line(NamedTuple):
    """A label and what is said of it."""

    label: str
    value: str
    code: bool = False
    """A hash, a path, a version: in the font of such things."""


FONTS = (
    ("Inter", "SIL Open Font License 1.1 · © The Inter Project Authors"),
    ("JetBrains Mono", "SIL Open Font License 1.1 · © The JetBrains Mono Project Authors"),
)
"""What comes with the desk of type: the packages fontpkg-inter and fontpkg-jetbrains-mono."""


def product() -> str:
    """Say in a sentence what it is."""
    return tr("A trading desk for leveraged BTC and ETH positions, guarded by a local risk engine.")


def about(
    versions: Mapping[str, str], hello: Hello | None, frame: DeskFrame | None
) -> Sequence[Line]:
    """Return everything that is said, the versions first."""
    return (
        *(Line(name, version, code=True) for name, version in versions.items()),
        Line(tr("Engine process"), UNKNOWN if hello is None else str(hello.engine_pid), code=True),
        Line(tr("Desk folder"), UNKNOWN if hello is None else hello.desk_folder, code=True),
        Line(tr("Mode"), UNKNOWN if frame is None else frame.mode),
        Line(tr("Rule profile"), UNKNOWN if frame is None else frame.profile, code=True),
        Line(tr("Profile hash"), UNKNOWN if frame is None else frame.profile_hash, code=True),
        Line(tr("Journal row"), UNKNOWN if frame is None else f"#{frame.journal_seq:,}", code=True),
        *(Line(name, licence) for name, licence in FONTS),
    )


def as_text(lines: Sequence[Line]) -> str:
    """Write it for an e-mail: a line each."""
    return "\n".join(f"{line.label}: {line.value}" for line in lines) + "\n"
