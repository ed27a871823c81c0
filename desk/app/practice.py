"""The exchange of practice (`--venue-faults`): its truth lies beside the desk's, and is another.

What the exchange has taken, done and said is one line each in `exchange.jsonl`, written before it
is said: a desk that dies finds there what it may have missed, as it would at a real venue. It is
kept and not derived from the journal, because the journal is exactly what it is compared with.
A desk that is started without the option trades on paper as ever and closes the exchange: the next
one is founded anew, on what the desk holds by then.
"""

from __future__ import annotations

from io import FileIO
from pathlib import Path

import msgspec

from desk.engine.state import DeskState
from desk.execution.exchange import Exchange, Fact, Taken
from desk.execution.link_faults import parse_link_faults
from desk.execution.linked import LinkedVenue
from desk.execution.outcome import Amended, AmendRefused, Filled
from desk.execution.wire import Wire
from desk.io.disk import append_whole, open_private, sync_file
from desk.log import LOG
from desk.model.catalogue import Catalogue
from desk.model.errors import InputError

FILE = "exchange.jsonl"
DEFAULT_SEED = 1


class ExchangeLog:
    """Lines of facts in a file, each durable before anything follows from it."""

    def __init__(self, path: Path) -> None:
        self.facts, self._size = _facts(path)
        self._path = path
        self._file: FileIO | None = open_private(path)
        self._file.truncate(self._size)  # without a line that a crash cut off
        self._file.seek(self._size)

    def add(self, fact: Fact) -> None:
        """Write one fact. What cannot be written is lost to the exchange with the process: the
        next start finds the difference, and says so."""
        if self._file is None:
            return
        line = msgspec.json.encode(fact) + b"\n"
        try:
            append_whole(self._file, self._size, line)
            sync_file(self._file)
        except OSError as error:
            LOG.error("%s cannot be written: %s", self._path, error.strerror)
            self.close()
        else:
            self._size += len(line)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Practice:
    """An exchange, the wire to it, and the venue that the desk sees."""

    def __init__(
        self,
        folder: Path,
        spec: str,
        seed: str | None,
        *,
        cancel_after_s: int,
        latency_ms: int,
    ) -> None:
        self._log = ExchangeLog(folder / FILE)
        self._exchange = Exchange(self._log.add, cancel_after_s)
        wire = Wire(parse_link_faults(spec), int(seed or DEFAULT_SEED), max(1, latency_ms // 2))
        self.venue = LinkedVenue(self._exchange, wire)

    def open(self, state: DeskState, catalogue: Catalogue, now_ns: int) -> None:
        """Put back what the exchange knew; a new one begins with what the desk holds."""
        facts = self._log.facts
        if not facts:
            facts = founding_facts(state)
            for fact in facts:
                self._log.add(fact)
        self._exchange.restore(facts, catalogue.get, now_ns)

    def close(self) -> None:
        """Close the exchange's file."""
        self._log.close()


def founding_facts(state: DeskState) -> list[Fact]:
    """Return what the desk knows of its orders, as an exchange would that had always had them.

    What no venue has ever spoken of it does not get: it may not be sent, nor be taken as sent.
    """
    facts: list[Fact] = []
    for order in state.orders.values():
        if not order.was_heard_of:
            continue
        facts.append(
            Taken(
                terms=order.terms,
                collar_price=state.collars.get(order.id),
                time_ms=order.created_ms,
            )
        )
        facts += [Filled(fill=fill) for fill in order.fills]
        # The terms are already those of the last amendment.
        facts += [word for word in order.words if not isinstance(word, Amended | AmendRefused)]
    return facts


def close_exchange(folder: Path) -> None:
    """Forget the exchange of practice: this desk does not use it any more."""
    (folder / FILE).unlink(missing_ok=True)


def _facts(path: Path) -> tuple[list[Fact], int]:
    """Return what a file holds, and its bytes without a line that has no end."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    facts: list[Fact] = []
    *lines, cut_off = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            facts.append(msgspec.json.decode(line, type=Fact))
        except msgspec.DecodeError as error:
            raise InputError(
                source=f"{path}:{number}", expected="what an exchange keeps", found=str(error)
            ) from None
    return facts, len(data) - len(cut_off)
