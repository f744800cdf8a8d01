"""How a gateway shows that it goes by a setting: a value to set for each live key, and what is seen then.

Whoever adds a live key adds a line here: what to set, who looks, and what is seen once the gateway goes by it.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import structlog

from codex_proxy.bootstrap.run import Assembled
from codex_proxy.server.listeners import bind
from codex_proxy.simulator.unscripted.pictures import tiny_png
from tests.scenarios.stage import CHAT

ANOTHER_KEY: Final = "Zt7vQ2mXc9Lw4RbK8nYpHd"
PASSWORD: Final = "correct horse battery"
SCENARIO: Final = """\
rules:
  - when: {contains: slow}
    steps: [{delay_ms: 250}, {text: late}]
  - when: {contains: think}
    steps: [{reasoning: [hm]}, {text: so}]
  - when: {contains: overloaded}
    reply: {status: 503, body: {error: {code: server_is_overloaded, message: m}}}
"""


def _free_port() -> int:
    with bind("127.0.0.1", 0) as free:
        return int(free.getsockname()[1])


PORT: Final = _free_port()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A gateway without a socket, over a backend on loopback, and its client with an admin key."""

    whole: Assembled
    client: httpx.AsyncClient
    backend: httpx.AsyncClient

    async def chat(self, text: str = "hi", **members: Any) -> httpx.Response:
        body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": text}]} | members
        return await self.client.post(CHAT, json={name: value for name, value in body.items() if value is not None})

    async def journal(self) -> list[dict[str, Any]]:
        entries = (await self.backend.get("/__journal")).json()["entries"]
        return [entry for entry in entries if entry["endpoint"] == "/codex/responses"]


class Probe(NamedTuple):
    """What to set, who looks, and what is seen then."""

    value: Any
    look: Callable[[Scene], Awaitable[Any]]
    seen: Any


def _asked(*path: str, text: str = "hi", **members: Any) -> Callable[[Scene], Awaitable[Any]]:
    """What of a question reaches the backend."""

    async def look(scene: Scene) -> Any:
        await scene.chat(text, **members)
        told: Any = (await scene.journal())[-1]["body"]
        for name in path:
            told = told.get(name) or {}
        return told

    return look


async def _originator(scene: Scene) -> Any:
    await scene.chat()
    return dict((await scene.journal())[-1]["headers"])["originator"]


async def _owners_words(scene: Scene) -> bool:
    return str(await _asked("instructions")(scene)).endswith("be brief")


async def _in_context(scene: Scene) -> bool:
    (scene.whole.ground.data_dir / "desktop-context.md").write_text("At a desk.")
    return str(await _asked("instructions")(scene)).startswith("At a desk.")


async def _first_role(scene: Scene) -> Any:
    messages = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]
    await scene.chat(messages=messages)
    return (await scene.journal())[-1]["body"]["input"][0]["role"]


async def _placed(scene: Scene) -> bool:
    """Whether a client is told nothing against its choice."""
    body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
    reply = await scene.client.post(CHAT, json=body, headers={"x-codex-proxy-system-prompt": "instructions"})
    return "system-prompt" not in reply.headers.get("x-codex-proxy-notes", "")


def _status(**members: Any) -> Callable[[Scene], Awaitable[int]]:
    async def look(scene: Scene) -> int:
        return (await scene.chat(**members)).status_code

    return look


async def _silence(scene: Scene) -> str | None:
    """What fills the silence of a stream."""
    lines = (await scene.chat("slow", stream=True)).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    if any(choice["delta"] == {} and choice["finish_reason"] is None for choice in choices):
        return "chunk"
    return "comment" if any(line.startswith(": ") for line in lines) else None


async def _heartbeats(scene: Scene) -> bool:
    return await _silence(scene) is not None


async def _attempts(scene: Scene) -> int:
    before = len(await scene.journal())
    await scene.chat("overloaded")
    return len({entry["account"] for entry in (await scene.journal())[before:]})


async def _host_of_a_picture(scene: Scene) -> Any:
    await scene.client.post("/v1/images/generations", json={"prompt": "a cat", "model": "gpt-image-2"})
    return (await scene.journal())[-1]["body"]["model"]


