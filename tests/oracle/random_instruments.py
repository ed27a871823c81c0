"""Random contracts with the margin tables of all seven models, and marks for them."""

from decimal import Context, Decimal

VENUES = {
    "binance": "BINANCE",
    "hyperliquid": "HYPERLIQUID",
    "house": "DESK",
    "okx": "OKX",
    "bybit-2025": "BYBIT",
    "bybit-2026": "BYBIT",
    "deribit": "DERIBIT",
}
SPOT_PRICES = {"BTC": (20_000, 130_000), "ETH": (800, 6_000), "SOL": (20, 400)}
TICKS = {"BTC": "0.1", "ETH": "0.01", "SOL": "0.001"}
RATES = (
    "0.004", "0.005", "0.0065", "0.01", "0.02", "0.025", "0.05", "0.1", "0.125", "0.15", "0.25", "1"
)  # fmt: skip
LEVERAGES = ("150", "125", "100", "75", "50", "25", "20", "10", "8", "5", "4", "2", "1")

WIDE = Context(prec=40)


def text(value):
    return f"{value:f}"


def rounded(value, places):
    return WIDE.quantize(Decimal(value), Decimal(1).scaleb(-places, WIDE))


class Instruments:
    """What a document says of instruments: rows, marks, and spot prices of their coins."""

    def __init__(self, dice):
        self.dice = dice
        self.rows, self.marks = {}, {}
        self.spot = {coin: rounded(dice.uniform(*span), 2) for coin, span in SPOT_PRICES.items()}

    def make(self, model, number, settle, *, inverse=False):
        """Add an instrument and its mark; return its name."""
        dice = self.dice
        base = settle if inverse else dice.choices(tuple(SPOT_PRICES), (5, 3, 1))[0]
        quote = "USD" if inverse else settle
        name = f"{base}{quote}{number}-PERP.{VENUES[model]}"
        sizes = ("1", "10", "100") if inverse else ("1", "1", "0.01", "0.1")
        self.rows[name] = {
            "kind": "perpetual", "contract": "inverse" if inverse else "linear", "base": base,
            "quote": quote, "settle": settle, "contract_size": dice.choice(sizes),
            "tick_size": TICKS[base], "lot_size": "1" if inverse else "0.001",
            "taker_fee_rate": "0.0005", "margin": self._margin(model, inverse=inverse),
        }  # fmt: skip
        mark = self.spot[base] * Decimal(dice.uniform(0.995, 1.005))
        self.marks[name] = text(rounded(mark, dice.choice((1, 3, 8))))
        return name

    def is_inverse(self, name):
        return self.rows[name]["contract"] == "inverse"

    def worth(self, name):
        """What one contract is worth in the quote currency."""
        size = Decimal(self.rows[name]["contract_size"])
        return size if self.is_inverse(name) else size * Decimal(self.marks[name])

    def at_a_tier(self, name):
        """A quantity exactly where a tier begins, by moving the mark there; None without tiers."""
        row = self.rows[name]
        tiers, size = row["margin"].get("tiers", ()), Decimal(row["contract_size"])
        if len(tiers) < 2:
            return None
        tier = self.dice.choice(tiers[1:])
        if "quantity_floor" in tier:
            return Decimal(tier["quantity_floor"])
        floor = Decimal(tier["notional_floor"])
        if self.is_inverse(name):
            # contracts × size ÷ mark = floor
            mark = Decimal(self.marks[name]).to_integral_value() * size
            self.marks[name] = text(mark)
            return floor * mark / size
        quantity = Decimal(self.dice.choice((2, 5, 8, 10, 16, 25))) / size
        self.marks[name] = text(floor / (quantity * size))
        return quantity

    # --- margin --------------------------------------------------------------------------------

    def _margin(self, model, *, inverse):
        dice = self.dice
        if model == "deribit":
            return {
                "model": model, "base_rate": dice.choice(("0.01", "0.02")),
                "slope": dice.choice(("0.00005", "0.000004", "0", "0.001")), "max_leverage": "50",
            }  # fmt: skip
        if model == "hyperliquid" and dice.random() < 0.5:
            return {"model": model, "max_leverage": dice.choice(("50", "40", "25", "15", "3"))}
        row = {"model": model, "tiers": self._tiers(model, inverse=inverse)}
        if model in {"okx", "bybit-2026"} and dice.random() < 0.5:
            row["taker_fee_rate"] = dice.choice(("0", "0.00055", "0.0006"))
        return row

    def _tiers(self, model, *, inverse):
        """A table as venues make them: continuous, rates rising and leverages falling."""
        dice = self.dice
        count = dice.choice((1, 2, 3, 5, 9))
        first = dice.randrange(len(RATES) - count + 1)
        unit = Decimal(1 if inverse else 50_000)
        if model == "okx":
            unit = Decimal(5_000 if inverse else 50)
        floor, amount, rows = Decimal(0), Decimal(0), []
        for index in range(first, first + count):
            rate = Decimal(RATES[index])
            amount += floor * (rate - Decimal(RATES[index - 1])) if rows else 0
            cap = floor + unit * dice.choice((1, 2, 3, 10, 40))
            last = index == first + count - 1 and dice.random() < 0.5
            row = {"maintenance_rate": text(rate), "max_leverage": LEVERAGES[min(index, 12)]}
            measure = "quantity" if model == "okx" else "notional"
            row[f"{measure}_floor"] = text(floor)
            row[f"{measure}_cap"] = None if last else text(cap)
            if model != "okx":
                row["maintenance_amount"] = text(amount)
            rows.append(row)
            floor = cap
        return rows
