"""The faults that the desk is tested against: number, name, and what must hold for each.

Numbers and figures are those of reliability.md section 7, in the words of this product.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """What is done to the desk, and the criterion it passes by."""

    name: str
    criterion: str


FAULTS = {
    "T01": Fault(
        "kill9_storm",
        "SIGKILL at 1,000 moments: 0 acknowledged rows lost, 0 doubled, state = replay",
    ),
    "T02": Fault(
        "no_fresh_mark_no_risk",
        "new risk denied from 2.0 s of age on every path, reducing and cancelling accepted",
    ),
    "T03": Fault(
        "silent_socket_death",
        "STALE ≤ 2.0 s, shown ≤ 0.2 s later, socket left ≤ 3 s, back ≤ 5 s; 50 of 50",
    ),
    "T04": Fault(
        "duplicate_submit",
        "10,000 submits: ≤ 1 execution an id, other content refused, 0 without a journaled intent",
    ),
    "T05": Fault(
        "kill_switch_under_fire",
        "no new risk after, orders cancelled ≤ 1 s, survives a restart, re-armed with a reason"
        " only; 1,000 histories",
    ),
    "T06": Fault("replay_determinism", "100 replays in other processes, zones, seeds: one hash"),
    "T07": Fault("risk_state_machine", "100,000 random steps, 0 broken promises"),
    "T08": Fault(
        "risk_mutation",
        "≥ 95 % of mutants killed, each survivor listed",
    ),
    "T09": Fault("bit_rot", "every bit flipped: 0 acknowledged rows lost in silence, files kept"),
    "T10": Fault(
        "torn_power_loss",
        "10,000 power cuts: the acknowledged prefix is there, whole, and at most one append more",
    ),
    "T11": Fault(
        "fsync_eio",
        "EIO at each of 50 syncs: not acknowledged, latched, not tried again, restart consistent",
    ),
    "T12": Fault(
        "disk_full",
        "orders refused with a reason, 0 torn rows, nothing half written, works again with room",
    ),
    "T13": Fault(
        "hostile_numbers",
        "every field × every bad value: refused, counted, last value kept, the next is taken",
    ),
    "T14": Fault("parser_fuzz", "damaged bytes: 0 raised, none > 100 ms, no false values"),
    "T15": Fault(
        "sequence_chaos", "1 % lost, doubled, swapped: each gap found at once, 0 wrong books shown"
    ),
    "T16": Fault("margin_oracle", "100,000 random portfolios equal to the oracle's last digit"),
    "T17": Fault(
        "diverging_sources",
        "one of three ± 0.5-50 %, stuck or 5 s late: index ≤ 0.1 % off, outlier out ≤ 1 s,"
        " 0 false close-outs",
    ),
    "T18": Fault(
        "restart_every_state",
        "every order state × flat, long, short × close-out: equal to replay, nothing doubled",
    ),
    "T19": Fault(
        "close_out_exactness",
        "begun ≤ 250 ms after the mark that confirms it, never beyond flat, each step journaled",
    ),
    "T20": Fault(
        "suspend_resume",
        "stopped 60 s, clocks apart: first frame STALE, 0 orders before a fresh mark, back ≤ 5 s",
    ),
    "T21": Fault(
        "reconnect_storm",
        "refused for 10 min, in four ways: ≤ 30 attempts, ≤ 60 s apart, spread ≥ 50 % over desks,"
        " never given up, 0 tasks and files left",
    ),
    "T22": Fault(
        "resubscribe_complete",
        "500 cuts amid changes of what is wanted: wanted == active each time, else not live ≤ 5 s",
    ),
    "T23": Fault(
        "second_instance",
        "100 starts at once: one writer, the others end ≤ 1 s and name it; no lock by hand",
    ),
    "T24": Fault("ipc_intruder", "0 listening sockets"),
    "T25": Fault(
        "burst_backpressure",
        "ten times the rate for 30 s: marks shown ≤ 250 ms old; 100,000 messages at once: queues"
        " bounded, 0 messages, orders, fills dropped, nothing old called live",
    ),
    "T26": Fault("gui_thread_guard", "0 Qt warnings (each fails its test), no trap works"),
    "T27": Fault(
        "crash_reporting",
        "a report each time, 0 canaries, told at the next start, state intact, no new risk until"
        " a person rearms",
    ),
    "T28": Fault(
        "ledger_zero_sum", "100,000 random movements: every asset sums to 0, equity has no residual"
    ),
    "T29": Fault("schema_migration", "golden journals read as recorded; a later schema is refused"),
    "T30": Fault(
        "snapshot_equals_replay", "a snapshot equals the replay; a bad one is passed over"
    ),
    "T31": Fault(
        "limits_boundary",
        "each rule at its limit and a step either side; no limit denies",
    ),
    "T32": Fault(
        "clock_attack",
        "wall ± 1 h, drift, zone, a venue's skew: the same decisions, funding once an interval",
    ),
    "T33": Fault("canary_secret", "0 traces of a secret"),
    "T34": Fault("csv_injection", "0 formulas, every number still one, every text as it was"),
    "T35": Fault("tls_refusal", "every bad certificate and old version refused, the reason shown"),
    "T36": Fault("soak", "an hour of market: no gap, no memory that grows for ever"),
    "T37": Fault("permutations_fill_ack", "every order of ≤ 7 words, doubles too: one end"),
    "T38": Fault("config_rot", "any damage: last good or refused, never wider, never a crash loop"),
    "T39": Fault(
        "engine_hang_or_death", "said ≤ 1.5 s, nothing can be sent, all greyed; a new desk at once"
    ),
    "T40": Fault("supply_chain", "all by hash, ≤ 12 direct parts, builds alike, 0 high or medium"),
    "T41": Fault(
        "mutation_of_ui_gate",
        "a desk that denies all: 0 orders shown working, each reason seen",
    ),
    "T42": Fault("ws_conformance", "no answer, frame or size ends the connection for good"),
}
