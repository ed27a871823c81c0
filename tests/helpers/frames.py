"""Frames for the window's tests: small builders, and the desk of the design's arithmetic."""

import math
import random
from decimal import Decimal as D

from desk.engine.risk_snapshot import (
    ClientView,
    CloseOutStepView,
    CloseOutView,
    GateView,
    LoanCollateralView,
    LoanLineView,
    LoanView,
    OverrideView,
)
from desk.engine.snapshot import (
    AccountView,
    BookView,
    CollateralView,
    DeskFrame,
    FeedView,
    FillView,
    MarketView,
    OrderView,
    PositionView,
    RuleView,
    TotalsView,
)

BTC, ETH, BTCC = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE", "BTCUSDC-PERP.BINANCE"
WALL_MS = 1_795_055_071_000  # 2026-11-19 02:24:31 UTC = 10:24:31 HKT


def market(instrument=BTC, **changes):
    fields = {
        "instrument": instrument,
        "venue": instrument.rpartition(".")[2],
        "kind": "perpetual" if "-PERP" in instrument else "spot",
        "base": "ETH" if instrument.startswith("ETH") else "BTC",
        "tick_size": D("0.1"),
        "lot_size": D("0.001"),
        "bid": D("61010.4"),
        "ask": D("61010.5"),
        "bid_quantity": D("16.005"),
        "ask_quantity": D("4.123"),
        "last": D("61010.4"),
        "mark": D("61010.5"),
        "index": D("61004.2"),
        "basis_rate": D("0.000103"),
        "funding_rate": D("0.000068"),
        "next_funding_ms": WALL_MS + (5 * 60 + 35) * 60_000,
        "funding_interval_h": 8,
        "change_24h_rate": D("0.0120"),
        "open_interest": D(84200),
        "spread": D("0.1"),
        "mark_age_ms": 38,
        "book_age_ms": 41,
        "book_state": "SYNCED",
        "quality": "LIVE",
    }
    return MarketView(**fields | changes)


def eth_market(instrument=ETH, **changes):
    fields = {
        "tick_size": D("0.01"),
        "bid": D("2602.17"),
        "ask": D("2602.18"),
        "last": D("2602.17"),
        "mark": D("2602.18"),
        "index": D("2601.74"),
        "basis_rate": D("0.000169"),
        "funding_rate": D("0.000091"),
        "change_24h_rate": D("0.0181"),
        "open_interest": D(2000000),
        "spread": D("0.01"),
    }
    return market(instrument, **fields | changes)


def spot_market(instrument, **changes):
    fields = {
        "mark": None,
        "index": None,
        "basis_rate": None,
        "funding_rate": None,
        "next_funding_ms": None,
        "funding_interval_h": None,
        "open_interest": None,
        "tick_size": D("0.01"),
        "bid": D("61004.19"),
        "ask": D("61004.20"),
        "last": D("61004.20"),
        "spread": D("0.01"),
    }
    return market(instrument, **fields | changes)


def position(account="perp-1", instrument=BTC, **changes):
    fields = {
        "account": account,
        "instrument": instrument,
        "quantity": D("50.000"),
        "entry_price": D("60412.30"),
        "mark_price": D("61010.5"),
        "notional": D("3050525.00"),
        "unrealized_pnl": D("29910.00"),
        "realized_pnl": D("18240.00"),
        "margin_mode": "cross",
        "leverage": D(5),
        "initial_margin": D("610105.00"),
        "maintenance_margin": D("18505.25"),
        "isolated_wallet": None,
        "margin_ratio": None,
        "level": "NORMAL",
        "liquidation_price": D("30859.40"),
        "liquidation_price_upper": None,
        "liquidation_distance": D("0.49419"),
        "common_move": D("-0.30403"),
        "liquidation_known": True,
        "uncertainty_low": D("30821.0"),
        "uncertainty_high": D("30897.8"),
        "bankruptcy_price": None,
        "funding_rate": D("0.000068"),
        "next_funding_ms": WALL_MS + (5 * 60 + 35) * 60_000,
        "funding_per_day": D(-622),
        "mark_age_ms": 38,
        "quality": "LIVE",
        "settle": "USDT",
    }
    return PositionView(**fields | changes)


