import json

import pytest

from codex_proxy.protocols.anthropic.counting import encode_count, parse_count_request
from codex_proxy.protocols.base import InvalidRequest


def test_a_count_needs_no_output_limit() -> None:
    body = {"model": "m", "system": "s", "messages": [{"role": "user", "content": "foo"}], "tools": []}
    parsed = parse_count_request(json.dumps(body).encode(), headers={})
    assert (parsed.request.model, parsed.request.instructions) == ("m", "s")


def test_a_count_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="messages"):
        parse_count_request(b'{"model":"m"}', headers={})


def test_the_answer() -> None:
    assert encode_count(7).body == b'{"input_tokens":7}'
