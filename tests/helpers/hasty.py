"""A protocol whose sockets are given up sooner, so that a test need not wait."""

import msgspec


class Hasty:
    """Speaks as the protocol inside; its endpoints have other limits."""

    def __init__(self, inner, **limits):
        self._inner = inner
        self._limits = limits

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def endpoints(self):
        return tuple(
            msgspec.structs.replace(endpoint, **self._limits)
            for endpoint in self._inner.endpoints()
        )