def account(name="perp-1", **changes):
    fields = {
        "account": name,
        "kind": "perpetual",
        "venue": "BINANCE",
        "margin_mode": "cross",
        "currency": "USDT",
        "level": "NORMAL",
        "equity": D(1725394),
        "collateral_value": D("1699287.92"),
        "initial_margin": D("1005636.36"),
        "order_margin": D("79776.00"),
        "maintenance_margin": D("29860.02"),
        "available_margin": D("613875.56"),
        "margin_utilization": D("0.63874"),
        "margin_ratio": D("0.01757"),
        "leverage": D("2.959"),
        "common_move_down": D("-0.30403"),
        "common_move_up": None,
        "collateral": [
            collateral("USDT", "1150000", "1", "0", "1150000"),
            collateral("BTC", "6.00", "61004.20", "0.05", "347723.94"),
            collateral("ETH", "60.00", "2601.74", "0.05", "148299.18"),
        ],
        "quality": "LIVE",
        "close_out_marks": {"BTC": D("42461.3"), "ETH": D("1811.04")},
    }
    return AccountView(**fields | changes)


def collateral(asset, quantity, price, haircut, value):
    def known(text):
        return None if text is None else D(text)

    return CollateralView(
        asset=asset,
        quantity=D(quantity),
        price=known(price),
        haircut=known(haircut),
        value=known(value),
    )


def spot_account(name="spot-1", held=(("BTC", "8"), ("ETH", "25"))):
    return account(
        name,
        kind="spot",
        margin_mode=None,
        equity=D(765527),
        collateral_value=None,
        initial_margin=None,
        order_margin=None,
        maintenance_margin=None,
        available_margin=None,
        margin_utilization=None,
        margin_ratio=None,
        leverage=None,
        common_move_down=None,
        collateral=[collateral(asset, quantity, None, None, None) for asset, quantity in held],
        close_out_marks={},
    )


def loan(name="loan-1", **changes):
    """13:41:08 HKT of the design's arithmetic: the loan in margin call."""
    fields = {
        "account": name,
        "lender": "broker",
        "execution": "paper",
        "currency": "HKD",
        "level": "MARGIN_CALL",
        "market_value": D(22463323),
        "margin_value": D(11484329),
        "capital_value": D(5831000),
        "loan": D("11612821.00"),
        "accrued_interest": D("12821.00"),
        "loan_to_value": D("0.51697"),
        "utilization": D("1.01119"),
        "excess": D(-128492),
        "price_fall_to_margin_call": D(0),
        "price_fall_to_close_out": D("0.38812"),
        "price_fall_to_shortfall": None,
        "falls_known": True,
        "credit_limit": D(15000000),
        "securities_share": D("0.5077"),
        "group_share": D("0.4923"),
        "group_cap": D("0.50"),
        "advances_stopped_since_ms": WALL_MS - 1_308_000,
        "cure_deadline_ms": WALL_MS + 5_892_000,
        "collateral": [
            LoanCollateralView(
                asset="BTC", description="BTC", quantity=D(22), market_value=D(10210054),
                haircut=D("0.60"), margin_value=D(4084022), share=D("0.4112"), cap=D("0.40"),
                eligible=True,
            ),
            LoanCollateralView(
                asset="ETH", description="ETH", quantity=D(200), market_value=D(3923268),
                haircut=D("0.60"), margin_value=D(1569307), share=D("0.1366"), cap=D("0.40"),
                eligible=True,
            ),
            LoanCollateralView(
                asset=None, description="HK blue chips", quantity=None, market_value=D(8330000),
                haircut=D("0.30"), margin_value=D(5831000), share=D("0.5077"), cap=None,
                eligible=True,
            ),
        ],
        "stress": [
            (D("0.10"), "MARGIN_CALL", D("1.0628")),
            (D("0.20"), "MARGIN_CALL", D("1.1200")),
            (D("0.30"), "MARGIN_CALL", D("1.1837")),
            (D("0.50"), "CLOSE_OUT", D("1.3475")),
        ],
        "loans": [
            LoanLineView(
                asset="HKD", principal=D("11600000.00"), accrued_interest=D("12821.00"),
                annual_rate=D("0.08"), interest_per_day=D("2542.47"),
            )
        ],
    }  # fmt: skip
    return LoanView(**fields | changes)


