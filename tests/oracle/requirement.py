"""What one position is worth and what it must hold, model by model, at any price."""

from fractions import Fraction as F


def notional(held, price, quantity=None):
    size = held.size if quantity is None else abs(quantity) * held.terms.size
    return size / price if held.terms.inverse else size * price


def coins(held, price, quantity):
    """What a quantity is in the base coin."""
    if held.terms.inverse:
        return notional(held, price, quantity)
    return abs(quantity) * held.terms.size


def pnl(held, price):
    size = held.quantity * held.terms.size
    if held.terms.inverse:
        return size / held.entry - size / price
    return size * (price - held.entry)


def gain(held):
    """What value gains per unit of notional: a coin-margined long loses as its notional grows."""
    return -held.side if held.terms.inverse else held.side


def tier(terms, worth, quantity):
    """The row that holds a position: by contracts on okx, else by notional.

    Bybit and okx count their upper bound in, the others their lower one. Beyond the last bound the
    last row goes on, but for okx, whose rows jump: there nothing is known.
    """
    amount = abs(quantity) if terms.model == "okx" else worth
    inclusive = terms.model in {"okx", "bybit-2025", "bybit-2026"}
    for row in terms.tiers:
        if row.cap is None or amount < row.cap or (inclusive and amount == row.cap):
            return row
    return terms.tiers[-1] if terms.tiers and terms.model != "okx" else None


# --- maintenance ---------------------------------------------------------------------------------


def maintenance(held, price):
    """Maintenance margin at a price; None without a rate or a table."""
    if not held.quantity:
        return F(0)
    terms, worth = held.terms, notional(held, price)
    if held.rate is None and terms.model == "deribit":
        if terms.base_rate is None:
            return None
        return worth * (terms.base_rate + terms.slope * coins(held, price, held.quantity))
    rows = lines(held)
    if not rows:
        return None
    if terms.model == "bybit-2025":
        worth = notional(held, held.entry)
    return max(F(0), *(worth * rate - amount for rate, amount in rows)) + fee_to_close(held)


def lines(held):
    """Rate and amount of every row that maintenance is the largest of; okx has but one."""
    terms = held.terms
    fee = terms.fee if terms.model == "okx" else F(0)
    if held.rate is not None:
        return ((held.rate + fee, held.amount),)
    if terms.model == "okx":
        row = tier(terms, F(0), held.quantity)
        return () if row is None else ((row.rate + fee, F(0)),)
    return tuple((row.rate, row.amount) for row in terms.tiers)


# --- initial margin and wallet -------------------------------------------------------------------


def tier_rate(held, price, quantity):
    """The lowest initial rate that the venue allows at a size; None where nothing says."""
    terms = held.terms
    if terms.model == "deribit":
        if terms.max_leverage is None:
            return None
        return 1 / terms.max_leverage + terms.slope * coins(held, price, quantity)
    row = tier(terms, notional(held, price, quantity), quantity)
    return None if row is None else 1 / row.leverage


def initial_rate(held, price, quantity):
    """1 / leverage, or the tier's own rate where that is higher; None without both."""
    set_rate = () if held.leverage is None else (1 / held.leverage,)
    own = tier_rate(held, price, quantity)
    return max((*set_rate, *(() if own is None else (own,))), default=None)


def initial(held, price):
    """Initial margin at a price."""
    if not held.quantity:
        return F(0)
    rate = initial_rate(held, price, held.quantity)
    return None if rate is None else notional(held, price) * rate + fee_to_close(held)


def entry_rate(held):
    """1 / leverage of the wallet: as set, else the most that the tier at entry allows."""
    if held.leverage is not None:
        return 1 / held.leverage
    return tier_rate(held, held.entry, held.quantity)


def wallet(held):
    """The isolated wallet; None where nothing says what it is."""
    if held.margin is not None:
        return held.margin
    rate = entry_rate(held)
    if rate is None:
        return None
    worth = notional(held, held.entry)
    fee = F(0)
    if held.terms.model == "bybit-2026":
        fee = max(F(0), worth * (1 - gain(held) * rate)) * held.terms.fee
    return worth * rate + held.extra + fee


def fee_to_close(held):
    """Bybit 2026: the taker fee at the price where the margin covers the loss and that fee.

    Of a wallet W: W + g (V − E) = f V at the worth V = (E − g W) / (1 − g f). In a wallet of the
    venue's own making extra margin so comes to count divided by 1 ∓ f. A cross position has no
    wallet: entry worth × (1 ∓ 1 / leverage).
    """
    terms = held.terms
    if terms.model != "bybit-2026":
        return F(0)
    worth = notional(held, held.entry)
    if held.isolated:
        broke = (worth - gain(held) * wallet(held)) / (1 - gain(held) * terms.fee)
    else:
        broke = worth * (1 - gain(held) * entry_rate(held))
    return max(F(0), broke) * terms.fee
