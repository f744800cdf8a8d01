"""``build_call``: a canonical request as one HTTP call to the Codex backend.

Rules of this file: bodies are compressed with zstd, as the real client does on this endpoint and nowhere else.
"""

from typing import Final

import msgspec
import zstandard

from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.asking.body import build_body
from codex_proxy.protocols.codex.asking.identity import response_headers

RESPONSES_PATH: Final = "/codex/responses"
_COMPRESSOR: Final = zstandard.ZstdCompressor(level=3)  # one for all: making one costs more than using it


def build_call(request: Request, target: Target) -> UpstreamCall:
    """The call that asks ``target`` for ``request``.

    Raises:
        Unsupported: a member cannot be said and must not be dropped.
    """
    body = build_body(request, target)
    packed = _COMPRESSOR.compress(msgspec.json.encode(body.members))
    return UpstreamCall(
        method="POST",
        path=RESPONSES_PATH,
        headers=response_headers(target, request.session.codex, lite=body.lite, tier=body.tier),
        body=packed,
        context=body.context,
        notes=body.notes,
        sent_fields=frozenset(body.members),
    )