def loan_account(name="loan-1", **changes):
    fields = {
        "kind": "financing",
        "venue": None,
        "margin_mode": None,
        "currency": "HKD",
        "level": "MARGIN_CALL",
        "equity": D(10850502),
        "collateral_value": D(11484329),
        "available_margin": D(-128492),
        "margin_utilization": D("1.01119"),
        "margin_ratio": None,
        "initial_margin": None,
        "order_margin": None,
        "maintenance_margin": None,
        "leverage": None,
        "common_move_down": D("-0.38812"),
        "collateral": [],
        "close_out_marks": {},
        "level_since_ms": WALL_MS - 1_308_000,
        "cure_deadline_ms": WALL_MS + 5_892_000,
    }
    return account(name, **fields | changes)


def step(instrument=BTC, **changes):
    fields = {
        "side": "SELL",
        "quantity": D("16.000"),
        "expected_price": D("47678.8"),
        "fee": D("381.43"),
        "margin_ratio_after": D("0.91"),
        "status": "planned",
    }
    return CloseOutStepView(instrument=instrument, **fields | changes)


def close_out(name="perp-1", **changes):
    fields = {
        "phase": "standing",
        "reason": "At the common move of -30.4% perp-1 would be due.",
        "triggered_ms": None,
        "steps": [step(), step(quantity=D("34.000"), margin_ratio_after=D("0.60")),
                  step(ETH, quantity=D("760.000"), expected_price=D("1888.90"))],
        "preference": [],
    }  # fmt: skip
    return CloseOutView(account=name, **fields | changes)


def gate(rule="pi.gate", **changes):
    fields = {
        "met": True,
        "said": "Professional investor: corporation, portfolio of 20,000,000 HKD.",
        "origin": "SFC",
        "expires": "2027-11-18",
    }
    return GateView(rule=rule, **fields | changes)


def client(**changes):
    fields = {
        "name": "SAMPLE",
        "sample": True,
        "gates": [
            gate(),
            gate("client.derivatives_knowledge", said="Derivatives knowledge was assessed."),
            gate(
                "client.smf_client",
                met=False,
                said="The client is not a securities margin client.",
                expires=None,
            ),
        ],
        "disclosures": [f"{BTC}@1"],
    }
    return ClientView(**fields | changes)


def override(**changes):
    fields = {
        "rule": "vaf.loans_to_capital",
        "value": D(6),
        "normal": D(5),
        "reason": "capital is being raised this week",
        "names": ["Ada Wong", "Ben Lee"],
        "expires_ms": WALL_MS + 4 * 3_600_000,
    }
    return OverrideView(**fields | changes)


def rule(name="perp.max_leverage", **changes):
    fields = {
        "status": "OK",
        "value": "2.9590",
        "limit": "5",
        "origin": "HOUSE",
        "message": "perp-1 leverage 2.96× of 5×",
    }
    return RuleView(rule=name, **fields | changes)


def risky_desk(**changes):
    """A desk with everything that issues of risk show: loan, plan, client, override, rules."""
    fields = {
        "accounts": [*normal_desk().accounts, loan_account()],
        "loans": [loan()],
        "close_outs": [close_out()],
        "client_gates": client(),
        "overrides": [override()],
        "rules": [
            rule(),
            rule(
                "vaf.loans_to_capital",
                status="WARN",
                value="4.8812",
                limit="6",
                origin="BENCHMARK",
                message="All loans in multiples of the firm's capital: 4.8812 of 6.0000",
            ),
            rule(
                "vaf.margin_call",
                status="BREACH",
                value="1.0112",
                limit="1",
                origin="SFC",
                message="loan-1 utilization: 101.12% of 100.00%",
            ),
        ],
    }
    return normal_desk(**fields | changes)


def order(identity="t-118", **changes):
    fields = {
        "id": identity,
        "account": "perp-1",
        "instrument": BTC,
        "side": "BUY",
        "type": "LIMIT",
        "quantity": D("4.000"),
        "filled": D(0),
        "price": D("60900.0"),
        "tif": "GTC",
        "reduce_only": False,
        "post_only": True,
        "status": "WORKING",
        "reason": "",
        "time_ms": WALL_MS - 163_000,
    }
    return OrderView(**fields | changes)


def fill(identity="f-1", **changes):
    fields = {
        "id": identity,
        "order_id": "t-117",
        "account": "perp-1",
        "instrument": BTC,
        "side": "BUY",
        "quantity": D("6.000"),
        "price": D("60884.1"),
        "fee": D("73.06"),
        "fee_asset": "USDT",
        "liquidity": "MAKER",
        "time_ms": WALL_MS - 143_000,
    }
    return FillView(**fields | changes)


