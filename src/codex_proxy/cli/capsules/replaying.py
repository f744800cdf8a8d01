"""``codex-proxy replay``: a capsule's request asked again, and what came out differently.

Rules of this file: text of a capsule is printed without what a terminal would obey; both runs are compared as the log
keeps them, so that what it leaves out is missing on both sides.
"""

import asyncio
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from rich.console import Console

from codex_proxy.bootstrap.replaying.stage import ReplayStage, replay_stage
from codex_proxy.cli.asking import Asked, GatewayRefused, RemotePlane, remote_plane
from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable, Facts, capsule_of
from codex_proxy.operations.capsules.comparing import (
    Difference,
    Outcome,
    Sent,
    differences,
    not_compared,
    outcome_of,
)
from codex_proxy.operations.capsules.missing import kept_as_digests
from codex_proxy.operations.capsules.replay import vendor_calls
from codex_proxy.operations.request_log.store import Wanted

_PATIENCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.05
_MOST_SHOWN: Final = 400
_SAFE: Final = "/:@!$&'()*+,;=-._~"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; ``not_compared`` names what one side did not keep, ``doubts`` what may be why they differ."""

    same: bool
    differences: tuple[Difference, ...]
    not_compared: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


async def replay(capsule: Capsule) -> Verdict:
    """Play it and compare; raises ``CapsuleUnusable``, ``GatewayRefused`` and ``StartRefused``."""
    async with replay_stage(capsule) as stage, remote_plane(stage.url) as plane:
        await _ask(stage, plane)
        played = await _played(capsule, stage)
    then, now = _outcome(capsule), _outcome(played, stage)
    found = tuple(differences(then, now))
    return Verdict(
        same=not found,
        differences=found,
        not_compared=tuple(not_compared(then, now)),
        doubts=tuple(kept_as_digests(capsule)) if found else (),
    )


def show(console: Console, capsule: Capsule, verdict: Verdict) -> None:
    """The verdict, in lines."""
    name = f"{capsule.record.get('id')} of version {capsule.product.version}"
    _print(console, f"the same came of {name}" if verdict.same else f"something else came of {name}:")
    for each in verdict.differences:
        _print(console, f"  {each.what}")
        if each.lines:
            for line in each.lines:
                _print(console, f"    {line}")
        else:
            _print(console, f"    then: {each.then}")
            _print(console, f"    now:  {each.now}")
    for what in verdict.not_compared:
        _print(console, f"  not compared, since it was not kept whole: {what}")
    for doubt in verdict.doubts:
        _print(console, f"  {doubt}")


def as_json(verdict: Verdict) -> bytes:
    """The verdict for programs."""
    return msgspec.json.encode(verdict)


def _outcome(capsule: Capsule, stage: ReplayStage | None = None) -> Outcome:
    """What a capsule tells; ``stage`` is where it was played, None for what happened then."""
    calls = vendor_calls(capsule)
    hosts = frozenset(_host_of(call.request.target) for call in calls)
    sent = [
        Sent(
            place=call.request.target if stage is None else stage.path_of(call.request.target),
            body=call.request.body.whole,
        )
        for call in calls
    ]
    answer = None if capsule.exchange is None else capsule.exchange.answer.body.whole
    return outcome_of(capsule.record, answer, sent, hosts - {""})


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # a capsule comes from anybody
        return ""


async def _ask(stage: ReplayStage, plane: RemotePlane) -> None:
    """Ask the request; an answer that breaks off is in the log as far as it came."""
    wanted = stage.wanted
    headers = {**wanted.headers, "authorization": f"Bearer {stage.inference_key}"}
    path, mark, query = wanted.target.partition("?")
    target = f"{quote(path, safe=_SAFE)}{mark}{quote(query, safe=f'{_SAFE}%')}"  # only the query is quoted already
    asked = Asked(method=wanted.method, path=target, body=wanted.body, headers=headers)
    try:
        await plane.send(asked)
    except GatewayRefused:
        return


async def _played(capsule: Capsule, stage: ReplayStage) -> Capsule:
    """The same of the only request that the gateway had; its log has it a moment after the answer."""
    facts = Facts(made_at=capsule.made_at, product=capsule.product, config={}, vendor_keys=tuple(capsule.vendor_keys))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            request_id = await _request_id(stage)
    except TimeoutError:
        raise CapsuleUnusable("the request was asked again, and nothing of it came into the log") from None
    return capsule_of(await stage.log.entry(request_id), facts)


async def _request_id(stage: ReplayStage) -> str:
    while True:
        rows = (await stage.log.page(Wanted(), limit=1, offset=0)).records
        if rows and rows[0].status is not None:
            return rows[0].id
        await asyncio.sleep(_PAUSE_SECONDS)


def _print(console: Console, text: str) -> None:
    plain = "".join(letter if letter.isprintable() else "·" for letter in text)[:_MOST_SHOWN]
    console.print(plain, markup=False, highlight=False)
