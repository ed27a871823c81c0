"""What goes wrong on the way to a venue, and what a specification of it means.

A specification is comma-separated `kind[:option…]`, like that of `desk market --faults`, with the
options `p=0.01` (chance of each message), `at=10s` (seconds after the start), `for=5s` (how long)
and `by=3s` (how much):

* lose: an answer is lost; drop: a request is lost
* delay: an answer or request takes `by` longer (3 s)
* duplicate: an answer or request comes twice; reorder: it comes after the ones behind it
* error: a question is answered with an error; partial: a list comes without its end
* down: the connection breaks; what is on its way back is lost, and it can be made again after `for`
* stall: nothing passes for `for`, and nobody says so

Without options each message is hit with a chance of 1 %; `down` and `stall` begin after five
seconds and last ten.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from desk.model.errors import InputError
from desk.model.numbers import ONE, ZERO

FOREVER_MS = 1 << 62


class LinkFaultKind(Enum):
    """What goes wrong."""

    LOSE = "lose"
    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    ERROR = "error"
    PARTIAL = "partial"
    DOWN = "down"
    STALL = "stall"


OUTAGES = {LinkFaultKind.DOWN, LinkFaultKind.STALL}

_DEFAULTS = {"p": Decimal("0.01"), "by": Decimal(3)}
_OF_OUTAGES = {"at": Decimal(5), "for": Decimal(10)}

CERTAIN = 1_000_000


class LinkFault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: what, how often, when, how much."""

    kind: LinkFaultKind
    millionths: int = CERTAIN
    """Its chance for each message."""
    from_ms: int = 0
    until_ms: int = FOREVER_MS
    by_ms: int = 0

    def is_on(self, elapsed_ms: int) -> bool:
        """Tell whether it is time for it."""
        return self.from_ms <= elapsed_ms < self.until_ms


class Chances:
    """A stream of chances from a seed (splitmix64): the same seed, the same faults."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def happens(self, millionths: int) -> bool:
        """Draw once."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % CERTAIN < millionths


_MASK = (1 << 64) - 1


def parse_link_faults(spec: str) -> tuple[LinkFault, ...]:
    """Read a specification; raise InputError naming the part that is wrong."""
    return tuple(_parse_one(part.strip()) for part in spec.split(","))


def _parse_one(part: str) -> LinkFault:
    name, *options = part.split(":")
    try:
        kind = LinkFaultKind(name)
    except ValueError:
        raise _bad(part, f"one of {', '.join(one.value for one in LinkFaultKind)}", name) from None
    given = dict(_option(part, option) for option in options)
    if len(given) < len(options):
        raise _bad(part, "each option once", part)
    allowed = {"at", "for"} if kind in OUTAGES else {"p", "at", "for"}
    allowed |= {"by"} if kind is LinkFaultKind.DELAY else set()
    if wrong := given.keys() - allowed:
        raise _bad(part, f"no {min(wrong)}= for {kind.value}", part)
    values = (_OF_OUTAGES if kind in OUTAGES else _DEFAULTS) | given
    from_ms = int(values.get("at", ZERO) * 1000)
    return LinkFault(
        kind=kind,
        millionths=int(values.get("p", ONE) * CERTAIN),
        from_ms=from_ms,
        until_ms=from_ms + int(values["for"] * 1000) if "for" in values else FOREVER_MS,
        by_ms=int(values.get("by", ZERO) * 1000),
    )


def _option(part: str, option: str) -> tuple[str, Decimal]:
    name, _, text = option.partition("=")
    if name not in {"p", "at", "for", "by"}:
        raise _bad(part, "p=…, at=…s, for=…s or by=…s", option)
    digits = text if name == "p" else text.removesuffix("s")
    if not digits.replace(".", "", 1).isdigit() or not digits.isascii() or len(digits) > 12:
        raise _bad(
            part, f"{name}={'a share, as 0.01' if name == 'p' else 'seconds, as 10s'}", option
        )
    value = Decimal(digits)
    if name == "p" and value > 1:
        raise _bad(part, "a chance from 0 to 1", option)
    return name, value


def _bad(part: str, expected: str, found: str) -> InputError:
    return InputError(
        source="--venue-faults", field=part, expected=expected, found=found or "nothing"
    )
