"""Put the fault table and the benchmarks into the README, from figures kept in resources/figures.

    .venv/bin/python tests/helpers/readme_figures.py [--faults FILE …] [--bench FILE …]

FILE is what `desk test --faults --table FILE` wrote, or what `desk bench` printed; a run in parts
has several. Their figures take the place of those that are kept; without any, the sections are
only written again.
"""

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))

from helpers.fault_rows import NOT_RUN, worst  # noqa: E402  (run as a program, its folder alone is known)

README = ROOT / "README.md"
KEPT = ROOT / "resources/figures"

SEEN_LENGTH = 260
NOTE_LENGTH = 150
"""Characters of a cell: what was seen of a fault, what is noted of a benchmark."""

RUN = {"quick": "--faults", "thorough": "--faults --thorough", "slow": "--faults --slow"}

NO_TEST = "its tests are longer than this run, or there are none"

FAULT_HEAD = ("", "fault", "must hold", "seen", "outcome, cases")
BENCH_HEAD = ("what", "figure", "reference", "ratio", "target", "met", "note")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=Path, nargs="+")
    parser.add_argument("--bench", type=Path, nargs="+")
    given = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    if given.faults:
        keep("faults", together([json.loads(file.read_text()) for file in given.faults]))
    if given.bench:
        runs = [json.loads(file.read_text())["rows"] for file in given.bench]
        keep("bench", {"rows": [row for run in runs for row in run]})
    README.write_text(with_sections(README.read_text()))


# --- what is kept ---------------------------------------------------------------------------------


def keep(name, document):
    """Write the document with a line for each of its rows, so that a change of one is one line."""
    head = json.dumps(document | {"rows": []}, ensure_ascii=False).removesuffix("]}")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in document["rows"])
    (KEPT / f"{name}.json").write_text(f"{head}\n{rows}\n]}}\n")


def together(documents):
    """Fault tables of one machine as one: of a test that ran twice, the later run is told.

    The commit is the oldest that a row stands for.
    """
    first, *later = documents
    for document in later:
        for row, more in zip(first["rows"], document["rows"], strict=True):
            tests = {test["name"]: test for test in (*row["tests"], *more["tests"])}
            row["tests"] = list(tests.values())
            row["outcome"] = worst({test["outcome"] for test in tests.values()})
    return first


def kept(name):
    """The kept document; None where none was ever kept."""
    file = KEPT / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


# --- README ---------------------------------------------------------------------------------------


def with_sections(readme):
    """The README with both sections written anew between their markers."""
    for name, section in (("faults", fault_section), ("bench", bench_section)):
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        head, found, rest = readme.partition(begin)
        _, ended, tail = rest.partition(end)
        if not found or not ended:
            raise SystemExit(f"README.md has no place for the section: {begin}{end}")
        readme = f"{head}{begin}\n{section(kept(name))}\n{end}{tail}"
    return readme


def fault_section(document):
    if document is None:
        return f"Not measured yet.\n\n{test_command('slow')}\n"
    rows, machine = document["rows"], document["machine"]
    outcomes = Counter(row["outcome"] for row in rows)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    run = f"{document['date']}, length {document['size']}, commit {document['commit']}"
    ran_on = f"{machine['cores']} cores of {machine['processor']}, {machine['kernel']}"
    parts = [
        f"{len(rows)} faults: {counts}. Run of {run}, on {ran_on}, Python {machine['python']}.",
        test_command(document["size"]),
        table(FAULT_HEAD, [fault_cells(row) for row in rows]),
    ]
    short = [row for row in rows if row["outcome"] != "passed"]
    if short:
        why = [seen(row) or NO_TEST for row in short]
        named = [f"- **{row['number']} {row['name']}** {row['outcome']}: " for row in short]
        parts.append("Not passed:\n\n" + "\n".join(map("".join, zip(named, why, strict=True))))
    return "\n\n".join(parts) + "\n"


