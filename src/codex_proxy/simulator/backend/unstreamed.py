"""What the backend answers in one body: compactions, and endpoints whose meaning nobody outside knows.

Rules of this file: pure.  A compaction keeps the user's messages and seals the rest, as captured replies do; the other
endpoints repeat what they were asked, so that a test can tell that it came through.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.unscripted.facts import is_user, parts_of

COMPACT: Final = "responses/compact"
ECHOED: Final = frozenset({"alpha/search", "memories/trace_summarize"})


def compact_reply(body: JsonObject, seal: Callable[[str], str]) -> WireReply:
    """``POST /codex/responses/compact``; ``seal`` makes the account's encrypted content of a digest."""
    kept = [item for item in parts_of(body["input"]) if is_user(item)]
    digest = hashlib.sha256(encode(body)).hexdigest()
    item = {"type": "compaction", "id": f"cmp_{digest[:24]}", "encrypted_content": seal(digest)}
    return WireReply(status=200, body=encode({"output": [*kept, item]}))


def echo_reply(endpoint: str, body: JsonObject) -> WireReply:
    """``POST /codex/{endpoint}`` of the others."""
    return WireReply(status=200, body=encode({"endpoint": endpoint, "asked": body}))
