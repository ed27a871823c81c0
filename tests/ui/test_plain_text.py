"""No text of others is taken for HTML: labels are plain, tooltips pass through `as_text`."""

import ast
from pathlib import Path

import pytest
from PySide6.QtGui import Qt, QTextDocument

from ui.plain import as_text

UI = Path(__file__).resolve().parents[2] / "ui"
TREES = {path: ast.parse(path.read_text()) for path in sorted(UI.rglob("*.py"))}
RICH = {
    "QMessageBox", "QErrorMessage", "QTextBrowser", "QTextEdit", "QTextDocument", "QStaticText",
    "QWhatsThis", "setHtml", "setWhatsThis", "setStatusTip", "RichText", "AutoText", "MarkdownText",
}  # fmt: skip


def is_ours(text):
    """Whether a text is written here: a literal, or `tr` of one without holes."""
    if isinstance(text, ast.IfExp):
        return is_ours(text.body) and is_ours(text.orelse)
    if isinstance(text, ast.Constant):
        return True
    if not isinstance(text, ast.Call) or not isinstance(text.func, ast.Name):
        return False
    return text.func.id == "as_text" or (
        text.func.id == "tr" and not text.keywords and isinstance(text.args[0], ast.Constant)
    )


def calls(tree, name):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            if name in {called, getattr(node.func, "id", None)}:
                yield node


@pytest.mark.parametrize(("name", "at"), [("setToolTip", 0), ("showText", 1)])
def test_no_tooltip_gets_a_text_that_may_be_taken_for_html(name, at):
    found = [(path, call) for path, tree in TREES.items() for call in calls(tree, name)]
    assert len(found) >= 5
    bad = [f"{path.name}:{call.lineno}" for path, call in found if not is_ours(call.args[at])]
    assert bad == []


@pytest.mark.thorough
def test_nothing_that_shows_html_is_used_and_every_label_is_told_to_be_plain():
    for path, tree in TREES.items():
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & RICH, path
        filled = [call for call in calls(tree, "QLabel") if call.args]
        told = list(calls(tree, "setTextFormat"))
        assert len(filled) <= len(told), path


@pytest.mark.parametrize(
    "text",
    ["<b>hidden</b>", '<img src="http://x/y">', "<a href='x'>click</a>", "a &amp; b", "<!-- x -->"],
)
def test_a_text_that_looks_like_html_is_shown_letter_by_letter(text):
    shown = QTextDocument()
    shown.setHtml(as_text(text)) if Qt.mightBeRichText(as_text(text)) else shown.setPlainText(text)
    assert shown.toPlainText() == text
    assert as_text("61,000 < mark, a plain sentence") == "61,000 < mark, a plain sentence"