def feed(venue="BINANCE", age_ms=38, **changes):
    fields = {
        "venue": venue,
        "age_ms": age_ms,
        "amber_ms": 1_500,
        "stale_ms": 2_000,
        "gaps": 0,
        "rejected": 0,
        "note": "",
    }
    return FeedView(**fields | changes)


def frame(**changes):
    fields = {
        "seq": 1,
        "ts_ns": 1,
        "wall_ms": WALL_MS,
        "data_ns": 1,
        "mode": "PAPER",
        "state": "ACTIVE",
        "latches": [],
        "durable": True,
        "client": "SAMPLE client, professional investor",
        "profile": "hk_sfc_2026",
        "profile_hash": "4f1c9ae2",
        "journal_seq": 48_211,
        "engine_ms": 1.2,
        "messages": 4_000_000,
        "feeds": [feed()],
        "markets": [market(), eth_market()],
        "book": None,
        "accounts": [account()],
        "positions": [],
        "orders": [],
        "fills": [],
        "rules": [],
    }
    return DeskFrame(**fields | changes)


def book(instrument=BTC, bid="61010.4", ask="61010.5", tick="0.1"):
    chance = random.Random(7)

    def side(best, step):
        return [
            (D(best) + n * D(step), D(round(chance.uniform(0.2, 40), 3)).quantize(D("0.001")))
            for n in range(20)
        ]

    return BookView(instrument=instrument, bids=side(bid, f"-{tick}"), asks=side(ask, tick))


def normal_desk(**changes):
    """10:24:31 HKT of the design's arithmetic: the desk in order."""
    fields = {
        "markets": [
            market(),
            market(
                BTCC,
                bid=D("61012.2"),
                ask=D("61012.3"),
                last=D("61012.2"),
                mark=D("61012.3"),
                funding_rate=D("-0.000041"),
            ),
            spot_market("BTCUSDT.BINANCE"),
            eth_market(),
            spot_market(
                "ETHUSDT.BINANCE",
                base="ETH",
                bid=D("2601.73"),
                ask=D("2601.74"),
                last=D("2601.74"),
                change_24h_rate=D("0.0180"),
            ),
        ],
        "accounts": [
            account(),
            account(
                "perp-2",
                margin_mode="isolated",
                currency="USDC",
                equity=D("189805.60"),
                available_margin=D("92185.92"),
                margin_utilization=D("0.5143"),
                margin_ratio=D("0.01259"),
                common_move_down=None,
                collateral=[],
                close_out_marks={},
            ),
            spot_account(),
        ],
        "positions": [
            position(),
            position(
                instrument=ETH,
                quantity=D("760.000"),
                entry_price=D("2571.45"),
                mark_price=D("2602.18"),
                unrealized_pnl=D("23354.80"),
                realized_pnl=D(6310),
                initial_margin=D("395531.36"),
                liquidation_price=D("547.08"),
                liquidation_distance=D("0.78976"),
                uncertainty_low=D("544.47"),
                uncertainty_high=D("549.69"),
                funding_rate=D("0.000091"),
                funding_per_day=D(-540),
            ),
            position(
                "perp-2",
                BTCC,
                quantity=D("-8.000"),
                entry_price=D("61240.0"),
                mark_price=D("61012.3"),
                unrealized_pnl=D("1821.60"),
                realized_pnl=D(-413),
                margin_mode="isolated",
                initial_margin=D("97619.68"),
                isolated_wallet=D(97984),
                margin_ratio=D("0.02395"),
                liquidation_price=D("73075.90"),
                liquidation_distance=D("0.19772"),
                common_move=None,
                uncertainty_low=D("73054.9"),
                uncertainty_high=D("73096.9"),
                funding_rate=D("-0.000041"),
                funding_per_day=D(-60),
                settle="USDC",
            ),
        ],
        "orders": [
            order(),
            order("t-119", instrument=ETH, quantity=D(60), price=D("2588.00")),
            order(
                "t-112",
                side="SELL",
                quantity=D(50),
                price=D("62200.0"),
                reduce_only=True,
                post_only=False,
            ),
            order(
                "t-101",
                status="CANCELLED",
                quantity=D(2),
                price=D("60100.0"),
                reason="by the trader",
            ),
        ],
        "fills": [fill(), fill("f-0", quantity=D("4.000"), price=D("60702.5"))],
        "book": book(),
        "totals": TotalsView(
            currency="USD",
            equity=D(4721420),
            btc_delta=D("78.00"),
            eth_delta=D("1045.0"),
            day_pnl=D(31208),
            funding_per_day=D(-1222),
            firm_capital=D(773570),
        ),
    }
    return frame(**fields | changes)


