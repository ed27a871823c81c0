"""What each empty table teaches, in one place: what will stand there, and how it comes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.panes import Panes


def teach(panes: Panes) -> None:
    """Give every table its lesson."""
    _teach_holdings(panes)
    _teach_records(panes)
    _teach_market(panes)
    _teach_risk(panes)


def _teach_holdings(panes: Panes) -> None:
    panes.positions.grid.teach(
        tr("No positions"),
        tr(
            "Choose an instrument, write a quantity in the ticket: the preview shows where it "
            "would be liquidated before anything is sent."
        ),
    )
    panes.orders.orders.teach(
        tr("No orders"),
        tr(
            "What the ticket, the ladder, the chart or the command line sends stands here while "
            "it works. Its cross cancels it, armed or not."
        ),
    )
    panes.orders.fills.teach(
        tr("No fills yet"), tr("Each fill shows its price, its quantity and its fee.")
    )


def _teach_records(panes: Panes) -> None:
    panes.orders.blotter.grid.teach(
        tr("Nothing in the journal by this filter"),
        tr(
            "Every order, fill, denial and close-out stands here with its reasons, the newest "
            "first. A double click or Return opens one."
        ),
    )
    panes.journal.grid.teach(
        tr("No row of this day by this filter"),
        tr(
            "All that the desk has written down on a day stands here, the newest first. Return "
            "or a double click shows the whole window as it was then."
        ),
    )
    panes.orders.alerts.raised.teach(
        tr("No alert was raised"),
        tr("Margin, feeds and what you set are watched for; danger sounds until it is seen."),
    )
    panes.orders.alerts.rules.teach(
        tr("Nothing of your own is watched for"),
        tr("Set… makes an alert on a price, on funding or on a margin level."),
    )
    panes.orders.events.note_rows()  # its rows come with events alone
    panes.orders.events.teach(
        tr("Nothing has happened yet"), tr("What the desk does and refuses is said here.")
    )


def _teach_market(panes: Panes) -> None:
    panes.watch.grid.teach(
        tr("No instrument yet"),
        tr("A venue's instruments come with its first message; its lamp shows whether it speaks."),
    )
    feeds = panes.feeds
    feeds.feeds.teach(
        tr("No feed yet"), tr("Each venue shows the age of its oldest needed mark, and its clock.")
    )
    feeds.streams.teach(
        tr("No stream by these words"),
        tr("Without a filter every stream of every connection is shown, with its age and limit."),
    )
    feeds.consensus.teach(
        tr("No consensus yet"),
        tr("Each venue has one vote: its index, else its spot price. Three votes are a consensus."),
    )


def _teach_risk(panes: Panes) -> None:
    panes.close_out.steps.teach(
        tr("No step is planned"),
        tr("With a position here stands how the desk would close it out now, step by step."),
    )
    panes.rules.grid.teach(
        tr("No rule yet"), tr("The desk says its rules, their limits and sources once it runs.")
    )
