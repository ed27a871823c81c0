"""The client record and the gates that stand on it.

SFC circulars 26EC5 and 26EC6 (February 2026) open perpetual contracts to professional
investors only, who have shown knowledge of derivatives and been given each contract's
disclosures. A gate is evaluated for every order that adds risk, never skipped.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from desk.model.events import Denial
from desk.model.instrument import Instrument, Kind

DISCLOSURE_VERSION = 1
"""The current version of every disclosure sheet that ships."""


class ProfessionalInvestor(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"category": "class"},
    forbid_unknown_fields=True,
):
    """Evidence under Cap. 571D: what kind, on what basis, and until when."""

    category: str
    basis: str
    amount: Decimal
    currency: str
    as_of: date
    expires: date


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The assessment of derivatives knowledge."""

    as_of: date
    expires: date


class ClientRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about the client; what is absent closes a gate."""

    professional_investor: ProfessionalInvestor | None = None
    derivatives_knowledge: Knowledge | None = None
    securities_margin_client: bool = False
    disclosures: tuple[str, ...] = ()
    """`INSTRUMENT@VERSION` of each sheet acknowledged."""
    name: str = ""


def disclosure(instrument_id: str) -> str:
    """Return the name of an instrument's current disclosure sheet."""
    return f"{instrument_id}@{DISCLOSURE_VERSION}"


def sample_client(instruments: list[Instrument], today: date) -> ClientRecord:
    """Return the client of the simulated desk: complete, valid one year, named SAMPLE."""
    expires = date(today.year + 1, today.month, min(today.day, 28))
    return ClientRecord(
        name="SAMPLE",
        professional_investor=ProfessionalInvestor(
            category="corporation",
            basis="portfolio",
            amount=Decimal(20_000_000),
            currency="HKD",
            as_of=today,
            expires=expires,
        ),
        derivatives_knowledge=Knowledge(as_of=today, expires=expires),
        securities_margin_client=True,
        disclosures=tuple(disclosure(instrument.id) for instrument in instruments),
    )


def gates(client: ClientRecord | None, instrument: Instrument, today: date) -> list[Denial]:
    """Return what keeps this client from adding risk in this instrument."""
    if instrument.kind is not Kind.PERPETUAL:
        return []
    if client is None:
        return [
            _closed(
                "PI_GATE",
                "pi.gate",
                "no client record: perpetuals are for "
                "professional investors, and nobody is known to be one",
                "SFC",
            )
        ]
    found: list[Denial] = []
    investor, knowledge = client.professional_investor, client.derivatives_knowledge
    if investor is None:
        found.append(
            _closed(
                "PI_GATE",
                "pi.gate",
                "no evidence that the client is a professional investor (Cap. 571D)",
                "LAW",
            )
        )
    elif investor.expires < today:
        found.append(
            _closed(
                "PI_GATE",
                "pi.gate",
                f"the professional investor evidence expired on {investor.expires}",
                "LAW",
            )
        )
    if knowledge is None:
        found.append(
            _closed(
                "KNOWLEDGE_GATE",
                "client.derivatives_knowledge",
                "no assessment of derivatives knowledge",
                "SFC",
            )
        )
    elif knowledge.expires < today:
        found.append(
            _closed(
                "KNOWLEDGE_GATE",
                "client.derivatives_knowledge",
                f"the knowledge assessment expired on {knowledge.expires}",
                "SFC",
            )
        )
    if disclosure(instrument.id) not in client.disclosures:
        found.append(
            _closed(
                "DISCLOSURE",
                "disc.kfs",
                f"the disclosure sheet {disclosure(instrument.id)} is not acknowledged",
                "SFC",
            )
        )
    return found


def _closed(code: str, rule: str, message: str, origin: str) -> Denial:
    return Denial(
        code=code, rule=rule, message=message[0].upper() + message[1:] + ".", origin=origin
    )


def describe(client: ClientRecord | None) -> str:
    """Say on one line what is known about the client."""
    if client is None:
        return "no client"
    investor = client.professional_investor
    said = (
        "no PI evidence"
        if investor is None
        else (f"PI {investor.category}, expires {investor.expires}")
    )
    return f"{client.name}: {said}" if client.name else said
