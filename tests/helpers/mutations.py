"""Damage to frames: bytes, numbers, keys, structure, depth, size; by seeded dice."""

import json
import re

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
MEMBER = re.compile(rb'"[A-Za-z_0-9]{1,24}":(?:"[^"]{0,40}"|-?[0-9.]+|true|false|null)')
TEXT = re.compile(rb'"[^"]{0,60}"')

NO_NUMBERS = [
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"0", b"-0", b"0.0", b"1e5", b"1E-400"),
    *(
        b"9" * 25,
        b"9" * 400,
        b"0." + b"0" * 300 + b"1",
        b"1" * 5_000,
        b"00012",
        b"+1",
        b".5",
        b"5.",
    ),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"0x10", b"1_000"),
    *(b"true", b"null", b'""', b"[]", b"{}", "٣".encode(), b" 1", b"1 "),
]
NO_TEXTS = [
    *(
        b'""',
        b'"NaN"',
        b'"1e999"',
        b'"-1"',
        b'"\\ud800"',
        b'"\\u0000"',
        b'"\xff"',
        b'" 1"',
        b"null",
    ),
    *(b"0", b"1", b"[]", b"{}", b"true", b'"%b"' % (b"x" * 3_000), b'"BTC"', b'"snapshot"'),
    *(b'"update"', b'"delete"', b'"subscribe"', b'"error"', b'"2026-13-45T99:99:99Z"', b'"9999"'),
]
SCRAPS = [
    *(
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"\x00",
        b"\xff",
        b"\xf0\x9f\x92\xa9",
        b"//",
    ),
    *(b"null", b"NaN", b"1e999", b"\\u0022", b"\xef\xbb\xbf", b"\r\n", b"{}", b"[[]]", b'"":0,'),
]
VALUES = [
    *("null", "true", "0", "-1", "1.5", "1e300", "9" * 25, '""', '"0"', '"-1"', '"1e5"', '"x"'),
    *("[]", "{}", "[[]]", '{"":{}}'),
]

DEEPEST = 2_000
"""Levels of nesting; what is much deeper is refused as oversize or by the same rule."""
GIANT = 17 << 20
_RARE = 20_000


class Mutator:
    """Makes of good frames what no venue should send, and now and then what it might."""

    def __init__(self, rng, corpus):
        self._rng = rng
        self._corpus = corpus
        self._ways = [
            self._cut,
            self._flip,
            self._insert,
            self._remove,
            self._repeat,
            self._splice,
            self._renumber,
            self._renumber,
            self._reword,
            self._say_twice,
            *[self._restructure] * 4,
            self._nest,
        ]

    def draw(self):
        """Return one input."""
        rng = self._rng
        way = rng.randrange(_RARE)
        if way == 0:
            return self._good() + b" " * GIANT
        if way < _RARE // 50:
            return rng.randbytes(rng.randrange(200))
        if way < _RARE // 20:
            return self._good()
        return self.damaged(self._good())

    def damaged(self, frame):
        """Return a frame to which one to three things were done."""
        for _ in range(self._rng.choice((1, 1, 1, 2, 3))):
            frame = self._rng.choice(self._ways)(frame)
        return frame

    def _good(self):
        """One of all kinds alike, however often they come."""
        return self._rng.choice(self._rng.choice(self._corpus))

    def _stretch(self, frame, longest=40):
        at = self._rng.randrange(len(frame) + 1)
        return at, min(len(frame), at + self._rng.randrange(longest))

    def _cut(self, frame):
        return frame[: self._rng.randrange(len(frame) + 1)]

    def _flip(self, frame):
        at, _ = self._stretch(frame)
        return frame[:at] + bytes([self._rng.randrange(256)]) + frame[at + 1 :]

    def _insert(self, frame):
        at, _ = self._stretch(frame)
        return frame[:at] + self._rng.choice(SCRAPS) + frame[at:]

    def _remove(self, frame):
        at, to = self._stretch(frame)
        return frame[:at] + frame[to:]

    def _repeat(self, frame):
        at, to = self._stretch(frame, 400)
        times = 500 if self._rng.random() < 0.02 else self._rng.randrange(2, 5)
        return frame[:at] + frame[at:to] * times + frame[to:]

    def _splice(self, frame):
        other = self._good()
        at, _ = self._stretch(frame)
        return frame[:at] + other[self._rng.randrange(len(other)) :]

    def _replaced(self, frame, pattern, instead):
        found = list(pattern.finditer(frame))
        if not found:
            return frame
        match = self._rng.choice(found)
        return frame[: match.start()] + instead(match[0]) + frame[match.end() :]

    def _renumber(self, frame):
        return self._replaced(frame, NUMBER, self._other_number)

    def _other_number(self, number):
        """Another number, or none; often one close by, which may pass."""
        if self._rng.random() < 0.7:
            return self._rng.choice(NO_NUMBERS)
        return str(int(number[:18].partition(b".")[0]) + self._rng.randint(-3, 3)).encode()

    def _reword(self, frame):
        return self._replaced(frame, TEXT, lambda _: self._rng.choice(NO_TEXTS))

    def _say_twice(self, frame):
        return self._replaced(frame, MEMBER, lambda member: member + b"," + member)

    def _nest(self, frame):
        depth = self._rng.randrange(DEEPEST)
        opened, closed = self._rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
        inner = opened * depth + b"0" + closed * depth
        return self._replaced(frame, TEXT, lambda _: inner)

    def _restructure(self, frame):
        """Put something else at one place of the document, or something from another place."""
        try:
            document = json.loads(frame)
            if not isinstance(document, dict | list) or not document:
                return self._insert(frame)
            self._move(document)
            return json.dumps(document, separators=(",", ":")).encode()
        except (ValueError, RecursionError):  # it is none, or holds itself
            return self._flip(frame)

    def _move(self, document):
        holder, key = self._place(document)
        from_holder, from_key = self._place(document)
        value = json.loads(self._rng.choice(VALUES))
        holder[key] = self._rng.choice((from_holder[from_key], value))
        if self._rng.random() < 0.2 and isinstance(holder, dict):
            del holder[key]

    def _place(self, holder):
        """Walk down from something to a place in it; most ways end where nothing is held."""
        while True:
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            key = self._rng.choice(keys)
            inner = holder[key]
            if not isinstance(inner, dict | list) or not inner or self._rng.random() < 0.2:
                return holder, key
            holder = inner
