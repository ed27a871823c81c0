"""The client record: what is known about whom the desk trades for.

`desk.risk.gates` says what follows from it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from desk.model.instrument import Instrument

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
