"""Liquidation prices, bankruptcy prices and common moves, by exact breakpoint enumeration.

In the notional w of a position its P&L is a straight line and its requirement a line with bends
(deribit's coin-margined one a square), so what is left over is known piece by piece.
"""

from fractions import Fraction as F

from oracle.curve import EVERYWHERE, Curve, largest_of, roots, slope_at, total, value
from oracle.pool import asset_value, collateral, cross, pool_maintenance, rate
from oracle.requirement import (
    fee_to_close,
    gain,
    lines,
    maintenance,
    notional,
    pnl,
    wallet,
)

COINS = {"BTC", "ETH"}


def requirement_curve(held):
    """Maintenance over the notional of this position."""
    terms = held.terms
    if held.rate is None and terms.model == "deribit":
        if terms.inverse:
            return Curve((F(0), terms.base_rate, terms.slope))
        return Curve((F(0), terms.base_rate + terms.slope * held.size, F(0)))
    if terms.model == "bybit-2025":
        return Curve((maintenance(held, held.entry), F(0), F(0)))
    return total([largest_of(lines(held)), Curve((fee_to_close(held), F(0), F(0)))])


def pnl_line(held):
    """P&L over the notional: constant and slope."""
    return -gain(held) * notional(held, held.entry), F(gain(held))


def surplus(pool, held):
    """Collateral − maintenance over the notional of this position, everything else as it is.

    Collateral held in the base coin moves with it. Where that coin is the settle asset, everything
    else that is held moves against it.
    """
    constant, slope = pnl_line(held)
    need = requirement_curve(held)
    if held.isolated:
        constant += wallet(held)
        return total([Curve((constant, slope, F(0))), need.times(-1)])
    own = rate(pool, held)
    constant += (collateral(pool) - pool_maintenance(pool)) / own
    constant -= pnl(held, held.mark) - maintenance(held, held.mark)
    moving = sum((asset_value(pool, asset) for asset in _moving(pool, held)), F(0)) / own
    constant -= moving
    slope += moving / notional(held, held.mark)
    return total([Curve((constant, slope, F(0))), need.times(-1)])


def _moving(pool, held):
    if held.terms.base == pool.settle:
        return [asset for asset in pool.balances if asset != pool.settle]
    return [asset for asset in pool.balances if asset == held.terms.base]


def price_at(held, worth):
    return held.size / worth if held.terms.inverse else worth / held.size


def liquidation_prices(pool, held):
    """Every price at which this position, or its pool, stands exactly at maintenance."""
    found = roots(surplus(pool, held))
    return found if found is EVERYWHERE else sorted(price_at(held, w) for w in found)


def surplus_at(pool, held, price):
    """What is left over at a price of this position."""
    return value(surplus(pool, held), notional(held, price))


def distance(pool, held, edges):
    """The smaller of the distances to a lower and an upper edge, as a share of the mark."""
    if not edges or edges is EVERYWHERE:
        return None
    if len(edges) == 2:
        return min(held.mark - edges[0], edges[1] - held.mark) / held.mark
    safe_above = surplus_at(pool, held, edges[0] * 2) > 0
    return (held.mark - edges[0]) * (1 if safe_above else -1) / held.mark


def bankruptcy(held):
    """Where an isolated position's equity is 0; None where that is nowhere above 0."""
    constant, slope = pnl_line(held)
    worth = -(constant + wallet(held)) / slope
    return price_at(held, worth) if worth > 0 else None


def common_moves(pool):
    """The nearest joint relative moves of BTC and ETH to close-out, down and up.

    In t, the factor of everything that moves: the coins seen from money, all else seen from a coin.
    An edge that is just reached is on the side it guards.
    """
    if not cross(pool):
        return None, None
    found = roots(curve := _joint(pool))
    if found is EVERYWHERE:
        return found
    from_coin = pool.settle in COINS
    moves = sorted((1 / t if from_coin else t) - 1 for t in found)
    down = [x for x in moves if x < 0]
    up = [x for x in moves if x > 0]
    if F(0) in moves:
        guards_below = slope_at(curve, F(1)) * (-1 if from_coin else 1) > 0
        (down if guards_below else up).append(F(0))
    return max(down, default=None), min(up, default=None)


def _joint(pool):
    """Collateral − maintenance over t."""
    from_coin = pool.settle in COINS
    constant, slope, needs = F(0), F(0), []
    for asset in pool.balances:
        worth = asset_value(pool, asset)
        if (asset in COINS) != from_coin:
            slope += worth
        else:
            constant += worth
    for held in cross(pool):
        now, own = notional(held, held.mark), rate(pool, held)
        if _moves(held, from_coin):
            own_constant, own_slope = pnl_line(held)
            constant, slope = constant + own_constant * own, slope + own_slope * now * own
            needs.append(requirement_curve(held).scaled(now).times(-own))
        else:
            constant += (pnl(held, held.mark) - maintenance(held, held.mark)) * own
    return total([Curve((constant, slope, F(0))), *needs])


def _moves(held, from_coin):
    """Whether the mark moves: a linear contract quoted in a coin moves by base over quote."""
    if held.terms.inverse or not from_coin:
        return held.terms.base in COINS
    return held.terms.base not in COINS
