"""Secrets never reach a log: values are redacted by type first, then by the shapes secrets have.

Rules of this file: pure; numbers and booleans are never touched, since token counts are no tokens.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.canonical.target import Credential

REDACTED: Final = "[redacted]"

SECRET_NAMES: Final = frozenset(
    {
        "authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "password",
        "secret",
        "token",
        "access_token",
        "refresh_token",
        "id_token",
        "jwt_token",
        "api_key",
        "apikey",
        "client_key",
        "proxy_api_key",
    }
)

_SHAPES: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"  # JWT
    r"|\bBearer\s+[^\s,;\"']+"
    r"|\b(?:cpa|cp|sk|rt|oaistb_rt|gsk|xai|pplx)[-_][A-Za-z0-9_-]{12,}"  # our keys, vendors' keys, refresh tokens
    r"|\bcodex-proxy-[0-9a-f]{16,}"
    r"|\bAIza[\w-]{20,}",
    re.IGNORECASE,
)
_QUERY_KEYS: Final = re.compile(r"([?&](?:key|token|code|state|access_token|refresh_token)=)[^&\s\"']+", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s:@]+(?::[^/\s@]*)?@", re.IGNORECASE)


def redact(value: Any, name: str = "") -> Any:
    """``value`` without the secrets in it; ``name`` is the member it stands under."""
    match value:
        case bool() | int() | float() | None:
            return value
        case Credential():
            return repr(value)
        case _ if name.lower() in SECRET_NAMES:
            return REDACTED
        case str():
            return redact_text(value)
        case bytes():
            return redact_text(value.decode("utf-8", "replace"))
        case Mapping():
            return {key: redact(member, str(key)) for key, member in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact(member) for member in value]
    return redact_text(repr(value))


def redact_text(text: str) -> str:
    """``text`` with every secret-shaped stretch replaced."""
    text = _SHAPES.sub(REDACTED, text)
    if "=" in text:
        text = _QUERY_KEYS.sub(rf"\1{REDACTED}", text)
    return _USERINFO.sub(rf"\1{REDACTED}@", text) if "@" in text else text
