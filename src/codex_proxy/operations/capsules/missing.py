"""What of a capsule was not kept, in a sentence each, and what to switch on to have it the next time.

Rules of this file: pure; a sentence says what is missing, how much of it, and the setting that keeps it.
"""

import re
from collections.abc import Iterator
from typing import Final

from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable, Kept

HOW_TO_KEEP: Final = (
    "switch that on with `codex-proxy settings set logs.capture_body true`, or for some hours with "
    'POST /admin/logs/state {"level":"bodies"}, and let the request happen again'
)
HOW_TO_KEEP_MORE: Final = (
    "raise the limit with `codex-proxy settings set logs.max_body_bytes {bytes}` and let it happen again"
)
_DIGEST: Final = re.compile(r"\[\d+ characters of base64, sha256 [0-9a-f]+\]")


def no_bodies(capsule: Capsule) -> str | None:
    """Why a capsule holds nothing to be played; None where it does."""
    if capsule.exchange is not None:
        return None
    return f"of this request the log kept no bodies, and without them nothing can be played again: {HOW_TO_KEEP}"


def text_of(kept: Kept, what: str) -> str:
    """The whole body; raises ``CapsuleUnusable``."""
    why = why_not_whole(kept, what)
    if why is not None:
        raise CapsuleUnusable(why)
    return kept.text or ""


def why_not_whole(kept: Kept, what: str) -> str | None:
    """Why a body is not all there; None where it is.  ``what`` names it in a sentence: ``the client's request``."""
    if kept.whole is not None:
        return None
    if kept.text is None:
        return f"{what} is {kept.type or 'no text'}, of which the log keeps the size and a digest only"
    shown_count = len(kept.text) + len(kept.end or "")
    told = HOW_TO_KEEP_MORE.format(bytes=max(kept.bytes, shown_count))
    return f"of the {kept.bytes} bytes of {what} the middle or the end was not kept: {told}"


def kept_as_digests(capsule: Capsule) -> Iterator[str]:
    """What of the client's request was played as a digest, in a sentence; nothing where all of it was kept."""
    text = "" if capsule.exchange is None else capsule.exchange.request.body.text or ""
    count = len(_DIGEST.findall(text))
    if count:
        pieces = "one piece of data was" if count == 1 else f"{count} pieces of data were"
        yield f"{pieces} kept as a digest only and sent as such, such as a picture; that may be why"
