"""A document's figures beside what the oracle makes of it, one by one.

Every figure of the report must be the oracle's fraction after rounding it to 20 significant digits,
as the report does; what is a sum or a product, so that it has an end, must be it exactly. One tick
on the safe side of a liquidation price must not be liquidated and one tick beyond must be: by the
oracle.
"""

from dataclasses import dataclass, field
from fractions import Fraction as F

from oracle import document, liquidation, loan, pool, requirement
from oracle.curve import EVERYWHERE
from oracle.digits import exact_digits, rounded

from desk.margin.rounding import KEPT_DIGITS
from desk.risk.evaluation import evaluate, quality
from desk.risk.report import account_row

LEVELS = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")


@dataclass
class Compared:
    """What differed, how much was compared, and what kinds of document were seen."""

    differences: list = field(default_factory=list)
    figures: int = 0
    exact: int = 0
    edges: int = 0
    seen: set = field(default_factory=set)

    def written(self, where, found, expected):
        """Compare a figure of the report."""
        self.figures += 1
        right = expected if expected is None else rounded(expected)
        if (None if found is None else F(found)) != right:
            self.differences.append((where, found, None if right is None else float(right)))

    def distance(self, where, found, expected):
        """Compare a distance: of an edge that all but is the mark, to what prices are kept to.

        Both are kept to 40 digits, so that their difference has no 20 right ones below 1e-17.
        """
        if found is None or expected is None or abs(expected) >= F(1, 10**17):
            self.written(where, found, expected)
            return
        self.figures += 1
        same_side = (F(found) > 0) == (expected > 0)
        if not same_side or abs(F(found) - expected) > F(1, 10**37):
            self.differences.append((where, found, float(expected)))

    def kept(self, where, found, expected):
        """Compare a sum or product as the desk keeps it."""
        if exact_digits(expected, KEPT_DIGITS):
            self.exact += 1
            self.equal(where, F(found), expected)

    def equal(self, where, found, expected):
        self.figures += 1
        if found != expected:
            self.differences.append((where, found, expected))


def compare(text, situation, result):
    """Compare every account of a document."""
    tree = document.read(text)
    evaluation = evaluate(situation)
    rows = {
        account.id: account_row(evaluation, account) for account in situation.portfolio.accounts
    }
    for one in document.pools(tree):
        if pool.unknown(one):
            _unknown(one.id, evaluation, result)
        else:
            _pool(one, rows[one.id], result)
            _kept(one, evaluation.perpetual[one.id], result)
    for name, one in loan.loans(tree).items():
        if one is None:
            _unknown(name, evaluation, result)
        else:
            _loan(one, rows[name], f"{name}.", result)


def _unknown(name, evaluation, result):
    result.seen.add("unknown")
    result.equal(f"{name}.quality", quality(evaluation), "UNKNOWN")


# --- perpetual accounts --------------------------------------------------------------------------


def _pool(one, row, result):
    backing, need = pool.collateral(one), pool.pool_maintenance(one)
    opened, reserved = pool.pool_initial(one), pool.reserved(one)
    money = {
        "equity": pool.equity(one),
        "collateral_value": backing,
        "maintenance_margin": need,
        "initial_margin": opened,
        "order_margin": reserved,
        "available_margin": backing - opened - reserved,
    }
    for name, expected in money.items():
        result.written(f"{one.id}.{name}", row[name], expected * one.unit)
    ratios = {
        "margin_utilization": pool.ratio(opened + reserved, backing),
        "margin_ratio": pool.ratio(need, backing),
    }
    for name, expected in ratios.items():
        result.written(f"{one.id}.{name}", row[name], expected)
    _moves(one, row, result)
    levels = [pool.level(need, backing, opened)]
    for held, found in zip(one.positions, row["positions"], strict=True):
        levels.append(_position(one, held, found, f"{one.id}.{held.terms.id}.", result))
    result.equal(f"{one.id}.level", row["level"], LEVELS[max(levels)])
    result.seen |= {LEVELS[max(levels)], "orders" if reserved else "no orders"}


