"""The desk's own recordings: what venues sent, as it came; one JSON object a line, in gzip.

    {"what": "listing", "schema": "desk.recording/1", "connection": "okx",
     "started_wall_ns": …, "started_boot_ns": …, "instruments": [{…}]}
    {"what": "opened",   "wall_ns": …, "boot_ns": …, "connection": "okx", "path": "/ws/v5/public"}
    {"what": "sent",     …, "text": "{\\"op\\":\\"subscribe\\",…}"}
    {"what": "received", …, "text": "{\\"arg\\":…}"}
    {"what": "answered", …, "path": "/api/v3/depth?…", "request": {…}, "text": "{…}"}
    {"what": "closed",   …, "text": "why"}

* A file begins with a `listing` for each connection: the instruments in use, so that a recording
  is replayed with its own ticks, and when the recording was started. The files of one recording
  begin alike, and the later ones go on where the one before ends.
* `wall_ns` is Unix time, `boot_ns` the recorder's boot-time clock, which never steps: it orders
  the lines and tells what lies between them. Both are nanoseconds, taken on receipt.
* A payload is `text` where it is UTF-8, else `base64`: every byte comes back either way. An
  `answered` without a payload is a request that was not answered.
* A connection that is rolled has sockets twice for a while: `generation`, 0 where it is absent,
  counts them.
* The gzip is a sequence of whole members of whole lines, the last at most a second long: what is
  left after a crash is read up to the last of them.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, TypeAlias

import msgspec

from desk.io.capture_files import (
    LARGEST_STAMP_NS,
    RECORDING_GENERATIONS,
    CaptureLine,
    RawLine,
    What,
)
from desk.io.tap import Tapped
from desk.model.instrument import Instrument
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import UNREADABLE

_LISTING = b'{"what":"listing"'
_BEGINNING = "the listing that a recording begins with"
_SCHEMA = "desk.recording/1"

Stamp: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_STAMP_NS)]


class Listing(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="listing"):
    """The instruments of one connection, and when the recording was started."""

    schema: Literal["desk.recording/1"] = _SCHEMA
    connection: str
    started_wall_ns: Stamp
    started_boot_ns: Stamp
    instruments: list[Instrument]


class _Happened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    what: What
    wall_ns: Stamp
    boot_ns: Stamp
    connection: str
    path: str
    text: str = ""
    base64: str = ""
    request: RestRequest | None = None
    generation: Annotated[int, msgspec.Meta(ge=0, lt=RECORDING_GENERATIONS)] = 0


_encode = msgspec.json.Encoder().encode
_decode_listing = msgspec.json.Decoder(Listing).decode
_decode_happened = msgspec.json.Decoder(_Happened).decode


def listing_line(listing: Listing) -> bytes:
    """Return the line of a listing."""
    return _encode(listing) + b"\n"


def happened_line(tapped: Tapped, wall_ns: int) -> bytes:
    """Return the line of a frame, an answer, or a socket that came or went."""
    text = base64 = ""
    try:
        text = tapped.payload.decode()
    except UnicodeDecodeError:
        base64 = b64encode(tapped.payload).decode()
    happened = _Happened(
        what=tapped.what,
        wall_ns=wall_ns,
        boot_ns=tapped.boot_ns,
        connection=tapped.connection,
        path=tapped.path,
        text=text,
        base64=base64,
        request=tapped.request,
        generation=tapped.generation,
    )
    return _encode(happened) + b"\n"


def listings(lines: Iterable[RawLine]) -> dict[str, Listing]:
    """Return the listings that a recording begins with, by connection; InputError: none."""
    found: dict[str, Listing] = {}
    for line in lines:
        if is_recording(line.text):
            listing = _listing(line)
            found.setdefault(listing.connection, listing)
        elif found:
            break
        else:
            raise line.refused(_BEGINNING)
    return found


def is_recording(text: bytes) -> bool:
    """Return whether a line is one that recordings begin with."""
    return text.startswith(_LISTING)


def parsed(lines: Iterable[RawLine]) -> Iterator[CaptureLine]:
    """Yield what lines say, listings left out; raise InputError for one that is damaged.

    The times are those of the boot-time clock, counted from the Unix time of the start.
    """
    started: tuple[int, int] | None = None
    first_generation = -RECORDING_GENERATIONS
    for line in lines:
        if is_recording(line.text):
            listing = _listing(line)
            if started != (listing.started_wall_ns, listing.started_boot_ns):
                started = listing.started_wall_ns, listing.started_boot_ns
                first_generation += RECORDING_GENERATIONS
        elif started is None:
            raise line.refused(_BEGINNING)
        else:
            yield _happened(line, started[0] - started[1], first_generation)


def _listing(line: RawLine) -> Listing:
    try:
        return _decode_listing(line.text)
    except UNREADABLE as error:
        raise line.refused(f"a listing ({error})") from None


def _happened(line: RawLine, ahead_ns: int, first: int) -> CaptureLine:
    try:
        said = _decode_happened(line.text)
        payload = a2b_base64(said.base64, strict_mode=True) if said.base64 else said.text.encode()
    except (*UNREADABLE, binascii.Error, UnicodeEncodeError) as error:
        raise line.refused(f"a line of a recording ({error})") from None
    stamp_ns = max(0, said.boot_ns + ahead_ns)
    return CaptureLine(
        line.source,
        line.number,
        stamp_ns,
        payload,
        said.what,
        said.connection,
        said.path,
        said.request,
        first + said.generation,
    )
