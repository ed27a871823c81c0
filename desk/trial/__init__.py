"""Deterministic simulation: the whole desk in one process, from one seed, faster than time passes.

`loop` is time that jumps, `network` the lines between desk and venues, `disk` what is durable and
what is torn, `clock` the machine's clocks, `trader` who gives commands, `promises` and `truth` what
must hold, `run` the trial itself. A seed that breaks a promise does so again, bit for bit:
`desk bench soak --seed N --seconds 1` runs it alone.
"""
