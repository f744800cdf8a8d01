"""A fresh gateway over a taped backend, on loopback and in a directory that goes with it.

Rules of this file: nothing of this machine's settings or environment takes part, and nothing leaves it.
"""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codex_proxy.bootstrap.request_log.facts import plain_keys
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.bootstrap.simulated import listening, simulated_urls
from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable
from codex_proxy.operations.capsules.replay import REPLAYED_SECTIONS, Replayed, replayed, replayed_config
from codex_proxy.operations.client_keys import ADMIN_KEY_ID, INFERENCE_KEY_ID
from codex_proxy.settings.checks.faults import SettingsError
from codex_proxy.settings.schema import Settings
from codex_proxy.simulator.app import SimulatedBackend
from codex_proxy.simulator.taped.backend import TapedBackend
from codex_proxy.simulator.tokens import LIFETIME_SECONDS, make_token

BODY_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStage:
    """Where to ask and with what, and the two keys."""

    url: str
    wanted: Replayed
    inference_key: str
    admin_key: str


@asynccontextmanager
async def replay_stage(capsule: Capsule) -> AsyncIterator[ReplayStage]:
    """The gateway while the block runs.

    Raises:
        CapsuleUnusable: there is nothing to play, or its settings are none.
        StartRefused: no port can be had.
    """
    wanted = replayed(capsule)
    config = replayed_config(capsule, _plain_keys())
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-proxy-replay-")))
        backend = TapedBackend(SimulatedBackend(now=time.time), wanted.tape)
        try:
            async with (
                listening(backend) as base_url,
                serving(ServeOptions(flags=_flags(config, base_url, wanted), data_dir=scratch), {}) as served,
            ):
                kept = served.keys.kept
                yield ReplayStage(
                    url=served.url,
                    wanted=wanted,
                    inference_key=kept.secret_of(INFERENCE_KEY_ID) or "",
                    admin_key=kept.secret_of(ADMIN_KEY_ID) or "",
                )
        except SettingsError as error:
            raise CapsuleUnusable(f"the capsule's settings cannot be used: {error}") from error


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
        "api.base_url": base_url,
        "auth.jwt_token": tokens,
        "auth.oauth_auth_endpoint": urls.authorize,
        "auth.oauth_token_endpoint": urls.token,
        "update.feed_url": urls.feed,
        "update.auto_update": False,
        "tls.health_check_url": f"{urls.issuer}/__ip",
        "logs.capture_body": True,
        "logs.max_body_bytes": BODY_BYTES,
    }


def _plain_keys() -> frozenset[str]:
    sections = {section: getattr(Settings(), section) for section in REPLAYED_SECTIONS}
    return frozenset(f"{section}.{name}" for section, values in sections.items() for name in plain_keys(type(values)))
