"""The journals of desks that did all that a desk can do."""

import pytest
from helpers import desk_stories
from helpers.engines import Trader


def journals_of_stories():
    """Rows and instruments of each desk that the stories drive."""
    traders = []
    patch = pytest.MonkeyPatch()
    begin = Trader.__init__

    def noted(self, *arguments, **named):
        begin(self, *arguments, **named)
        traders.append(self)

    patch.setattr(Trader, "__init__", noted)
    for _ in desk_stories.spoken():
        pass
    patch.undo()
    return [(one.rows, one.desk.catalogue) for one in traders if len(one.rows) > 3]