def margin_call_desk(**changes):
    """15:07:44 HKT of the design's arithmetic: perp-1 in margin call."""
    wall_ms = WALL_MS + (4 * 3_600 + 43 * 60 + 13) * 1_000
    fields = {
        "wall_ms": wall_ms,
        "markets": [
            market(
                bid=D("58411.9"),
                ask=D("58412.0"),
                last=D("58410.8"),
                mark=D("58412.0"),
                index=D("58405.5"),
                change_24h_rate=D("-0.0385"),
            ),
            eth_market(
                bid=D("2447.28"),
                ask=D("2447.29"),
                last=D("2447.28"),
                mark=D("2447.30"),
                index=D("2446.92"),
                change_24h_rate=D("-0.0533"),
            ),
        ],
        "accounts": [
            account(
                level="MARGIN_CALL",
                equity=D(1376103),
                collateral_value=D("1351240.99"),
                initial_margin=D("1428484.80"),
                order_margin=D(0),
                maintenance_margin=D("47645.58"),
                available_margin=D("-77243.81"),
                margin_utilization=D("1.05716"),
                margin_ratio=D("0.03526"),
                leverage=D("5.286"),
                common_move_down=D("-0.17258"),
                close_out_marks={"BTC": D("48331.4"), "ETH": D("2024.96")},
                level_since_ms=wall_ms - 392_000,
                cure_deadline_ms=wall_ms + (3_600 + 53 * 60 + 28) * 1_000,
            ),
            spot_account(),
        ],
        "positions": [
            position(
                quantity=D("72.000"),
                entry_price=D("60268.9"),
                mark_price=D("58412.0"),
                unrealized_pnl=D("-133696.80"),
                initial_margin=D("841132.80"),
                liquidation_price=D("41478.30"),
                liquidation_distance=D("0.28990"),
                common_move=D("-0.17258"),
                level="MARGIN_CALL",
                uncertainty_low=D("41416.5"),
                uncertainty_high=D("41540.1"),
            ),
            position(
                instrument=ETH,
                quantity=D("1200.000"),
                entry_price=D("2561.84"),
                mark_price=D("2447.30"),
                unrealized_pnl=D("-137448.00"),
                realized_pnl=D(6310),
                initial_margin=D("587352.00"),
                liquidation_price=D("1403.75"),
                liquidation_distance=D("0.42640"),
                common_move=D("-0.17258"),
                level="MARGIN_CALL",
                uncertainty_low=D("1399.63"),
                uncertainty_high=D("1407.87"),
            ),
        ],
        "orders": [],
        "book": book(bid="58411.9", ask="58412.0"),
    }
    return normal_desk(**fields | changes)


def empty_desk(**changes):
    """A new folder: accounts without money, nothing held."""
    bare = {
        "equity": D(0),
        "collateral_value": D(0),
        "initial_margin": D(0),
        "order_margin": D(0),
        "maintenance_margin": D(0),
        "available_margin": D(0),
        "margin_utilization": None,
        "margin_ratio": None,
        "leverage": None,
        "common_move_down": None,
        "collateral": [],
        "close_out_marks": {},
    }
    accounts = [account(**bare), spot_account(held=())]
    return frame(**{"accounts": accounts, "journal_seq": 3, "mode": "SIMULATED"} | changes)


def later(before, *, ms=16, **changes):
    """The next frame of the same desk."""
    fields = {name: getattr(before, name) for name in before.__struct_fields__}
    moved = {"seq": before.seq + 1, "ts_ns": before.ts_ns + ms * 1_000_000}
    return DeskFrame(**fields | moved | {"wall_ms": before.wall_ms + ms} | changes)


def wave(number):
    """A mark that moves a little every frame."""
    return D("61010.5") + D(round(math.sin(number / 5) * 80, 1)).quantize(D("0.1"))
