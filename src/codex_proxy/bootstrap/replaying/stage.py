"""A fresh gateway over taped upstreams, on loopback and in a directory that goes with it.

Rules of this file: nothing of this machine's settings or environment takes part, and nothing leaves it.
"""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.replaying.vendors import played_keys, played_providers
from codex_proxy.bootstrap.request_log.facts import plain_keys
from codex_proxy.bootstrap.run import ServeOptions, Serving, serving
from codex_proxy.bootstrap.simulated import listening, simulated_urls
from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable
from codex_proxy.operations.capsules.replay import (
    MODEL_ROUTING,
    REPLAYED_SECTIONS,
    Replayed,
    replayed,
    replayed_config,
    replayed_routing,
)
from codex_proxy.operations.client_keys import INFERENCE_KEY_ID
from codex_proxy.operations.request_log.desk import LogDesk
from codex_proxy.settings.checks.faults import SettingsError
from codex_proxy.settings.schema import Settings
from codex_proxy.simulator.app import SimulatedBackend
from codex_proxy.simulator.taped.backend import Tape, TapedBackend
from codex_proxy.simulator.tokens import LIFETIME_SECONDS, make_token
from codex_proxy.simulator.vendors.service import PREFIX as VENDORS

BODY_BYTES: Final = 16 * 1024 * 1024
NO_GRACE_SECONDS: Final = 0.001
LONG_GRACE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStage:
    """Where to ask, with what and with which key, and the log of it."""

    url: str
    wanted: Replayed
    inference_key: str
    log: LogDesk

    def path_of(self, url: str) -> str:
        """The part of a URL of one of the vendors that stands behind its address."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        return f"/{path.removeprefix(VENDORS).partition('/')[2]}"


@asynccontextmanager
async def replay_stage(capsule: Capsule) -> AsyncIterator[ReplayStage]:
    """The gateway while the block runs.

    Raises:
        CapsuleUnusable: there is nothing to play, or its settings or vendors are none.
        StartRefused: no port can be had.
    """
    wanted = replayed(capsule)
    config = replayed_config(capsule, _plain_keys()) | {MODEL_ROUTING: replayed_routing(capsule)}
    tapes = [Tape(each.tape) for each in wanted.vendor_keys]
    backend = TapedBackend(SimulatedBackend(now=time.time), Tape(wanted.tape), tapes)
    async with listening(backend) as base_url, _served(config, base_url, wanted) as served:
        yield _stage(served, wanted)


@asynccontextmanager
async def _served(config: dict[str, Any], base_url: str, wanted: Replayed) -> AsyncIterator[Serving]:
    with tempfile.TemporaryDirectory(prefix="codex-proxy-replay-") as scratch:
        try:
            async with serving(_options(config, base_url, wanted, Path(scratch)), {}) as served:
                yield served
        except (SettingsError, StartRefused) as error:
            raise CapsuleUnusable(f"the capsule's settings cannot be used: {error}") from error


def _stage(served: Serving, wanted: Replayed) -> ReplayStage:
    return ReplayStage(
        url=(served.bridge.status.url or "") if wanted.asks_bridge else served.url,
        wanted=wanted,
        inference_key=served.keys.kept.secret_of(INFERENCE_KEY_ID) or "",
        log=served.log,
    )


def _options(config: dict[str, Any], base_url: str, wanted: Replayed, scratch: Path) -> ServeOptions:
    return ServeOptions(
        flags=_flags(config, base_url, wanted),
        data_dir=scratch,
        vendor_keys=played_keys(wanted.vendor_keys, base_url),
    )


def _flags(config: dict[str, Any], base_url: str, wanted: Replayed) -> dict[str, Any]:
    urls = simulated_urls(base_url)
    expires_at = time.time() + LIFETIME_SECONDS
    tokens = [
        make_token(
            account_id=f"replayed-{number}",
            plan="plus",
            email=f"replayed-{number}@example.invalid",
            expires_at=expires_at,
            issuer=urls.issuer,
        )
        for number in range(wanted.accounts_count)
    ]
    return config | {
        "server.port": 0,
        "server.stop_grace_seconds": 0.5,
        "server.first_byte_grace_seconds": NO_GRACE_SECONDS if wanted.status_first else LONG_GRACE_SECONDS,
        "api.base_url": base_url,
        "auth.jwt_token": tokens,
        "auth.oauth_auth_endpoint": urls.authorize,
        "auth.oauth_token_endpoint": urls.token,
        "update.feed_url": urls.feed,
        "update.auto_update": False,
        "tls.health_check_url": f"{urls.issuer}/__ip",
        "ollama.enabled": wanted.asks_bridge,
        "ollama.port": 0,
        "logs.level": "error",
        "logs.capture_body": True,
        "logs.max_body_bytes": BODY_BYTES,
        "security.allow_private_upstreams": True,
        "security.loopback_only": True,
        "providers": played_providers(wanted.vendor_keys, base_url),
    }


def _plain_keys() -> frozenset[str]:
    sections = {section: getattr(Settings(), section) for section in REPLAYED_SECTIONS}
    return frozenset(f"{section}.{name}" for section, values in sections.items() for name in plain_keys(type(values)))
