"""Random portfolio documents: ordinary, extreme and degenerate, from a seed.

Every instrument is given in full, so nothing depends on what ships. A share of the numbers lies
exactly on an edge: where a tier begins, where a level begins, at a balance of nothing.
"""

import json
from decimal import Decimal

from oracle import loan, pool
from oracle.document import F, pools, read
from oracle.random_instruments import VENUES, Instruments, rounded, text

SLICE_ENDS = ("0.5", "1", "5", "20", "100", "1000")
SLICE_RATES = ("0", "0.025", "0.1", "0.5")


class RandomPortfolios:
    """One document after another."""

    def __init__(self, dice, models=tuple(VENUES)):
        self.dice = dice
        self.models = models

    def chance(self, share):
        return self.dice.random() < share

    def document(self):
        """Return the text of a document."""
        dice = self.dice
        self.instruments = Instruments(dice)
        self.scale = 10 ** dice.uniform(-4, 6) if self.chance(0.1) else 1
        kinds = dice.choices((self.perpetual, self.coin_margined, self.financing), (6, 2, 2), k=1)
        if self.chance(0.15):
            kinds.append(self.financing)
        accounts = [make(f"account-{n}") for n, make in enumerate(kinds, 1)]
        made = {
            "schema": "desk.portfolio/1", "as_of": "2026-11-22T00:00:00Z", "currency": "USD",
            "prices": self.prices(), "marks": self.instruments.marks,
            "instruments": self.instruments.rows, "accounts": accounts,
        }  # fmt: skip
        if self.chance(0.05):
            self.in_hong_kong_dollars(made)
        if self.chance(0.1):
            on_an_edge(made, dice)
        if self.chance(0.03):
            self.take_something_away(made)
        return json.dumps(made)

    def prices(self):
        known = {coin: text(price) for coin, price in self.instruments.spot.items()}
        known |= {"USDT": "1", "USDC": "1", "HKD": "0.1285", "USD": "1"}
        if self.chance(0.2):
            known |= {"USDT": self.dice.choice(("0.9993", "1.0004")), "USDC": "0.9998"}
        return known

    def in_hong_kong_dollars(self, made):
        per_dollar = Decimal("7.7821")
        prices = {asset: text(Decimal(p) * per_dollar) for asset, p in made["prices"].items()}
        made |= {"currency": "HKD", "prices": prices | {"HKD": "1"}}

    def take_something_away(self, made):
        """A mark, a price or a table that nobody gave: the figures become unknown."""
        what = [(made["marks"], name) for name in made["marks"]]
        what += [(made["prices"], asset) for asset in ("BTC", "ETH", "USDT", "HKD")]
        what += [(row["margin"], "tiers") for row in made["instruments"].values()]
        where, name = self.dice.choice(what)
        if name in where and name != made["currency"]:
            del where[name]

    # --- perpetual accounts --------------------------------------------------------------------

    def perpetual(self, name):
        dice, model = self.dice, self.dice.choice(self.models)
        settles = ("USDT",)
        if model == "binance" and self.chance(0.25):
            settles = ("USDT", "USDC")
        count = dice.choices(range(9), (2, 30, 25, 15, 10, 8, 5, 3, 2))[0]
        named = [self.instruments.make(model, n, dice.choice(settles)) for n in range(count)]
        account, gross = self.account(name, model, named)
        account["balances"] = [{"asset": "USDT", "quantity": self.balance(gross, 2)}]
        account["haircuts"] = self.haircuts(settles)
        for asset in ("USDC", "BTC", "ETH"):
            if self.chance(0.35):
                price = self.instruments.spot.get(asset, Decimal(1))
                amount = rounded(gross * Decimal(dice.uniform(-0.05, 0.6)) / price, 4)
                account["balances"].append({"asset": asset, "quantity": text(amount)})
        return account

    def coin_margined(self, name):
        dice, model = self.dice, self.dice.choice(self.models)
        coin = dice.choice(("BTC", "ETH"))
        count = dice.choices((1, 2, 3), (70, 20, 10))[0]
        named = [self.instruments.make(model, n, coin, inverse=True) for n in range(count)]
        account, gross = self.account(name, model, named)
        coins = self.balance(gross / self.instruments.spot[coin], 8)
        account["balances"] = [{"asset": coin, "quantity": coins}]
        if self.chance(0.2):
            held = rounded(gross * Decimal(dice.uniform(-0.1, 0.8)), 2)
            account["balances"].append({"asset": "USDT", "quantity": text(held)})
            account["haircuts"] = {"USDT": "0.001"}
        return account

    def account(self, name, model, named):
        """An account without balances, and what its positions are worth."""
        positions = [self.position(one) for one in named]
        orders = [self.order(p) for p in positions for _ in range(self.few())]
        if len(positions) > 1 and self.chance(0.1):
            positions.pop()  # its orders stay
        worth = self.instruments.worth
        gross = [abs(Decimal(p["quantity"])) * worth(p["instrument"]) for p in positions]
        account = {
            "id": name, "kind": "perpetual", "venue": VENUES[model],
            "margin_mode": self.dice.choice(("cross", "cross", "cross", "isolated")),
            "positions": positions, "orders": orders,
        }  # fmt: skip
        return account, sum(gross, Decimal(0)) or Decimal(1000)

    def few(self):
        return self.dice.choices((0, 1, 2, 3), (70, 15, 10, 5))[0]

    def balance(self, gross, places):
        if self.chance(0.05):
            return "0"
        share = Decimal(10 ** self.dice.uniform(-2.5, 0.5))
        if self.chance(0.07):
            share = -share / 5
        return text(rounded(gross * share, places))

    def haircuts(self, settles):
        dice, found = self.dice, {}
        if len(settles) > 1 or self.chance(0.1):
            found["USDC"] = dice.choice(("0", "0.0001", "0.01"))
        if self.chance(0.1):
            found["USDT"] = "0.0001"
        if self.chance(0.7):
            found["BTC"] = dice.choice(("0", "0.05", self.slices(), self.slices()))
        if self.chance(0.5):
            found["ETH"] = dice.choice(("0.05", "1", self.slices()))
        return found

    def slices(self):
        ends = sorted(self.dice.sample(SLICE_ENDS, k=3), key=Decimal)
        rows = [{"up_to": e, "rate": r} for e, r in zip(ends, SLICE_RATES, strict=False)]
        if self.chance(0.8):
            rows.append({"up_to": None, "rate": SLICE_RATES[-1]})
        return rows

    # --- positions and orders ------------------------------------------------------------------

    def position(self, name):
        dice = self.dice
        places = 0 if self.instruments.is_inverse(name) else dice.choice((3, 3, 8))
        wanted = Decimal(10 ** dice.uniform(2, 7.5) * self.scale)
        quantity = rounded(wanted / self.instruments.worth(name), places)
        if self.chance(0.15):
            quantity = self.instruments.at_a_tier(name) or quantity
        quantity = Decimal(0) if self.chance(0.04) else quantity * dice.choice((1, -1))
        share = dice.choice((1, 1, dice.uniform(0.6, 1.5), 10 ** dice.uniform(-1, 1)))
        entry = rounded(Decimal(self.instruments.marks[name]) * Decimal(share), 2)
        held = {"instrument": name, "quantity": text(quantity), "entry_price": text(entry)}
        leverage = dice.choice((None, "1", "2", "3", "5", "7", "20", "25", "50", "100"))
        if leverage is not None:
            held["leverage"] = leverage
        if self.chance(0.3):
            held["margin_mode"] = dice.choice(("cross", "isolated"))
        return held | self.own_margin(name, quantity)

    def own_margin(self, name, quantity):
        """A wallet or a rate that the venue itself reports."""
        dice, found = self.dice, {}
        if self.chance(0.15):
            margin = (
                abs(quantity) * self.instruments.worth(name) * Decimal(dice.uniform(0.005, 0.5))
            )
            if self.instruments.is_inverse(name):
                margin /= Decimal(self.instruments.marks[name])
            found["isolated_margin"] = text(rounded(margin, 6))
        elif self.chance(0.15):
            found["extra_margin"] = text(rounded(dice.uniform(-1, 50) * self.scale, 4))
        if self.chance(0.05):
            found |= {"maintenance_rate": "0.0123", "maintenance_amount": "1.5"}
        return found

    def order(self, position):
        dice, name = self.dice, position["instrument"]
        smallest = Decimal(1 if self.instruments.is_inverse(name) else "0.001")
        held = abs(Decimal(position["quantity"])) or smallest
        share = Decimal(dice.choice((1, 2, 0.5, dice.uniform(0.01, 3))))
        price = Decimal(self.instruments.marks[name]) * Decimal(dice.uniform(0.9, 1.1))
        order = {
            "instrument": name, "side": dice.choice(("BUY", "SELL")), "type": "LIMIT",
            "quantity": text(max(smallest, rounded(held * share / smallest, 0) * smallest)),
            "price": text(rounded(price, 1)), "reduce_only": self.chance(0.2),
        }  # fmt: skip
        return order | {"type": "MARKET", "price": None} if self.chance(0.2) else order

    # --- margin loans --------------------------------------------------------------------------

    def financing(self, name):
        dice, pledged = self.dice, []
        for coin, most, share in (("BTC", 100, 0.75), ("ETH", 2000, 0.75), ("SOL", 10_000, 0.1)):
            if self.chance(share):
                pledged.append(self.coins(coin, most))
            if self.chance(0.03):
                pledged.append(self.coins(coin, most))
        pledged += [self.securities(what) for what in ("chips", "bonds") if self.chance(0.6)]
        if self.chance(0.2):
            pledged.append({"asset": "HKD", "quantity": text(rounded(dice.uniform(0, 10**7), 2))})
        owed = [self.loan() for _ in range(dice.choices((0, 1, 2), (5, 75, 20))[0])]
        return {
            "id": name, "kind": "financing", "lender": "broker", "execution": "paper",
            "collateral": pledged, "loans": owed,
        }  # fmt: skip

    def coins(self, coin, most):
        row = {"asset": coin, "quantity": text(rounded(self.dice.uniform(0, most), 4))}
        if self.chance(0.3):
            row["haircut"] = self.dice.choice(("0.3", "0.6", "0.65", "1"))
        return row

    def securities(self, what):
        worth = 10 ** self.dice.uniform(4, 7.5)
        return {
            "description": what, "currency": self.dice.choice(("HKD", "USD")),
            "market_value": text(rounded(worth, 2)), "haircut": self.dice.choice(("0", "0.3", "1")),
        }  # fmt: skip

    def loan(self):
        principal = 0 if self.chance(0.1) else 10 ** self.dice.uniform(3, 7)
        return {
            "asset": self.dice.choice(("HKD", "USD")), "annual_rate": "0.08",
            "principal": text(rounded(principal, 2)),
            "accrued_interest": text(rounded(self.dice.uniform(0, 5000), 2)),
        }  # fmt: skip


