"""The client key of the owner's choice: what it must be where other machines reach the gateway.

Rules of this file: the same at a start and at a change; a weak one is a warning on loopback.
"""

from typing import Final

import structlog

from codex_proxy.access.keys import is_strong
from codex_proxy.access.samples import is_sample
from codex_proxy.server.listeners import LOOPBACK

OWNERS_KEY: Final = "server.proxy_api_key"
TOO_WEAK: Final = (
    "it is too weak to listen off loopback; it needs 22 or more letters, digits, - and _, and may be no sample that "
    "others know"
)


def is_weak(secret: str | None) -> bool:
    """Whether others may guess it or know it; where there is none, the generated pair is strong."""
    return secret is not None and (not is_strong(secret) or is_sample(secret))


def is_too_weak(secret: str | None, *, host: str) -> bool:
    """Whether nobody may listen there with it."""
    return host not in LOOPBACK and is_weak(secret)


def warn_of(secret: str | None) -> None:
    """Tell the owner of a weak key that will do on loopback."""
    if is_weak(secret):
        structlog.get_logger("codex_proxy").warning(f"{OWNERS_KEY} is weak; that will do on loopback only")
