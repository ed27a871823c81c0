"""How a person wants to be asked, whatever becomes of the file that says so.

`hands.toml` is a person's; what the window went by last is kept beside it. Where the file is gone,
damaged or cut off, or asks less than was chosen last, the last choice holds: a hand is asked less
by a choice in the settings alone. Where neither can be read every action is held.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ui import policy
from ui.policy import Confirm, Policy, PolicyError
from ui.private_file import own_bytes, replace

LAST_FILE = "hands.last"

_ASKS = {Confirm.NONE: 0, Confirm.STRIP: 1, Confirm.HOLD: 2}
_ACTIONS = [name for name in Policy.__struct_fields__ if name != "hold_ms"]

CAREFUL = msgspec.structs.replace(Policy(), **dict.fromkeys(_ACTIONS, Confirm.HOLD))
"""Asks as much as any choice."""


class OwnPolicy(msgspec.Struct, frozen=True):
    """What holds, and why it is not what the file says."""

    policy: Policy = Policy()
    doubt: str = ""


def own_policy(folder: Path) -> OwnPolicy:
    """Read how a person of this folder wants to be asked, and keep that."""
    last, _ = _read(folder / LAST_FILE)
    own, doubt = _read(folder / policy.OWN_FILE)
    if own is None:
        found = OwnPolicy(last or CAREFUL, doubt) if doubt else _unnamed(folder, last)
    elif last is None or (strictest := stricter(own, last)) == own:
        found = OwnPolicy(own)
    else:
        found = OwnPolicy(strictest, f"{policy.OWN_FILE}: it asks less than was last chosen")
    if found.policy != (last or Policy()):
        keep_policy(folder, found.policy)
    return found


def _unnamed(folder: Path, last: Policy | None) -> OwnPolicy:
    """What holds without a file: what ships, unless something else was chosen once."""
    if last is None and not (folder / LAST_FILE).exists():
        return OwnPolicy()
    return OwnPolicy(last or CAREFUL, f"{policy.OWN_FILE}: it is gone")


def stricter(one: Policy, other: Policy) -> Policy:
    """Return the policy that asks, for each action, as much as either."""
    asked = {name: max(one.of(name), other.of(name), key=_ASKS.__getitem__) for name in _ACTIONS}
    return Policy(**asked, hold_ms=max(one.hold_ms, other.hold_ms))


def keep_policy(folder: Path, chosen: Policy) -> None:
    """Keep what was chosen; a disk that takes nothing leaves what was kept."""
    lines = [f'{name} = "{chosen.of(name).value}"\n' for name in _ACTIONS]
    try:
        replace(folder / LAST_FILE, "".join([*lines, f"hold_ms = {chosen.hold_ms}\n"]).encode())
    except OSError:
        return


def _read(path: Path) -> tuple[Policy | None, str]:
    """Return a policy, or why there is none; nothing for an empty file or none."""
    try:
        data = own_bytes(path)
        return (policy.load_policy(data) if data else None), ""
    except OSError as error:
        return None, f"{path.name}: {error.strerror or error}"
    except (PolicyError, ValueError) as error:
        return None, " ".join(str(error).split())
