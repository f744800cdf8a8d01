"""A request says only what the client said."""

import msgspec

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import CodexHints, Dialect, Request, Role, SessionHints, Turn


def _request(session: SessionHints) -> Request:
    turn = Turn(role=Role.USER, blocks=(Text(text="hello"),))
    return Request(dialect=Dialect.OPENAI_CHAT, model="gpt-5.4", turns=(turn,), session=session)


def test_silence_is_none_not_a_default() -> None:
    request = _request(SessionHints())
    assert request.tool_choice is None
    assert request.parallel_tool_calls is None
    assert request.sampling.temperature is None
    assert request.reasoning.effort is None


def test_a_codex_client_is_known_by_its_hints() -> None:
    assert not _request(SessionHints()).is_codex_client
    assert _request(SessionHints(codex=CodexHints())).is_codex_client


def test_only_the_codex_backend_speaks_another_dialects_frames() -> None:
    assert [dialect for dialect in Dialect if dialect.family is not dialect] == [Dialect.CODEX]
    assert Dialect.CODEX.family is Dialect.OPENAI_RESPONSES


def test_a_request_survives_its_own_json() -> None:
    request = _request(SessionHints(codex=CodexHints(turn_metadata={"a": 1})))
    assert msgspec.json.decode(msgspec.json.encode(request), type=Request) == request
