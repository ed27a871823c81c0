"""What is watched as the portfolio document it would be now: for stress, rehearsal, cures."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from desk.engine.desk import HONG_KONG, Desk
from desk.engine.watched import Watched
from desk.market.reference import UNDERLYINGS
from desk.risk.situation import Situation


def watched_situation(desk: Desk) -> Situation | None:
    """Return all that is watched as a document of this moment; None when nothing is."""
    if not desk.state.imported or not desk.state.imported.accounts:
        return None
    watched = desk.watched
    now = datetime.fromtimestamp(desk.wall_ms / 1000, UTC).astimezone(HONG_KONG)
    given = watched.situation
    marks = {name: m for name in given.instruments if (m := watched.mark(name)) is not None}
    ages = {name: watched.mark_age_ms(name) for name in marks}
    portfolio = msgspec.structs.replace(
        watched.portfolio,
        as_of=now.isoformat(),
        prices=_prices(watched),
        marks=marks,
        ages_ms={name: None if age is None else Decimal(age) for name, age in ages.items()},
        profile=desk.rules.name,
        client=desk.client,
    )
    return msgspec.structs.replace(
        given,
        portfolio=portfolio,
        accounts={name: watched.account_input(name) for name in given.accounts},
    )


def _prices(watched: Watched) -> dict[str, Decimal]:
    """Return what each asset is worth now in the document's currency; unknown ones are left out.

    A Hong Kong dollar whose rate nobody has entered is taken where more is owed.
    """
    portfolio = watched.portfolio
    assets = {*portfolio.prices, *UNDERLYINGS, *watched.assets}
    return {
        asset: price
        for asset in sorted(assets)
        if (price := watched.price(asset, portfolio.currency, owed=True)) is not None
    }
