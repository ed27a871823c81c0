"""What of the desk's source no trader reads, and how what is read is put together."""

SHOWN = ("app", "cli", "engine", "execution", "io", "margin", "market", "model", "risk", "venues")

NOT_SHOWN = {
    "app/entry.py": "the command line of the program",
    "app/feed_check.py": "desk feed prints it",
    "app/folder_settings.py": "refused before a window opens",
    "app/consoles.py": "the desk without a window",
    "app/headless.py": "the desk without a window",
    "app/importing.py": "desk import prints it",
    "app/listening.py": "options of the program",
    "app/options.py": "options of the program",
    "app/practice.py": "options of the program",
    "app/record.py": "desk record prints it",
    "app/workstation.py": "options of the program",
    "cli/arguments.py": "options of the program",
    "bench/*.py": "desk bench prints it",
    "cli/console.py": "the console, whose wording is English",
    "cli/doctor.py": "desk doctor prints it",
    "cli/documents.py": "files, which only the console reads",
    "cli/journal.py": "desk journal prints it",
    "cli/market.py": "desk market prints it",
    "cli/replay.py": "desk replay prints it",
    "cli/replay_report.py": "desk replay prints it",
    "cli/replayed_market.py": "desk market prints it",
    "cli/risk.py": "desk risk prints it",
    "cli/rules.py": "desk rules prints it",
    "cli/sbom.py": "desk sbom prints it",
    "cli/segments.py": "desk journal prints it",
    "cli/snapshot_check.py": "desk journal prints it",
    "cli/shipped.py": "desk risk prints it",
    "cli/testing.py": "desk test prints it",
    "cli/verify.py": "desk journal verify prints it",
    "engine/change.py": "contradictions of the journal, raised at the start",
    "execution/fee_tiers.py": "read from shipped files before a window opens",
    "execution/link_faults.py": "options of the program",
    "io/addresses.py": "the ready line of a market, read before a window opens",
    "io/anchor.py": "the anchor, read before a window opens",
    "io/capture_files.py": "recordings, which only the command line reads",
    "io/captures.py": "recordings, which only the command line reads",
    "io/checkout.py": "the set-up prints it",
    "io/backup.py": "desk journal backup and restore print it",
    "io/cryptofeed.py": "recordings, which only the command line reads",
    "io/environment.py": "the set-up prints it",
    "io/failure_note.py": "read before a window opens",
    "io/folder.py": "refused before a window opens",
    "io/http.py": "why a listing was not read, which no panel tells",
    "io/hftbacktest.py": "recordings, which only the command line reads",
    "io/listings.py": "why a listing was not read, which no panel tells",
    "io/progress.py": "the set-up prints it",
    "io/recorder.py": "desk record prints it",
    "io/recording.py": "recordings, which only the command line reads",
    "io/setup.py": "the set-up prints it",
    "io/whole_folder.py": "desk journal backup and restore print it",
    "margin/table.py": "read from shipped files before a window opens",
    "margin/tier_checks.py": "read from shipped files before a window opens",
    "market/book.py": "why a book was lost, which goes into recordings",
    "risk/document_check.py": "documents, which only the command line reads",
    "risk/imported.py": "documents, which only the command line reads",
    "risk/instrument_row.py": "documents, which only the command line reads",
    "risk/json_place.py": "documents, which only the command line reads",
    "risk/loan_row.py": "documents, which only the command line reads",
    "risk/margin_row.py": "documents, which only the command line reads",
    "risk/pool_row.py": "documents, which only the command line reads",
    "risk/portfolio.py": "documents, which only the command line reads",
    "risk/portfolio_reader.py": "documents, which only the command line reads",
    "risk/profile.py": "rule profiles, read before a window opens",
    "risk/profile_file.py": "rule profiles, read before a window opens",
    "risk/situation.py": "documents, which only the command line reads",
    "venues/unreadable.py": "counted by reason; `desk feed` prints it",
}
"""Files, as patterns, of which no sentence reaches the window, and why."""

NOT_SENTENCES = {
    "print": "goes to a terminal",
    "say": "goes to a terminal",
    "info": "goes to the log",
    "warning": "goes to the log",
    "note": "goes to the log; the report has the error's own words",
    "note_fault": "goes to the log",
    "add_argument": "help of the program's options",
    "arguments": "help of the program's options",
    "Arguments": "help of the program's options",
    "cast": "a type",
    "execute": "SQL",
    "create_task": "a task's name",
    "Thread": "a thread's name",
    "Process": "a process's name",
    "get": "a key",
    "startswith": "a comparison",
    "removeprefix": "a comparison",
    "Unusable": "counted by reason; `desk feed` prints it",
    "NotAnIncrement": "counted by reason; `desk feed` prints it",
    "reject": "counted by reason; `desk feed` prints it",
    "positive": "counted by reason; `desk feed` prints it",
    "not_negative": "counted by reason; `desk feed` prints it",
    "_positive": "counted by reason; `desk feed` prints it",
    "_lose_book": "why a book was lost, which goes into recordings",
    "_lose_books": "why a book was lost, which goes into recordings",
    "lose": "why a book was lost, which goes into recordings",
    "BookLost": "why a book was lost, which goes into recordings",
    "InputError": "documents and files, which only the command line reads",
    "FieldError": "documents, which only the command line reads",
    "ValueError": "a mistake of ours",
    "OSError": "a mistake of ours",
    "EOFError": "recordings, which only the command line reads",
    "FileExistsError": "a mistake of ours",
    "StaleDecision": "a mistake of ours",
    "io/journal_chain.py:_refused": "what is written, not what is read",
    "engine/state.py:JournalBroken": "contradictions of the journal, raised at the start",
    "model/instrument.py:ValueError": "a mistake of ours",
}
"""Calls whose texts are no sentence to a trader, of one file or of all, and why."""

NOT_TEXTS = {
    r"[\w/-]+(, [\w/-]+)*( or [\w/-]+)?": "a pattern",
    ", | or ": "a pattern",
    "synchronous = FULL": "SQL",
    "fullfsync = ON": "SQL",
    "wal_autocheckpoint = 0": "SQL",
}
"""Texts that are no sentence, and why."""

COMPOSED = {
    "Expected {expected}, found {found}.": "app/typed.py, a line that is no command",
    "REDUCING: {reason}.": "engine/hearing.py, where all its own words are a code",
    "After this fill {said}. {missing} {settle} is missing.": "risk/margin_checks.py, its `when`",
    "After this fill and all working orders {said}. {missing} {settle} is missing.": (
        "risk/margin_checks.py, its `when`"
    ),
    **dict.fromkeys(
        (
            f"{gate}; expires on {{last}}{left}."
            for gate in (
                "Professional investor: {shown}",
                "Derivatives knowledge assessed on {as_of}",
            )
            for left in ("", ", in {days}")
        ),
        "risk/gates.py, what is met for a time",
    ),
    "above {bound}": "engine/alert_watch.py, the bound of an alert",
    "below {bound}": "engine/alert_watch.py, the bound of an alert",
}
"""What no string in the source shows whole, and where it is put together."""

FRAMES = {
    "margin/models.py": (r"(has|is) ", "{id} ", "."),
    "margin/requirement.py": (r"(has|is) ", "{id} ", "."),
    "risk/eligibility.py": (r"(has|is) ", "{account} ", "."),
    "model/errors.py": (r"\{path\}: row", "", ": {what}"),
    "execution/venue_refusals.py": (r"[A-Z]", "{venue} {number}: ", " ({ours})"),
}
"""Files whose texts, where they begin so, are always said with something before and behind."""