# --- exactly where a level begins ----------------------------------------------------------------


def on_an_edge(made, dice):
    """Put an account exactly where a level begins, if plain numbers can say so."""
    tree = read(json.dumps(made))
    first = made["accounts"][0]
    if first["kind"] == "financing":
        counts = loan.margin_value(loan.loans(tree)[first["id"]])
        owed = _plain(counts * F(dice.choice(("0.8", "1", "1.25"))))
        if owed is not None:
            asset = made["currency"]
            first["loans"] = [{"asset": asset, "principal": owed, "accrued_interest": "0"}]
        return
    one = pools(tree)[0]
    if one.settle != "USDT" or "USDT" in first.get("haircuts", {}) or pool.unknown(one):
        return
    need = dice.choice((pool.pool_maintenance(one) / F(dice.choice(("0.5", "0.8", "1"))),
                        pool.pool_initial(one) / F(dice.choice(("0.8", "1")))))  # fmt: skip
    lacking = need - pool.collateral(one)
    row = first["balances"][0]
    balance = F(row["quantity"]) + lacking
    if balance >= 0 and F(row["quantity"]) >= 0:
        row["quantity"] = _plain(balance) or row["quantity"]


def _plain(value):
    """Write a fraction as a decimal; None when it has none of a sensible length."""
    scaled = value * 10**18
    if scaled.denominator != 1 or abs(scaled.numerator) >= 10**36:
        return None
    return text(Decimal(scaled.numerator).scaleb(-18, None) if scaled else Decimal(0))
