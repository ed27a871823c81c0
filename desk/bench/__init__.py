"""`desk bench`: what the desk costs, each figure beside a reference of the same run.

`command` reads the line and knows the benchmarks by name, `pairs` measures two things in turn,
`machine` says what they ran on and whether it was disturbed, `row` is a line of the answer. A
benchmark is a module with `measure(given) -> rows`. References that are nothing but a plain way to
do the same work are kept in `tests/bench` of a checkout (`pairs.reference`).
"""