def _listed(name: str) -> Callable[[Scene], Awaitable[bool]]:
    async def look(scene: Scene) -> bool:
        return name in {row["id"] for row in (await scene.client.get("/v1/models")).json()["data"]}

    return look


def _told(path: str, *names: str) -> Callable[[Scene], Awaitable[Any]]:
    """What the control plane tells."""

    async def look(scene: Scene) -> Any:
        told = (await scene.client.get(path)).json()
        for name in names:
            told = told[name]
        return told

    return look


def _part(get: Callable[[Assembled], Any]) -> Callable[[Scene], Awaitable[Any]]:
    """A value that a part of the gateway holds."""

    async def look(scene: Scene) -> Any:
        return get(scene.whole)

    return look


def _choice(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.accounts.ground.pool.policy, name))


def _refresh(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.accounts.refresher.schedule.policy, name))


def _queue(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.selection.queue, name))


def _bridge(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.bridge.settings, name))


def _updates(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.updates.watch._policy, name))


def _timeout(name: str) -> Callable[[Scene], Awaitable[Any]]:
    """Of accounts' calls and of vendors'."""

    def both(whole: Assembled) -> tuple[float, float]:
        pools = (whole.running.clients, whole.running.vendor_keys.ground.calls.clients)
        return tuple(getattr(pool._timeouts, name) for pool in pools)

    return _part(both)


def _plain(get: Callable[[Any], Any]) -> Callable[[Scene], Awaitable[Any]]:
    """What is asked of the settings in force at the moment it is wanted."""
    return _part(lambda whole: get(whole.ground.followers.live.get()))


async def _too_large(scene: Scene) -> int:
    """A body of twelve hundred bytes."""
    return (await scene.chat("x" * 1100)).status_code


def _of_page(origin: str) -> Callable[[Scene], Awaitable[int]]:
    """What a page of this origin is answered."""

    async def look(scene: Scene) -> int:
        return (await scene.client.get("/v1/models", headers={"origin": origin})).status_code

    return look


async def _by_name(scene: Scene) -> tuple[int, ...]:
    """Asked by a name: the data plane, then the control plane."""
    named = {"host": "box.example"}
    return tuple(
        [(await scene.client.get(path, headers=named)).status_code for path in ("/v1/models", "/health/details")]
    )


async def _link(scene: Scene) -> bool:
    """Whether a picture's link begins as the owner wants it."""
    asked = {"prompt": "a cat", "model": "gpt-image-2", "response_format": "url"}
    reply = await scene.client.post("/v1/images/generations", json=asked, headers={"host": "127.0.0.1:8443"})
    return str(reply.json()["data"][0].get("url")).startswith("https://127.0.0.1:8443/")


async def _thoughts(scene: Scene) -> bool:
    message = (await scene.chat("think")).json()["choices"][0]["message"]
    return bool(message.get("reasoning") == "hm")


async def _agent(scene: Scene) -> str:
    """Who we say we are."""
    await scene.chat()
    return str(dict((await scene.journal())[-1]["headers"])["user-agent"])


def _agent_says(word: str) -> Callable[[Scene], Awaitable[bool]]:
    async def look(scene: Scene) -> bool:
        return word in await _agent(scene)

    return look


async def _picture_stays(scene: Scene) -> int:
    """Whether a picture is still there when its link is followed."""
    asked = {"prompt": "a cat", "model": "gpt-image-2", "response_format": "url"}
    reply = await scene.client.post("/v1/images/generations", json=asked)
    path = urlsplit(reply.json()["data"][0]["url"]).path
    return (await scene.client.get(path)).status_code


async def _picture_is_kept(scene: Scene) -> bool:
    return await scene.whole.ground.pictures.keep(tiny_png()) is not None


async def _followed(scene: Scene) -> int:
    """A picture by a link that may not be followed from here."""
    part = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/cat.png"}}
    return (await scene.chat(messages=[{"role": "user", "content": [part]}])).status_code


async def _bucket(scene: Scene) -> Any:
    """The limits that a choice of an account went by."""
    request_id = (await scene.chat()).headers["x-request-id"]
    return (await scene.client.get(f"/admin/explain/{request_id}")).json()["bucket"]


