"""The gates that stand on the client record: evaluated for every order that adds risk.

The SFC opens perpetual contracts to professional investors only, who have shown knowledge of
derivatives and been given each contract's disclosures (paper of 11 February 2026), and loans
against virtual assets to existing securities margin clients only (circular 26EC5). Who is a
professional investor stands in Cap. 571D, by class and by basis.
"""

from __future__ import annotations

from datetime import date

import msgspec

from desk.model.events import Denial
from desk.model.instrument import Instrument, Kind
from desk.risk.client import ClientRecord, disclosure
from desk.risk.denial import deny
from desk.risk.investor import REVIEW, describe_evidence, faults, last_day
from desk.risk.profile import Profile

INVESTOR, KNOWLEDGE = "pi.gate", "client.derivatives_knowledge"
MARGIN_CLIENT, DISCLOSURE = "client.smf_client", "disc.kfs"

CODES = {
    INVESTOR: "PI_GATE",
    REVIEW: "PI_GATE",
    KNOWLEDGE: "KNOWLEDGE_GATE",
    MARGIN_CLIENT: "SMF_GATE",
    DISCLOSURE: "DISCLOSURE",
}


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One condition on the client, and whether it is met."""

    rule: str
    """The rule, or the parameter of it, that decides."""
    met: bool
    said: str
    expires: date | None = None
    """The last day on which it is met, as far as is known now."""
    warns: bool = False
    """It is met, and will not be for long."""

    def denial(self) -> Denial:
        """Return what an order is denied with at a gate that is closed."""
        return deny(CODES[self.rule], self.rule, self.said)


def client_gates(client: ClientRecord | None, profile: Profile, today: date) -> list[Gate]:
    """Return the gates that stand on the client alone."""
    return [
        investor_gate(client, profile, today),
        knowledge_gate(client, profile, today),
        margin_client_gate(client, profile),
    ]


def gates(
    client: ClientRecord | None, instrument: Instrument, today: date, profile: Profile
) -> list[Denial]:
    """Return what keeps this client from adding risk in this instrument."""
    if instrument.kind is not Kind.PERPETUAL:
        return []
    asked = [
        investor_gate(client, profile, today),
        knowledge_gate(client, profile, today),
        disclosure_gate(client, instrument, profile),
    ]
    closed = [gate.denial() for gate in asked if not gate.met]
    # Without a record there is one thing to do, and it is said once.
    return closed[:1] if client is None else closed


def investor_gate(client: ClientRecord | None, profile: Profile, today: date) -> Gate:
    """Say whether the client is known as a professional investor."""
    if profile.waived(INVESTOR):
        return Gate(rule=INVESTOR, met=True, said="No professional investor is asked for.")
    if client is None:
        said = "No client record: perpetuals are for professional investors, and nobody is known "
        return _closed(INVESTOR, f"{said}to be one.")
    investor = client.professional_investor
    if investor is None:
        said = "No evidence that the client is a professional investor (Cap. 571D)."
        return _closed(INVESTOR, said)
    last = last_day(investor, profile)
    for rule, said in faults(investor, profile, today):
        return _closed(rule, said, last)
    return _timed(INVESTOR, describe_evidence(investor), last, profile, today)


def knowledge_gate(client: ClientRecord | None, profile: Profile, today: date) -> Gate:
    """Say whether the client's knowledge of derivatives has been assessed."""
    if profile.waived(KNOWLEDGE):
        said = "No assessment of derivatives knowledge is asked for."
        return Gate(rule=KNOWLEDGE, met=True, said=said)
    found = None if client is None else client.derivatives_knowledge
    if found is None:
        return _closed(KNOWLEDGE, "No assessment of derivatives knowledge.")
    if found.expires < today:
        said = f"The knowledge assessment expired on {found.expires}."
        return _closed(KNOWLEDGE, said, found.expires)
    if found.as_of > today:
        said = f"The knowledge assessment is of {found.as_of}, a day to come."
        return _closed(KNOWLEDGE, said, found.expires)
    said = f"Derivatives knowledge assessed on {found.as_of}"
    return _timed(KNOWLEDGE, said, found.expires, profile, today)


def margin_client_gate(client: ClientRecord | None, profile: Profile) -> Gate:
    """Say whether the client may borrow against virtual assets."""
    if profile.waived(MARGIN_CLIENT):
        said = "No securities margin client is asked for."
        return Gate(rule=MARGIN_CLIENT, met=True, said=said)
    if client is None or not client.securities_margin_client:
        return _closed(MARGIN_CLIENT, "The client is not a securities margin client.")
    return Gate(rule=MARGIN_CLIENT, met=True, said="The client is a securities margin client.")


def disclosure_gate(client: ClientRecord | None, instrument: Instrument, profile: Profile) -> Gate:
    """Say whether the client has read the sheet of an instrument."""
    sheet = disclosure(instrument.id)
    if profile.waived(DISCLOSURE):
        return Gate(rule=DISCLOSURE, met=True, said="No disclosure sheet is asked for.")
    if client is None or sheet not in client.disclosures:
        said = f"The disclosure sheet {sheet} is not acknowledged: read it (disclosure "
        return _closed(DISCLOSURE, f"{said}{instrument.id}), then acknowledge {sheet}.")
    said = f"The disclosure sheet {sheet} is acknowledged."
    return Gate(rule=DISCLOSURE, met=True, said=said)


def _closed(rule: str, said: str, expires: date | None = None) -> Gate:
    return Gate(rule=rule, met=False, said=said, expires=expires)


def _timed(rule: str, said: str, last: date, profile: Profile, today: date) -> Gate:
    left = (last - today).days
    warns = left <= profile.number(INVESTOR, "warn_days")
    days = "1 day" if left == 1 else f"{left} days"
    ends = f"expires on {last}, in {days}" if warns else f"expires on {last}"
    return Gate(rule=rule, met=True, said=f"{said}; {ends}.", expires=last, warns=warns)
