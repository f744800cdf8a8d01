"""The secrets this process knows, and where they stand in a text, whichever way that text spells them.

Rules of this file: no I/O; a secret is found whole, begun (texts are cut short), inside JSON and URL escapes up to
three deep, and inside base64, at any of its three alignments (a ``Basic`` credential).  What is learned is remembered
while the process lives, up to a bound: a token that was replaced may still stand in an answer that is on its way.
Secrets may be learned and looked for in any thread.
"""

import base64
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final
from urllib.parse import quote_plus, unquote, urlsplit

from codex_proxy.bootstrap.redaction import REDACTED

SHORTEST: Final = 6
"""Characters of the shortest secret that is looked for by its value: shorter ones stand in innocent words too."""
MOST_SECRETS: Final = 20_000
_BEGINNING: Final = 20  # characters that give a long secret away although the rest is cut off
_PLAIN_LENGTH: Final = 16  # from here on a secret of plain characters is looked for in long words only
_PLAIN: Final = re.compile(r"[A-Za-z0-9+/_\-.=~]{16,}")
_ESCAPE: Final = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))|%([0-9a-fA-F]{2})')
_SHORT_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEPTH: Final = 3

Span = tuple[int, int]


class KnownSecrets:
    """Learns secrets and blots them out; ``version`` grows with each that is learned."""

    def __init__(self) -> None:
        self.version = 0
        self._spellings: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._plain: dict[str, set[str]] = {}
        self._odd: dict[str, set[str]] = {}

    def __repr__(self) -> str:
        return f"KnownSecrets(count={len(self._spellings)})"

    def learn(self, secret: str | None) -> None:
        """Look for this from now on; of a URL, its password."""
        if secret is None or secret in self._spellings:
            return
        if "://" in secret:
            self._learn_url(secret)
        elif len(secret) >= SHORTEST:
            self._add(secret, tuple(spellings_of(secret)))

    def learn_all(self, secrets: Iterable[str | None]) -> None:
        """Look for each of them."""
        for secret in secrets:
            self.learn(secret)

    def redact(self, text: str) -> str:
        """``text`` without them."""
        spans = self.spans(text)
        edges = [(0, 0), *spans, (len(text), len(text))]
        return REDACTED.join(text[end:start] for (_, end), (start, _) in pairwise(edges)) if spans else text

    def spans(self, text: str) -> list[Span]:
        """Where they stand, in order, none touching another and none cutting an escape in two."""
        view, found = text, self._spans(text)
        spans: list[Span] = []
        layers: list[_Escapes] = []
        for _ in range(_DEPTH):
            escapes = _Escapes(view) if "\\" in view or "%" in view else None
            if escapes is None or not escapes.found:
                break
            spans += [_outwards(escapes.widened(span), layers) for span in found]
            layers.append(escapes)
            view = escapes.text
            found = self._spans(view)
        return _merged([*spans, *(_outwards(span, layers) for span in found)])

    def _learn_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError:
            return
        if parts.password:
            user, password = unquote(parts.username or ""), unquote(parts.password)
            self.learn(password)
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._add(pair, (pair,))

    def _add(self, secret: str, spellings: tuple[str, ...]) -> None:
        self._spellings[secret] = spellings
        for spelling in spellings:
            self._kept_in(spelling).setdefault(_beginning(spelling), set()).add(spelling)
        self.version += 1
        while len(self._spellings) > MOST_SECRETS:
            self._forget(*self._spellings.popitem(last=False)[1])

    def _forget(self, *spellings: str) -> None:
        for spelling in spellings:
            kept, start = self._kept_in(spelling), _beginning(spelling)
            kept.get(start, set()).discard(spelling)
            if not kept.get(start):
                kept.pop(start, None)

    def _kept_in(self, spelling: str) -> dict[str, set[str]]:
        is_plain = len(spelling) >= _PLAIN_LENGTH and _PLAIN.fullmatch(spelling) is not None
        return self._plain if is_plain else self._odd

    def _spans(self, text: str) -> list[Span]:
        found: list[Span] = []
        words = "\n".join(_PLAIN.findall(text)) if self._plain and len(text) >= _PLAIN_LENGTH else ""
        for start, spellings in list(self._plain.items()) if words else ():
            if start in words:
                found += _found(text, start, spellings)
        for start, spellings in list(self._odd.items()):
            if len(start) <= len(text) and start in text:
                found += _found(text, start, spellings)
        return found


def spellings_of(secret: str) -> Iterator[str]:
    """How a secret may stand in a text that escapes nothing: as it is, in a form, and within base64."""
    yield secret
    if (form := quote_plus(secret)) != secret and "+" in form:
        yield form
    raw = secret.encode()
    if not secret.isascii():
        yield raw.decode("latin-1")  # what decoding %-escapes byte by byte gives
    if len(raw) < _BEGINNING // 2:
        return
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + raw)[(0, 2, 3)[shift] : _whole_length(shift + len(raw))].decode()
        yield packed
        if "+" in packed or "/" in packed:
            yield packed.replace("+", "-").replace("/", "_")


def _whole_length(size_bytes: int) -> int:
    """Base64 characters of so many bytes that do not depend on what follows these."""
    return size_bytes * 8 // 6


def _beginning(spelling: str) -> str:
    return spelling[:_BEGINNING]


def _found(text: str, start: str, spellings: set[str]) -> Iterator[Span]:
    """Where one of the spellings stands, or as much of it as begins there."""
    at = text.find(start)
    while at >= 0:
        end = at + max(_agreeing(text, at, spelling) for spelling in tuple(spellings) or (start,))
        yield at, end
        at = text.find(start, end)


def _agreeing(text: str, at: int, spelling: str) -> int:
    if text.startswith(spelling, at):
        return len(spelling)
    low, high = 0, len(spelling)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text.startswith(spelling[:middle], at) else (low, middle - 1)
    return low


class _Escapes:
    """A text with its escapes undone once, and the way back to where each character stood."""

    def __init__(self, source: str) -> None:
        pieces: list[str] = []
        self._undone: list[int] = []  # where each escape's character stands in the result
        self._starts: list[int] = []  # where the escape stood in the source
        self._ends: list[int] = []
        at = length = 0
        for match in _ESCAPE.finditer(source):
            pieces += (source[at : match.start()], _meant(match))
            length += match.start() - at
            self._undone.append(length)
            self._starts.append(match.start())
            self._ends.append(match.end())
            length += 1
            at = match.end()
        pieces.append(source[at:])
        self.text = "".join(pieces)
        self.found = bool(self._undone)

    def outside(self, span: Span) -> Span:
        """A span of the result as one of the source."""
        return self._start(span[0]), self._start(span[1])

    def widened(self, span: Span) -> Span:
        """A span of the source that takes along the escapes it would cut."""
        start, end = span
        place = bisect_right(self._starts, start) - 1
        if place >= 0 and start < self._ends[place]:
            start = self._starts[place]
        place = bisect_right(self._starts, end - 1) - 1
        if place >= 0 and end < self._ends[place]:
            end = self._ends[place]
        return start, end

    def _start(self, at: int) -> int:
        place = bisect_right(self._undone, at) - 1
        if place < 0:
            return at
        if self._undone[place] == at:
            return self._starts[place]
        return self._ends[place] + at - self._undone[place] - 1


def _meant(match: re.Match[str]) -> str:
    code, short, percent = match.groups()
    if short is not None:
        return _SHORT_ESCAPES.get(short, short)
    return chr(int(code or percent, 16))


def _outwards(span: Span, layers: list[_Escapes]) -> Span:
    for escapes in reversed(layers):
        span = escapes.outside(span)
    return span


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