async def _one_conversation(scene: Scene) -> bool:
    """Whether two questions of one user are of one conversation."""
    for text in ("one thing", "another thing"):
        await scene.chat(text, user="me")
    first, second = [entry["body"]["prompt_cache_key"] for entry in (await scene.journal())[-2:]]
    return bool(first == second)


async def _recorded(scene: Scene) -> int:
    """How many exchanges one more makes."""
    recorder = scene.whole.running.usage.recorder
    before = recorder.state.waiting_count
    await scene.chat()
    return recorder.state.waiting_count - before


def _terms(name: str) -> Callable[[Scene], Awaitable[Any]]:
    """Of handed-out keys."""
    return _part(lambda whole: getattr(whole.running.client_keys.admission._parts, name)())


async def _flat_price(scene: Scene) -> float | None:
    return scene.whole.running.client_keys.admission._parts.prices._flat_usd()


async def _with_another_key(scene: Scene) -> int:
    shown = {"authorization": f"Bearer {ANOTHER_KEY}"}
    return (await scene.client.get("/v1/models", headers=shown)).status_code


def _log(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.log.switch.policy, name))


def _log_kept(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.log.queue._parts.retention(), name))


async def _report_kept(scene: Scene) -> bool:
    told = {"source": "external", "error": {"name": "Broken", "message": "it broke"}}
    return bool((await scene.client.post("/admin/error-logs/report", json=told)).json()["ok"])


def _usage_kept(name: str) -> Callable[[Scene], Awaitable[Any]]:
    return _part(lambda whole: getattr(whole.running.usage.retention.kept(), name))


