"""Calls whose body and reply are passed on."""

import msgspec
import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.events import Completed
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import CodexHints, Dialect, SessionHints
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.codex.unstreamed.passed import PassedClient
from codex_proxy.protocols.openai_responses.unstreamed.passed import PassedRequest
from tests.protocols.codex.parts import request, target

BODY = b'{ "query": "x",  "model": "gpt-5.4" }'


def asked(body: bytes = BODY, model: str = "gpt-5.4") -> PassedRequest:
    return PassedRequest(
        dialect=Dialect.OPENAI_RESPONSES,
        model=model,
        turns=(),
        session=SessionHints(codex=CodexHints(turn_state="theirs", beta_features="theirs")),
        endpoint="alpha/search",
        body=body,
        members=msgspec.json.decode(body),
    )


def test_the_body_goes_byte_by_byte_under_our_identity_alone() -> None:
    call = PassedClient().build_call(asked(), target(routing_override="us"))
    assert (call.method, call.path, call.body) == ("POST", "/codex/alpha/search", BODY)
    assert call.headers == (
        ("version", "0.169.0"),
        ("x-openai-account-routing-override", "us"),
        ("authorization", "Bearer secret"),
        ("chatgpt-account-id", "account"),
        ("content-type", "application/json"),
        ("originator", "Codex Desktop"),
        ("user-agent", "Codex Desktop/0.169.0 (Debian 12.0.0; x86_64) xterm (Codex Desktop; 26.1120.10001)"),
        ("accept", "*/*"),
    )
    assert call.sent_fields == {"query", "model"}


def test_a_model_of_another_name_is_replaced_and_one_that_is_missing_is_not_added() -> None:
    renamed = PassedClient().build_call(asked(b'{"model":"mine","q":1}', "mine"), target())
    assert msgspec.json.decode(renamed.body) == {"model": "gpt-5.4", "q": 1}
    assert PassedClient().build_call(asked(b'{"q":1}', ""), target()).body == b'{"q":1}'


def test_only_a_passed_request_can_be_passed_on() -> None:
    with pytest.raises(Unsupported):
        PassedClient().build_call(request(), target())


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (b'{"a": 1}', None),
        (b'{"usage": {"input_tokens": 3, "output_tokens": 2}}', Usage(input_tokens=3, output_tokens=2)),
        ("<b>ä</b>".encode(), None),
        (b"", None),
    ],
)
def test_the_reply_is_one_text(body: bytes, usage: Usage | None) -> None:
    client = PassedClient()
    stream = client.open_stream(client.build_call(asked(), target()))
    stream.feed(body)
    response = fold([event for step in stream.end() for event in step.events])
    assert [part.block for part in response.parts] == [Text(text=body.decode())]
    assert (response.usage, response.ending) == (usage, Completed())


def test_the_replys_type_is_relayed_with_what_codex_clients_see_anyway() -> None:
    facts = PassedClient().parse_headers({"content-type": "text/plain", "openai-model": "m", "set-cookie": "x"})
    assert facts.relay == (("openai-model", "m"), ("content-type", "text/plain"))
    assert PassedClient().parse_headers({}).relay == ()
