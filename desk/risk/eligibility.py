"""May this account trade this instrument at all: permission, client, contract, level."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from desk.model.events import Denial
from desk.model.instrument import Kind
from desk.risk.context import OrderContext
from desk.risk.denial import deny, hint
from desk.risk.gates import gates

EVERYTHING = "*"


def permission(context: OrderContext) -> Denial | None:
    """The trader may trade this instrument: the desk is connected to it and the house permits."""
    permitted = context.profile.words("ord.permission")
    if context.permitted and {EVERYTHING, context.instrument.id} & {*permitted}:
        return None
    return deny(
        "PERMISSION", "ord.permission", f"{context.instrument.id} is not permitted on this desk."
    )


def client(context: OrderContext) -> Iterable[Denial]:
    """The client may add risk in this instrument."""
    return gates(context.client, context.instrument, context.today, context.profile)


def level(context: OrderContext) -> Denial | None:
    """An account in call or close-out takes no new risk."""
    what = {
        "MARGIN_CALL": "is in margin call: no new risk until it is cured",
        "CLOSE_OUT": "is in close-out: no new risk until it is cured",
        "UNKNOWN": "has figures that are unknown: no new risk until they are known",
    }.get(context.level)
    if what is None:
        return None
    return deny(
        f"LEVEL_{context.level}",
        "vaf.stop_advances",
        f"{context.order.account} {what}.{hint(context)}",
    )


def reference(context: OrderContext) -> Denial | None:
    """A perpetual refers to an asset that retail clients may trade on the spot market."""
    terms = context.instrument
    eligible = context.profile.words("perp.ref_eligible")
    if terms.kind is not Kind.PERPETUAL or terms.base in eligible:
        return None
    return deny(
        "REF_NOT_ELIGIBLE",
        "perp.ref_eligible",
        f"{terms.id} refers to {terms.base}; eligible are {', '.join(eligible) or 'none'}.",
    )


def convergence(context: OrderContext) -> Denial | None:
    """A perpetual is brought back to its reference at least daily; live, a gap denies too."""
    around = context.around
    if context.instrument.kind is not Kind.PERPETUAL or around is None:
        return None
    hours, limit = around.funding_interval_h, context.profile.number("perp.convergence")
    if hours is None:
        said = f"How often {context.instrument.id} is funded is unknown."
        return deny("CONVERGENCE", "perp.convergence", said, limit=limit) if around.live else None
    if hours <= limit:
        return None
    return deny(
        "CONVERGENCE",
        "perp.convergence",
        f"{context.instrument.id} is funded every {hours} h; at least every {limit:f} h is asked "
        "for.",
        limit=limit,
        actual=Decimal(hours),
    )