@asynccontextmanager
async def _visitor(scene: Scene, **headers: str) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A browser that logged in, and the cookie it got."""
    inner = httpx.ASGITransport(app=scene.whole.running.application)
    async with httpx.AsyncClient(transport=inner, base_url="http://127.0.0.1", headers=headers) as browser:
        reply = await browser.post("/auth/dashboard-login", json={"password": PASSWORD})
        yield browser, reply.headers["set-cookie"]


async def _secure_cookie(scene: Scene) -> bool:
    async with _visitor(scene, **{"x-forwarded-proto": "https"}) as (_, cookie):
        return "secure" in cookie.lower()


async def _stays_in(scene: Scene) -> bool:
    """Whether a session is there at the request after the one that opened it."""
    async with _visitor(scene) as (browser, _):
        return bool((await browser.get("/auth/dashboard-status")).json()["authenticated"])


async def _warnings(scene: Scene) -> bool:
    await scene.chat()
    return bool((await scene.client.get("/auth/quota/warnings")).json()["warnings"])


BEHAVIOUR: Final[Mapping[str, Probe]] = {
    "server.first_byte_grace_seconds": Probe(0.02, _heartbeats, True),
    "server.heartbeat_seconds": Probe(0.05, _heartbeats, True),
    "server.names": Probe(["Box.example"], _by_name, (200, 200)),
    "server.cors": Probe(["https://app.example"], _of_page("https://app.example"), 200),
    "server.cors_allow_null_origin": Probe(True, _of_page("null"), 200),
    "server.trust_proxy": Probe(True, _secure_cookie, True),
    "images.lifetime_hours": Probe(0, _picture_stays, 404),
    "images.fetch_remote": Probe(True, _followed, 400),
    "client.profile": Probe("cli", _part(lambda whole: whole.running.accounts.ground.client().profile), "cli"),
    "client.engine_version": Probe("0.900.0", _agent_says("0.900.0"), True),
    "client.platform": Probe("Fedora 44", _agent_says("Fedora 44"), True),
    "client.arch": Probe("riscv64", _agent_says("riscv64"), True),
    "client.terminal": Probe("kitty", _agent_says("kitty"), True),
    "logs.capture_body": Probe(True, _told("/admin/logs/state", "level"), "bodies"),
    "logs.llm_only": Probe(False, _told("/admin/logs/state", "llm_only"), False),
    "logs.capacity": Probe(7, _told("/admin/logs/state", "capacity"), 7),
    "logs.max_bytes": Probe(70_000, _told("/admin/logs/state", "max_bytes"), 70_000),
    "logs.retention_hours": Probe(2, _log_kept("age_seconds"), 7200.0),
    "logs.capture_hours": Probe(2, _log("bodies_seconds"), 7200.0),
    "logs.max_body_bytes": Probe(100, _log("body_bytes"), 100),
    "observability.local_error_log": Probe(False, _report_kept, False),
    "observability.max_log_bytes": Probe(2048, _log_kept("error_bytes"), 2048),
    "usage_stats.enabled": Probe(False, _recorded, 0),
    "usage_stats.event_retention_days": Probe(2, _usage_kept("event_days"), 2),
    "usage_stats.history_retention_days": Probe(40, _usage_kept("history_days"), 40),
    "client_keys.default_output_tokens": Probe(9, _terms("default_output_tokens"), 9),
    "client_keys.unknown_price_usd": Probe(2.5, _flat_price, 2.5),
    "session.trust_user_field": Probe(True, _one_conversation, True),
    "images.link_bases": Probe(["https://127.0.0.1:8443"], _link, True),
    "chat.heartbeat": Probe("chunk", _silence, "chunk"),
    "chat.reasoning_field": Probe("reasoning", _thoughts, True),
    "session.longest_hours": Probe(0, _stays_in, False),
    "session.ttl_minutes": Probe(5, _plain(lambda live: live.session.ttl_minutes), 5),
    "api.failover_budget_seconds": Probe(0, _attempts, 1),
    "auth.max_failover_attempts": Probe(1, _attempts, 1),
    "client.originator": Probe("codex_vscode", _originator, "codex_vscode"),
    "model.default": Probe("gpt-5.5", _asked("model", model=None), "gpt-5.5"),
    "model.unknown": Probe("fallback", _status(model="nobody-knows"), 200),
    "model.image_host_model": Probe("gpt-5.4", _host_of_a_picture, "gpt-5.4"),
    "model.default_reasoning_effort": Probe("high", _asked("reasoning", "effort"), "high"),
    "model.default_service_tier": Probe("priority", _asked("service_tier"), "priority"),
    "model.default_tools": Probe([{"type": "web_search"}], _asked("tools"), [{"type": "web_search"}]),
    "model.default_instructions": Probe("be brief", _owners_words, True),
    "model.inject_desktop_context": Probe(True, _in_context, True),
    "model.system_prompt_strategy": Probe("developer_inline", _first_role, "developer"),
    "model.allow_client_system_prompt_strategy": Probe(True, _placed, True),
    "model.aliases": Probe({"mine": "gpt-5.4-mini"}, _asked("model", model="mine"), "gpt-5.4-mini"),
    "model.fallbacks": Probe({"gone": ["gpt-5.4"]}, _plain(lambda live: live.model.fallbacks), {"gone": ["gpt-5.4"]}),
    "model.custom_models": Probe(["gpt-mine"], _listed("gpt-mine"), True),
    "models.list_variants": Probe(True, _listed("gpt-5.4-high"), True),
    "model_routing": Probe({"x": "groq"}, _told("/admin/route?model=x", "vendor"), "groq"),
    "translation.strict": Probe(True, _status(response_format={"type": "grammar"}), 400),
    "quota.model_buckets": Probe({"gpt-5": "mine"}, _bucket, "mine"),
    "auth.chatgpt_oauth": Probe(False, _told("/auth/status", "login_ways"), []),
    "quota.warning_thresholds": Probe({"primary": [1], "secondary": [1]}, _warnings, True),
    "egress.check_interval_minutes": Probe(9, _told("/api/proxies", "healthCheckIntervalMinutes"), 9),
    "ollama.version": Probe("9.9", _bridge("version"), "9.9"),
    "ollama.disable_vision": Probe(True, _bridge("disable_vision"), True),
    "ollama.host": Probe("localhost", _bridge("host"), "localhost"),
    "ollama.port": Probe(PORT, _bridge("port"), PORT),
}
"""Set all at once, and then looked at."""

PARTS: Final[Mapping[str, Probe]] = {
    "server.stop_grace_seconds": Probe(7.0, _plain(lambda live: live.server.stop_grace_seconds), 7.0),
    "server.max_body_bytes": Probe(1024, _too_large, 413),
    "logs.enabled": Probe(False, _told("/admin/logs/state", "enabled"), False),
    "images.max_total_bytes": Probe(1, _picture_is_kept, False),
    "client.app_version": Probe(
        "99.1.1", _part(lambda whole: whole.running.accounts.ground.client().desktop_version), "99.1.1"
    ),
    "client.build_number": Probe(
        "7777", _part(lambda whole: whole.running.updates.watch.versions.desktop_build), "7777"
    ),
    "client.pin_version": Probe(True, _updates("pinned"), True),
    "update.auto_update": Probe(False, _updates("enabled"), False),
    "update.allow_prerelease": Probe(True, _part(lambda whole: whole.running.own_updates.prereleases()), True),
    "quota.concurrency": Probe(3, _part(lambda whole: whole.running.accounts.queries._slots._value), 3),
    "tls.health_check_url": Probe(
        "http://127.0.0.1:9/ip",
        _part(lambda whole: whole.running.egress.checks._parts.urls()),
        ("http://127.0.0.1:9/ip",),
    ),
    "api.connect_timeout_seconds": Probe(9.0, _timeout("connect"), (9.0, 9.0)),
    "api.timeout_seconds": Probe(900.0, _timeout("total"), (900.0, 900.0)),
    "api.headers_timeout_seconds": Probe(7.0, _timeout("headers"), (7.0, 7.0)),
    "api.idle_timeout_seconds": Probe(8.0, _timeout("idle"), (8.0, 8.0)),
    "auth.rotation_strategy": Probe("sticky", _choice("strategy"), "sticky"),
    "auth.tier_priority": Probe(["pro"], _choice("tier_priority"), ("pro",)),
    "auth.rate_limit_backoff_seconds": Probe(900.0, _choice("rest_seconds"), 900.0),
    "auth.refresh_enabled": Probe(False, _refresh("enabled"), False),
    "auth.refresh_margin_seconds": Probe(60.0, _refresh("margin_seconds"), 60.0),
    "auth.refresh_concurrency": Probe(5, _refresh("concurrency"), 5),
    "auth.max_concurrent_per_account": Probe(3, _told("/health/details", "slots", "total_count"), 6),
    "auth.request_interval_ms": Probe(50, _choice("interval_seconds"), 0.05),
    "auth.queue_timeout_ms": Probe(30, _queue("timeout_seconds"), 0.03),
    "auth.queue_limit": Probe(3, _queue("limit"), 3),
    "quota.skip_exhausted": Probe(False, _choice("skip_exhausted"), False),
    "tls.force_http11": Probe(
        True,
        _part(
            lambda whole: [
                pool.http11_only for pool in (whole.running.clients, whole.running.vendor_keys.ground.calls.clients)
            ]
        ),
        [True, True],
    ),
    "tls.proxy_url": Probe(
        "http://127.0.0.1:9",
        _part(lambda whole: getattr(whole.running.accounts.ground.book.owners_way(), "url", None)),
        "http://127.0.0.1:9",
    ),
    "egress.on_unavailable": Probe(
        "direct", _part(lambda whole: whole.running.accounts.ground.book._policy.on_unavailable), "direct"
    ),
    "ollama.enabled": Probe(True, _told("/admin/ollama-status", "running"), True),
    "usage_stats.credits_per_usd": Probe(5.0, _plain(lambda live: live.usage_stats.credits_per_usd), 5.0),
    "logs.level": Probe("error", _part(lambda _: logging.getLogger().level), logging.ERROR),
    "logs.format": Probe(
        "console", _part(lambda _: type(structlog.get_config()["processors"][-1]).__name__), "ConsoleRenderer"
    ),
}
"""Set afterwards, since calls would fail by some of them."""

LAST: Final[Mapping[str, Probe]] = {"server.proxy_api_key": Probe(ANOTHER_KEY, _with_another_key, 200)}
"""After it the scene's own key opens nothing any more."""
