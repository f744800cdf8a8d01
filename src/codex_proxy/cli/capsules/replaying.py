"""``codex-proxy replay``: a capsule's request asked again, and what came out differently.

Rules of this file: text of a capsule is printed without what a terminal would obey.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec
from rich.console import Console

from codex_proxy.bootstrap.replaying.stage import ReplayStage, replay_stage
from codex_proxy.cli.asking import Answer, Asked, Gateway, RemotePlane, remote_plane
from codex_proxy.operations.capsules.capsule import Capsule
from codex_proxy.operations.capsules.comparing import Difference, Outcome, differences, outcome_of

_PATIENCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.05
_MOST_SHOWN: Final = 400


async def replay(capsule: Capsule) -> tuple[Difference, ...]:
    """What came out differently; raises ``CapsuleUnusable``, ``GatewayRefused`` and ``StartRefused``."""
    async with replay_stage(capsule) as stage, remote_plane(stage.url) as plane:
        answer = await _asked(stage, plane)
        record = await _record(stage, plane, answer.headers.get("x-request-id", ""))
        now = outcome_of(record, answer.body.decode("utf-8", "replace"))
    return tuple(differences(_then(capsule), now))


def show(console: Console, capsule: Capsule, found: Sequence[Difference]) -> None:
    """The verdict, in lines."""
    name = f"{capsule.record.get('id')} of version {capsule.product.version}"
    if not found:
        _print(console, f"the same came of {name}")
        return
    _print(console, f"something else came of {name}:")
    for each in found:
        _print(console, f"  {each.what}")
        _print(console, f"    then: {each.then}")
        _print(console, f"    now:  {each.now}")


def _then(capsule: Capsule) -> Outcome:
    answer = None if capsule.exchange is None else capsule.exchange.answer.body.whole
    return outcome_of(capsule.record, answer)


async def _asked(stage: ReplayStage, plane: RemotePlane) -> Answer:
    wanted = stage.wanted
    headers = {**wanted.headers, "authorization": f"Bearer {stage.inference_key}"}
    target = quote(wanted.target, safe="/:@!$&'()*+,;=-._~")
    return await plane.send(Asked(method=wanted.method, path=target, body=wanted.body, headers=headers))


async def _record(stage: ReplayStage, plane: RemotePlane, request_id: str) -> dict[str, Any]:
    """What the gateway's log says of the request; it is written a moment after the answer."""
    gateway = Gateway(plane, token=stage.admin_key)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            page = await gateway.ask("GET", f"/admin/logs?search={quote(request_id)}&limit=1")
            told = page["records"]
            if told and told[0]["status"] is not None:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
    answer: dict[str, Any] = await gateway.ask("GET", f"/admin/logs/{quote(request_id)}")
    return answer


def _print(console: Console, text: str) -> None:
    plain = "".join(letter if letter.isprintable() else "·" for letter in text)[:_MOST_SHOWN]
    console.print(plain, markup=False, highlight=False)


def as_json(found: Sequence[Difference]) -> bytes:
    """The verdict for programs."""
    return msgspec.json.encode({"same": not found, "differences": list(found)})
