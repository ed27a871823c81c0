"""The numbers of a rule profile as the pre-trade pipeline uses them."""

from __future__ import annotations

from desk.risk.context import Limits
from desk.risk.profile import Profile


def limits_of(profile: Profile) -> Limits:
    """Return the limits of a profile; one that is missing is 0, which refuses everything."""
    number = profile.number
    return Limits(
        collar_rate=number("ord.price_collar"),
        max_value_usd=profile.usd("ord.max_value"),
        instrument_limit_usd=profile.usd("perp.position_limit", "instrument"),
        account_limit_usd=profile.usd("perp.position_limit", "account"),
        max_leverage=number("perp.max_leverage"),
        max_open_orders=int(number("ord.max_messages", "open_orders")),
        divergence_rate=number("price.mark_sources", "divergence"),
        dispersion_rate=number("price.mark_sources", "dispersion"),
        mark_sources=int(number("price.mark_sources")),
        max_quantity={
            "BTC": number("ord.max_value", "max_btc"),
            "ETH": number("ord.max_value", "max_eth"),
        },
        allow_reduce_when_halted=profile.flag("kill.switch", "allow_reduce"),
    )
