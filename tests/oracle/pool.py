"""What a perpetual account holds, must hold, and could lose: sums over its positions."""

from fractions import Fraction as F

from oracle.document import COLLAR, DEFAULT_LEVERAGE, Held
from oracle.requirement import initial, initial_rate, maintenance, notional, pnl, wallet


def counted(quantity, slices):
    """How much of a holding counts, unit of quantity by unit of quantity."""
    total, start = F(0), F(0)
    for up_to, rate in slices:
        end = quantity if up_to is None else min(up_to, quantity)
        if end > start:
            total += (end - start) * (1 - rate)
            start = end
    return total


def asset_value(pool, asset):
    """What a balance counts as collateral, in the settle asset."""
    quantity, price = pool.balances[asset], pool.prices[asset]
    amount = quantity if quantity < 0 else counted(quantity, pool.haircuts.get(asset, ()))
    return amount * price if amount else F(0)


def rate(pool, held):
    """What a position's settle asset is worth in the pool's."""
    return pool.prices[held.terms.settle]


def cross(pool):
    """Open cross positions."""
    return [held for held in pool.positions if held.quantity and not held.isolated]


def unknown(pool):
    """What cannot be known for want of a price, a mark, a table or a leverage."""
    missing = [
        asset for asset, held in pool.balances.items() if held and pool.prices[asset] is None
    ]
    if pool.unit is None:
        missing.append(pool.settle)
    for held in pool.positions:
        missing += _unknown_of(pool, held)
    for order in pool.orders:
        if not order.reduce_only and order_margin(pool, order.terms.id) is None:
            missing.append(order.terms.id)
    return missing


def _unknown_of(pool, held):
    figures = [wallet(held)] if held.isolated else []
    if held.quantity and held.mark is None:
        figures.append(None)
    elif held.quantity:
        figures += [rate(pool, held), maintenance(held, held.mark), initial(held, held.mark)]
    return [held.terms.id] if None in figures else []


def collateral(pool):
    assets = sum((asset_value(pool, asset) for asset in pool.balances), F(0))
    return assets + sum((pnl(held, held.mark) * rate(pool, held) for held in cross(pool)), F(0))


def equity(pool):
    total = sum((n * pool.prices[asset] for asset, n in pool.balances.items() if n), F(0))
    for held in pool.positions:
        if held.quantity:
            total += pnl(held, held.mark) * rate(pool, held)
        if held.isolated:
            total += wallet(held) * rate(pool, held)
    return total


def pool_maintenance(pool):
    return sum((maintenance(held, held.mark) * rate(pool, held) for held in cross(pool)), F(0))


def pool_initial(pool):
    return sum((initial(held, held.mark) * rate(pool, held) for held in cross(pool)), F(0))


def reserved(pool):
    """Order margin of the account, over its instruments."""
    names = dict.fromkeys(order.terms.id for order in pool.orders if not order.reduce_only)
    return sum((order_margin(pool, name) for name in names), F(0))


def order_margin(pool, name):
    """What the dearer of all buys and all sells opens, and the opening loss; None is unknown."""
    orders = [o for o in pool.orders if o.terms.id == name and not o.reduce_only]
    held = next((h for h in pool.positions if h.terms.id == name), None)
    mark = pool.marks.get(name)
    unit = pool.prices[orders[0].terms.settle]
    if mark is None or unit is None:
        return None
    if held is None:
        held = _flat(orders[0].terms, mark)
    priced = [(o, mark * (1 + o.side * COLLAR) if o.price is None else o.price) for o in orders]
    loss = sum((_opening_loss(o, price, mark) for o, price in priced), F(0))
    sides = [_side_margin(held, mark, priced, side) for side in (1, -1)]
    return None if None in sides else (loss + max(sides)) * unit


def _flat(terms, mark):
    return Held(
        terms=terms, quantity=F(0), entry=mark, mark=mark, leverage=DEFAULT_LEVERAGE,
        isolated=False, margin=None, extra=F(0), rate=None, amount=F(0),
    )  # fmt: skip


def _opening_loss(order, price, mark):
    size = order.quantity * order.terms.size
    if order.terms.inverse:
        return max(F(0), order.side * (size / mark - size / price))
    return max(F(0), order.side * (price - mark)) * size


def _side_margin(held, mark, priced, side):
    """What fills on one side would add beyond the position as it is, the dearest units first."""
    ours = [(o, price) for o, price in priced if o.side == side]
    after = held.quantity + side * sum((o.quantity for o, _ in ours), F(0))
    left = abs(after) - abs(held.quantity)
    if left <= 0:
        return F(0)
    opening_rate = initial_rate(held, mark, after)
    worth = F(0)
    for order, price in sorted(ours, key=lambda one: -notional(held, one[1], F(1))):
        taken = min(left, order.quantity)
        worth += notional(held, price, taken)
        left -= taken
    return None if opening_rate is None else worth * opening_rate


def ratio(requirement, backing):
    return requirement / backing if backing > 0 else None


def level(requirement, backing, opened=F(0)):
    """NORMAL to CLOSE_OUT as 0 to 3, of maintenance and initial margin against collateral."""
    if backing <= 0:
        return 3 if requirement > 0 else 0
    used, needed = opened / backing, requirement / backing
    if needed >= 1:
        return 3
    if needed >= F(8, 10) or used >= 1:
        return 2
    return 1 if needed >= F(1, 2) or used >= F(8, 10) else 0
