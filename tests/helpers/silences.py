"""A desk that falls silent while it is asked, and one that leaves something unanswered."""

from ui.pump import Link


def silence(rig):
    """The desk falls silent: what it has been asked is answered nobody any more."""
    rig.desk.answers = False
    rig.desk.take()
    rig.pump._set_link(Link.SILENT)


def heal(rig):
    """It is back."""
    rig.desk.answers = True
    rig.desk.send_frame()
    rig.until(lambda: rig.pump.link is Link.LIVE)


def leave_unanswered(desk, kind):
    """Everything is answered but this."""
    answer = desk._answer

    def answered(number, command):
        if not isinstance(command, kind):
            answer(number, command)

    desk._answer = answered
