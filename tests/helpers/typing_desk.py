"""A desk that takes typed lines, without a journal on disk and without feeds."""

from helpers.engines import Trader

from desk.app.typed import TypedLines
from desk.engine.message import Given
from desk.model.commands import Ask, TypedLine


class TypingDesk:
    """Stands in for the runtime: an engine, its events, and what is typed in front of it."""

    def __init__(self):
        self.trader = Trader()
        self.trader.deposit()
        self.trader.market()
        self.engine = self.trader.engine
        self.said = []
        self.listeners = [self.said.append]
        self.typed = TypedLines(self, lambda command, number: False)

    def tick(self):
        self.trader.tick()

    def give(self, command, number=None):
        if not self.typed.takes(command, number):
            before = len(self.trader.events)
            self.trader.process(Given(command, number))
            self.said += self.trader.events[before:]

    def type(self, text, command_id="line-1", *, armed=True, number=7):
        """Type a line and return what was said about it."""
        before = len(self.said)
        self.give(TypedLine(id=command_id, text=text, armed=armed), number)
        return self.said[before:]

    def ask(self, about, of):
        self.give(Ask(about=about, of=of), 9)
        answer = self.said[-1]
        assert (answer.command, answer.about) == (9, about)
        return answer.data
