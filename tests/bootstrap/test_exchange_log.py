"""The line of each exchange."""

import io
import json

import msgspec

from codex_proxy.bootstrap.exchange_log import ExchangeLog
from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord
from tests.gateway.test_observers import RECORD


def test_an_exchange_is_one_line_without_content() -> None:
    out = io.StringIO()
    configure_logs("json", stream=out)
    limited = AttemptRecord(account_row_id="a", failure=Failure(kind=FailureKind.USAGE_LIMIT, message="m"))
    record = msgspec.structs.replace(
        RECORD,
        attempts=(limited, AttemptRecord(account_row_id="b")),
        usage=Usage(input_tokens=3, output_tokens=4),
        first_content_seconds=0.0123,
    )
    ExchangeLog().finished(record)
    line = json.loads(out.getvalue())
    assert (line["request_id"], line["attempts"], line["ended"]) == ("req", ["usage_limit", "answered"], "completed")
    assert (line["input_count"], line["output_count"], line["first_content_ms"]) == (3, 4, 12.3)
