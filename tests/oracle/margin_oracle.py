"""A second, slow, plain calculation of margin, over exact fractions.

It shares nothing with the desk: it knows accounts as plain dictionaries, evaluates a surplus
(collateral − maintenance) as a black box at any price, finds every point where that function can
bend by crossing every pair of tier lines, and draws straight lines between them. Nothing here
relies on tiers being convex, on there being at most two edges, or on where to start.

An account: {"settle", "balances": {asset: n}, "haircuts": {asset: [(up_to or None, rate)]},
"prices": {asset: n}, "positions": [...], "orders": [...]}. A position: {"id", "base", "inverse",
"size" (contract size), "quantity", "entry", "mark", "leverage" or None, "tiers": [(floor, cap or
None, rate, amount, max leverage)], "isolated": bool, "wallet" or None}. An order: {"id", "side"
(1 or -1), "quantity", "price", "reduce_only"}.
"""

from fractions import Fraction as F
from functools import cache
from itertools import combinations, pairwise, permutations

COINS = {"BTC", "ETH"}


def notional(position, price, quantity=None):
    size = abs(F(position["quantity"] if quantity is None else quantity)) * F(position["size"])
    return size / price if position["inverse"] else size * price


def pnl(position, price):
    size = F(position["quantity"]) * F(position["size"])
    entry = F(position["entry"])
    return size / entry - size / price if position["inverse"] else size * (price - entry)


def maintenance(position, price):
    """The largest of every line, and 0."""
    worth = notional(position, price)
    return max(F(0), *(worth * F(rate) - F(amount) for _, _, rate, amount, _ in position["tiers"]))


def tier(position, worth):
    for row in position["tiers"]:
        if F(row[0]) <= worth and (row[1] is None or worth < F(row[1])):
            return row
    return position["tiers"][-1]


def initial(position, price, worth=None):
    worth = notional(position, price) if worth is None else worth
    rate = 1 / F(tier(position, worth)[4])
    if position["leverage"] is not None:
        rate = max(rate, 1 / F(position["leverage"]))
    return worth * rate


def wallet(position):
    if position["wallet"] is not None:
        return F(position["wallet"])
    worth = notional(position, F(position["entry"]))
    leverage = position["leverage"] or tier(position, worth)[4]
    return worth / F(leverage)


def counted(quantity, slices):
    """What counts of a holding, unit of quantity by unit of quantity: integrate the haircut."""
    quantity = F(quantity)
    if quantity < 0:
        return quantity
    total, start = F(0), F(0)
    for up_to, rate in slices:
        end = quantity if up_to is None else F(up_to)
        if quantity <= start:
            break
        total += (min(end, quantity) - start) * (1 - F(rate))
        start = min(end, quantity)
    return total


def asset_value(account, asset, price=None):
    quantity = account["balances"].get(asset, 0)
    slices = account["haircuts"].get(asset)
    if slices is None:
        slices = [(None, 0)] if asset == account["settle"] else [(None, 1)]
    if price is None:
        price = F(1) if asset == account["settle"] else F(account["prices"][asset])
    return counted(quantity, slices) * price


def cross(account):
    return [p for p in account["positions"] if not p["isolated"]]


def collateral(account, marks=None, moved=None):
    """Collateral value at other marks and with assets moved by factors."""
    marks, moved = marks or {}, moved or {}
    total = sum((asset_value(account, a) * moved.get(a, 1) for a in account["balances"]), F(0))
    return total + sum((pnl(p, marks.get(p["id"], F(p["mark"]))) for p in cross(account)), F(0))


def pool_maintenance(account, marks=None):
    marks = marks or {}
    return sum((maintenance(p, marks.get(p["id"], F(p["mark"]))) for p in cross(account)), F(0))


def bends(position):
    """Every notional at which maintenance bends: where two lines cross above all others."""
    return _bends(tuple((F(rate), F(amount)) for _, _, rate, amount, _ in position["tiers"]))


@cache
def _bends(rows):
    lines = {(F(0), F(0)), *rows}
    found = set()
    for (rate, amount), (other_rate, other_amount) in combinations(lines, 2):
        if rate == other_rate:
            continue
        crossing = (other_amount - amount) / (other_rate - rate)
        if crossing > 0 and crossing * rate - amount == max(crossing * r - a for r, a in lines):
            found.add(crossing)
    return found


