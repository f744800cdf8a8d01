"""What the owner reads when the gateway listens.

Rules of this file: it goes to standard output; keys are shown by the start that made them and never again.
"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from codex_proxy.operations.client_keys import ADMIN_KEY_ID, INFERENCE_KEY_ID, EnsuredKeys
from codex_proxy.operations.ollama_bridge import OllamaBridge


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What there is to tell.

    ``has_own_key`` where the owner chose the client key; ``setup_link`` sets the dashboard's password, None where there
    is one.
    """

    url: str
    bridge: OllamaBridge
    keys: EnsuredKeys
    access_path: Path
    has_own_key: bool
    setup_link: str | None = None


def greet(greeting: Greeting) -> None:
    """Tell where the gateway listens and where its keys are."""
    tell(f"codex-proxy listening on {greeting.url}")
    status = greeting.bridge.status
    if status.url:
        tell(f"Ollama bridge listening on {status.url}")
    if status.error:
        structlog.get_logger("codex_proxy").warning("the Ollama bridge is not listening", reason=status.error)
    for line in _about_keys(greeting):
        tell(line)
    if greeting.setup_link is not None:
        tell(f"the dashboard has no password yet; set it once, within a day, at {greeting.setup_link}")


def tell(line: str) -> None:
    """Print a line; nobody may be reading any more."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _about_keys(greeting: Greeting) -> Iterator[str]:
    keys = greeting.keys
    if greeting.has_own_key:
        yield "client key: server.proxy_api_key, with all scopes"
    elif keys.made_now:
        yield f"admin key:     {keys.kept.secret_of(ADMIN_KEY_ID)}"
        yield f"inference key: {keys.kept.secret_of(INFERENCE_KEY_ID)}"
        yield f"clients use the inference key; both are shown only now and kept sealed in {greeting.access_path}"
    else:
        yield f"client keys: made by an earlier start, kept sealed in {greeting.access_path}"
