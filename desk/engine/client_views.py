"""The client as screen and console show him: every gate, and what was acknowledged."""

from __future__ import annotations

from desk.engine.desk import Desk
from desk.engine.risk_snapshot import ClientView, GateView
from desk.risk.gates import client_gates


def client_view(desk: Desk) -> ClientView:
    """Return the client's gates as they stand today; without a record all are closed."""
    record, profile = desk.client, desk.rules.profile
    return ClientView(
        name="" if record is None else record.name,
        sample=record is not None and not desk.state.client_set,
        gates=[
            GateView(
                rule=gate.rule,
                met=gate.met,
                said=gate.said,
                origin="HOUSE" if (rule := profile.get(gate.rule)) is None else rule.origin,
                expires=None if gate.expires is None else gate.expires.isoformat(),
            )
            for gate in client_gates(record, profile, desk.today)
        ],
        disclosures=[] if record is None else sorted(record.disclosures),
    )
