"""What is told to the request log while the gateway works: facts as they come, not looked into.

Rules of this file: whatever costs more than keeping a reference happens later, in the log's own thread.
"""

from typing import TypeAlias

import msgspec

from codex_proxy.accounts.choice.explanation import Explanation
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.operations.request_log.capturing.capture import Capture


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange ended; the explanation is there where an account was looked for."""

    record: ExchangeRecord
    explanation: Explanation | None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A request was answered.

    ``status`` is None where the client left before there was one.  ``started_at`` is an epoch second.
    ``client_request_id`` is the client's own word, of any length.  ``refusal`` is the beginning of an error's body,
    ``capture`` is there where bodies are kept.
    """

    request_id: str
    method: str
    path: str
    status: int | None
    started_at: float
    duration_seconds: float
    client_request_id: str | None = None
    refusal: bytes = b""
    capture: Capture | None = None


Item: TypeAlias = Told | Answered