def roots(function, points):
    """Every root above 0 of a function that is a straight line between points, and after them."""
    points = sorted({F(0), *(p for p in points if p > 0)})
    # A straight piece is known by two inner points; 0 itself may not be allowed.
    found = set()
    for left, right in [*pairwise(points), (points[-1], None)]:
        width = F(1) if right is None else right - left
        a, b = left + width / 3, left + width * 2 / 3
        slope = (function(b) - function(a)) / (b - a)
        if not slope:
            continue
        root = a - function(a) / slope
        if root > 0 and left <= root and (right is None or root <= right):
            found.add(root)
    return sorted(found)


def liquidation_prices(account, position):
    """Every price of this position at which it, or its pool, stands exactly at maintenance."""
    size = abs(F(position["quantity"])) * F(position["size"])

    def price_at(worth):
        return size / worth if position["inverse"] else worth / size

    def surplus(worth):
        price = price_at(worth)
        if position["isolated"]:
            return wallet(position) + pnl(position, price) - maintenance(position, price)
        marks = {position["id"]: price}
        moved = {}
        if position["base"] != account["settle"]:
            moved[position["base"]] = price / F(position["mark"])
        return collateral(account, marks, moved) - pool_maintenance(account, marks)

    return sorted(price_at(root) for root in roots(surplus, bends(position)))


def common_moves(account):
    """Every joint relative move of BTC and ETH at which the pool stands at maintenance."""
    settle = account["settle"]

    def surplus(v):
        # v is the joint price factor; seen from a coin, everything else has moved by 1 / v.
        factor = 1 / v if settle in COINS else v
        own = factor if settle in COINS else F(1)
        marks, moved = {}, {}
        for p in cross(account):
            base = factor if p["base"] in COINS else F(1)
            quote = F(1) if p["inverse"] else own
            marks[p["id"]] = F(p["mark"]) * base / quote
        for asset in account["balances"]:
            moved[asset] = (factor if asset in COINS else F(1)) / own
        return collateral(account, marks, moved) - pool_maintenance(account, marks)

    points = set()
    for p in cross(account):
        now = notional(p, F(p["mark"]))
        if now:
            points |= {bend / now for bend in bends(p)}
    found = roots(surplus, points)
    return sorted((1 / v if settle in COINS else v) - 1 for v in found)


def order_margin(account, position, orders):
    """The dearer of all buys and all sells: try every order in which they could fill."""
    held, mark = F(position["quantity"]), F(position["mark"])
    counted_orders = [o for o in orders if not o["reduce_only"]]
    loss = F(0)
    for o in counted_orders:
        quantity, price = F(o["quantity"]) * o["side"], F(o["price"])
        moved = {**position, "quantity": quantity, "entry": price}
        loss += max(F(0), -pnl(moved, mark))
    worst = F(0)
    for side in (1, -1):
        ours = [o for o in counted_orders if o["side"] == side]
        after = held + side * sum((F(o["quantity"]) for o in ours), F(0))
        extra = abs(after) - abs(held)
        if extra <= 0:
            continue
        rate = initial(position, mark, notional(position, mark, after)) / notional(
            position, mark, after
        )
        for sequence in permutations(ours):
            left, worth = extra, F(0)
            for o in sequence:
                taken = min(left, F(o["quantity"]))
                worth += notional(position, F(o["price"]), taken)
                left -= taken
            worst = max(worst, worth * rate)
    return worst + loss


def loan_fall(pledges, loan, threshold, single_cap, group_cap):
    """The fall of virtual assets at which loan ≥ threshold × margin value, by halving.

    A pledge: (market value, haircut, is virtual). None: not even a fall to nothing.
    """

    def margin_value(fall):
        raw = [F(v) * ((1 - fall) if virtual else 1) * (1 - F(h)) for v, h, virtual in pledges]
        total = sum(raw, F(0))
        kept = [
            min(value, F(single_cap) * total) if virtual else value
            for value, (_, _, virtual) in zip(raw, pledges, strict=True)
        ]
        group = sum((k for k, (_, _, v) in zip(kept, pledges, strict=True) if v), F(0))
        rest = sum((k for k, (_, _, v) in zip(kept, pledges, strict=True) if not v), F(0))
        return rest + min(group, F(group_cap) * total)

    def reached(fall):
        return F(loan) >= F(threshold) * margin_value(fall)

    if reached(F(0)):
        return F(0)
    if not reached(F(1)):
        return None
    low, high = F(0), F(1)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
