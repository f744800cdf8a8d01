"""Whether two runs of one request came to the same.

Rules of this file: pure; texts are compared by their essence; members of the usage that only one side tells are left
alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from codex_proxy.operations.capsules.essence import essence
from codex_proxy.operations.capsules.parting import readable, where_they_part
from codex_proxy.operations.capsules.replay import ACCOUNTS


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that came out differently; ``lines`` show where two texts part, ``-`` for then and ``+`` for now."""

    what: str
    then: str
    now: str
    lines: tuple[str, ...] = ()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor was asked: a path, or a URL that ends with it, and the body, None where it was not kept whole."""

    place: str
    body: str | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request.

    ``attempts`` say who was asked and what came of it, ``sent`` what vendors were asked; ``answer`` is None where it
    was not kept whole.  ``hosts`` are where the vendors were.
    """

    status: int | None
    failure: str | None
    attempts: tuple[str, ...]
    usage: Mapping[str, Any] | None
    answer: str | None
    sent: tuple[Sent, ...] = ()
    hosts: frozenset[str] = frozenset()


def outcome_of(
    record: Mapping[str, Any], answer: str | None, sent: Sequence[Sent] = (), hosts: frozenset[str] = frozenset()
) -> Outcome:
    """The outcome that a record of the log tells, with the answer and what vendors were sent."""
    attempts = record.get("attempts")
    told = [_attempt(each) for each in attempts if isinstance(each, Mapping)] if isinstance(attempts, list) else []
    usage, status, failure = record.get("usage"), record.get("status"), record.get("failure")
    return Outcome(
        status=status if isinstance(status, int) else None,
        failure=failure if isinstance(failure, str) else None,
        attempts=tuple(told),
        usage=usage if isinstance(usage, Mapping) else None,
        answer=answer,
        sent=tuple(sent),
        hosts=hosts,
    )


def differences(then: Outcome, now: Outcome) -> Iterator[Difference]:
    """What came out differently, in the order in which it happened."""
    if then.attempts != now.attempts:
        yield Difference(what="attempts", then=_told(then.attempts), now=_told(now.attempts))
    for number, (before, after) in enumerate(zip(then.sent, now.sent, strict=False), start=1):
        yield from _sent_differently(number, before, after)
    for what in ("status", "failure"):
        if getattr(then, what) != getattr(now, what):
            yield Difference(what=what, then=_told(getattr(then, what)), now=_told(getattr(now, what)))
    used_then, used_now = _shared(then.usage, now.usage), _shared(now.usage, then.usage)
    if used_then != used_now:
        yield Difference(what="usage", then=_told(used_then), now=_told(used_now))
    if then.answer is not None and now.answer is not None:
        hosts = then.hosts | now.hosts
        yield from _texts_apart("the client's answer", essence(then.answer, hosts), essence(now.answer, hosts))


def not_compared(then: Outcome, now: Outcome) -> Iterator[str]:
    """What cannot be compared, since one side did not keep it whole."""
    if then.answer is None or now.answer is None:
        yield "the client's answer"
    for number, (before, after) in enumerate(zip(then.sent, now.sent, strict=False), start=1):
        if before.body is None or after.body is None:
            yield f"what vendor call {number} sent"


def _sent_differently(number: int, then: Sent, now: Sent) -> Iterator[Difference]:
    if not then.place.endswith(now.place):
        yield Difference(what=f"where vendor call {number} went", then=then.place, now=now.place)
    if then.body is not None and now.body is not None:
        yield from _texts_apart(f"what vendor call {number} sent", essence(then.body), essence(now.body))


def _texts_apart(what: str, then: str, now: str) -> Iterator[Difference]:
    if then == now:
        return
    parting = where_they_part(readable(then), readable(now))
    yield Difference(what=what, then=parting.then, now=parting.now, lines=parting.lines)


def _attempt(attempt: Mapping[str, Any]) -> str:
    return f"{attempt.get('provider') or ACCOUNTS}: {attempt.get('outcome')}"


def _shared(usage: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A usage's members that the other side tells as well."""
    if usage is None or other is None:
        return usage
    return {name: value for name, value in usage.items() if name in other}


def _told(value: Any) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