def fault_cells(row):
    cases = sum(sum(test["counts"].values()) for test in row["tests"])
    outcome = f"passed, {cases}" if row["outcome"] == "passed" else f"**{row['outcome']}**"
    left_out = [test["name"] for test in row["tests"] if test["outcome"] == NOT_RUN]
    if left_out and row["outcome"] != NOT_RUN:
        outcome += f"; **not run**: {'; '.join(left_out)}"
    return row["number"], row["name"], row["criterion"], seen(row), outcome


def seen(row):
    """What the tests of a fault measured, else what they showed: as much as there is room for."""
    measured = [figure for test in row["tests"] for figure in test["figures"]]
    said = list(dict.fromkeys(measured)) or [test["name"] for test in row["tests"]]
    fitting, room = [], SEEN_LENGTH
    for one in said:
        room -= len(one) + 2
        if fitting and room < 0:
            break
        fitting.append(cut(one.rstrip("."), SEEN_LENGTH))
    more = len(said) - len(fitting)
    return "; ".join(fitting) + (f"; and {more} more" if more else "")


def bench_section(document):
    if document is None:
        return f"Not measured yet.\n\n{bench_command()}\n"
    machines = [row for row in document["rows"] if row["name"] == "machine"]
    rows = [row for row in document["rows"] if row["name"] != "machine"]
    held = [row for row in rows if row["target"]]
    missed = [row for row in held if not row["ok"]]
    parts = [
        f"{len(held) - len(missed)} of {len(held)} targets are met. Measured on:",
        "\n".join(dict.fromkeys(f"- {row['value']:g} cores, {row['note']}" for row in machines)),
        bench_command(),
        table(BENCH_HEAD, [bench_cells(row) for row in rows]),
    ]
    if missed:
        lines = [f"- **{row['name']}**: {figure(row)}, target {row['target']}" for row in missed]
        noted = [f"{line}. {row['note']}" for line, row in zip(lines, missed, strict=True)]
        parts.append("Short of the target:\n\n" + "\n".join(map(plain, noted)))
    return "\n\n".join(parts) + "\n"


def bench_cells(row):
    met = "–" if not row["target"] else "yes" if row["ok"] else "**no**"
    ratio = f"{short(row['ratio'])} ×" if row["ratio"] is not None else "–"
    reference = f"{short(row['reference'])} {row['unit']}" if row["reference"] is not None else "–"
    note = cut(row["note"], NOTE_LENGTH)
    return row["name"], figure(row), reference, ratio, row["target"] or "–", met, note


def figure(row):
    return "none" if row["value"] is None else f"{short(row['value'])} {row['unit']}"


def short(value):
    """A number with the three digits that a reader compares; whole from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


# --- words ----------------------------------------------------------------------------------------


def commands(measure, name):
    """Both lines that make a section: what measures, and what puts it here."""
    put = f".venv/bin/python tests/helpers/readme_figures.py --{name} {name}.json"
    return f"```\n{measure}\n{put}\n```"


def test_command(size):
    return commands(f"python3 -m desk test {RUN[size]} --table faults.json", "faults")


def bench_command():
    return commands("python3 -m desk bench > bench.json", "bench")


def table(head, rows):
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(plain(cell) for cell in line)} |" for line in lines)


def plain(text):
    """The text as Markdown shows it letter by letter, and with the signs that a reader knows."""
    text = text.replace("<=", "≤").replace(">=", "≥")
    return re.sub(r"(?<!\*)\*(?!\*)|[|<`]", r"\\\g<0>", " ".join(text.split()))


def cut(text, length):
    """The text up to the last clause, else word, that ends within the length."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    clause = max(head.rfind(sign) for sign in ("; ", ". "))
    return head[: clause if clause > length // 2 else head.rfind(" ")].rstrip(" ,;:.") + "…"


if __name__ == "__main__":
    main()