def _kept(one, figures, result):
    if _divides(one):
        return
    result.kept(f"{one.id} equity", figures.equity, pool.equity(one))
    result.kept(f"{one.id} collateral", figures.collateral_value, pool.collateral(one))
    result.kept(f"{one.id} maintenance", figures.maintenance_margin, pool.pool_maintenance(one))
    for held, found in zip(one.positions, figures.positions, strict=True):
        if held.mark is not None:
            worth = requirement.notional(held, held.mark)
            result.kept(f"{held.terms.id} notional", found.notional, worth)
            gain = requirement.pnl(held, held.mark)
            result.kept(f"{held.terms.id} P&L", found.unrealized_pnl, gain)


def _divides(one):
    """Whether anything in an account is a quotient from the start."""
    given = [price for price in one.prices.values() if price is not None]
    for held in one.positions:
        given += [row.rate for row in held.terms.tiers]
        if held.terms.inverse or held.isolated or held.terms.model == "bybit-2026":
            return True
    return not all(exact_digits(number, KEPT_DIGITS) for number in given)


def _moves(one, row, result):
    moves = liquidation.common_moves(one)
    if moves is EVERYWHERE:
        result.seen.add("move everywhere")
        return
    down, up = moves
    result.written(f"{one.id}.move down", row["common_move_to_close_out"], down)
    result.written(f"{one.id}.move up", row["common_move_to_close_out_up"], up)
    result.seen |= {f"move down {down is not None}", f"move up {up is not None}"}


def _position(one, held, row, where, result):
    if held.mark is None:
        return 0
    worth, gain = requirement.notional(held, held.mark), requirement.pnl(held, held.mark)
    need = requirement.maintenance(held, held.mark)
    broke = liquidation.bankruptcy(held) if held.isolated and held.quantity else None
    expected = {
        "notional": worth,
        "unrealized_pnl": gain,
        "initial_margin": requirement.initial(held, held.mark),
        "maintenance_margin": need,
        "bankruptcy_price": broke,
    }
    level = 0
    if held.isolated:
        wallet = requirement.wallet(held)
        level = pool.level(need, wallet + gain)
        expected |= {"isolated_wallet": wallet, "margin_ratio": pool.ratio(need, wallet + gain)}
        result.equal(where + "level", row["level"], LEVELS[level])
    for name, figure in expected.items():
        result.written(where + name, row[name], figure)
    result.seen |= {held.terms.model, "isolated" if held.isolated else "cross"}
    if held.quantity:
        _edges(one, held, row, where, result)
    return level


def _edges(one, held, row, where, result):
    edges = liquidation.liquidation_prices(one, held)
    if edges is EVERYWHERE:
        result.seen.add("liquidated everywhere or nowhere")
        return
    lower, upper = (*edges, None, None)[:2]
    away = liquidation.distance(one, held, edges)
    result.seen |= {f"{len(edges)} edges", f"through {(away or 1) < 0}"}
    result.written(where + "liquidation_price", row["liquidation_price"], lower)
    result.written(where + "liquidation_price_upper", row["liquidation_price_upper"], upper)
    result.distance(where + "liquidation_distance", row["liquidation_distance"], away)
    for name in ("liquidation_price", "liquidation_price_upper"):
        if row[name] is not None:
            _one_tick(one, held, F(row[name]), where + name, result)


def _one_tick(one, held, price, where, result):
    """One tick on one side there is something left over, one tick on the other there is not."""
    tick = held.terms.tick
    if price <= tick:
        return
    result.edges += 1
    left_over = {liquidation.surplus_at(one, held, price + step * tick) > 0 for step in (1, -1)}
    result.equal(where + " one tick", left_over, {True, False})


# --- margin loans --------------------------------------------------------------------------------


def _loan(one, row, where, result):
    value, counts = loan.market_value(one), loan.margin_value(one)
    expected = {
        "market_value": value,
        "margin_value": counts,
        "loan": one.owed,
        "excess": counts - one.owed,
        "utilization": pool.ratio(one.owed, counts),
        "loan_to_value": pool.ratio(one.owed, value),
        "price_fall_to_margin_call": loan.fall_to(one, loan.CALL),
        "price_fall_to_close_out": loan.fall_to(one, loan.CLOSE_OUT),
        "price_fall_to_shortfall": loan.fall_to_shortfall(one),
    }
    for name, figure in expected.items():
        result.written(where + name, row[name], figure)
    result.equal(where + "level", row["level"], LEVELS[loan.level(one)])
    result.seen.add(f"loan {LEVELS[loan.level(one)]}")
