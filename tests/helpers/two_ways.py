"""A Binance desk that has learnt to read a stream quickly, and one that reads it the strict way."""

from helpers import binance_frames as b

from desk.venues.binance import BinanceProtocol


class TwoWays:
    """Both of one instrument of USDⓈ-M; `counted` is the quick one's reader of the stream."""

    def __init__(self, instrument, stream):
        self.quick, self.strict = (BinanceProtocol(b.USDM, [instrument]) for _ in range(2))
        self.strict._streams[stream].counted = None
        self.counted = self.quick._streams[stream].counted

    def both(self, payload):
        """Let both read it; return the events and what was refused, which must be the same."""
        said = []
        for protocol in (self.quick, self.strict):
            before = protocol.counters.reasons.copy()
            protocol.receive_frame(payload, 7)
            refused = {r for r, n in protocol.counters.reasons.items() if n != before.get(r)}
            said.append((protocol.events_received(), refused))
        assert said[0] == said[1]
        return said[0]
