"""Which conversation a request belongs to."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical.blocks import DataSource, Image, Text
from codex_proxy.canonical.request import Dialect, Request, Role, SessionHints, Turn
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import InvalidRequest, ServerCodec
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.session_hints import (
    CONVERSATION_HEADERS,
    INSTRUCTIONS_CHARACTERS,
    conversation_id,
    conversation_of,
    derived_id,
)

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
REMINDER = "<system-reminder>\nToday is Monday.\n</system-reminder>"


# --------------------------------------------------------------------------------------------- what clients say


@pytest.mark.parametrize("name", CONVERSATION_HEADERS)
def test_every_known_header_names_the_conversation(name: str) -> None:
    assert conversation_id({name: " c-1 "}) == "c-1"


def test_headers_win_over_the_body_and_earlier_ones_over_later_ones() -> None:
    headers = {"x-session-id": "second", "session-id": "first"}
    assert conversation_id(headers, "body") == "first"
    assert conversation_id({}, None, 7, "body", "later") == "body"


@pytest.mark.parametrize("value", ["", "   ", "x" * 257])
def test_an_unusable_id_counts_as_none(value: str) -> None:
    assert conversation_id({"session-id": value}) is None
    assert conversation_id({"session-id": value}, "body") == "body"


def test_a_window_is_named_by_its_thread_however_often_it_was_compacted() -> None:
    assert conversation_id({"x-codex-window-id": "thread:0"}) == "thread"
    assert conversation_id({"x-codex-window-id": "thread:12"}) == "thread"


# ----------------------------------------------------------------------------------- how a conversation begins


def user(*texts: str) -> Turn:
    return Turn(role=Role.USER, blocks=tuple(Text(text=text) for text in texts))


def said(role: Role, text: str) -> Turn:
    return Turn(role=role, blocks=(Text(text=text),))


def asked(*turns: Turn, **changes: Any) -> Request:
    known: dict[str, Any] = {"dialect": Dialect.OPENAI_CHAT, "model": "m", "turns": turns}
    return Request(**known | changes)


def begun(*turns: Turn, family: str = "m", **changes: Any) -> str | None:
    return derived_id(asked(*turns, **changes), family=family)


HELLO = begun(user("hello"), instructions="be brief")


def test_later_turns_do_not_change_the_conversation() -> None:
    later = (said(Role.ASSISTANT, "hi"), user("and now?"), said(Role.SYSTEM, "a note on the way"))
    assert begun(user("hello"), *later, instructions="be brief") == HELLO


@pytest.mark.parametrize(
    ("turns", "changes"),
    [
        ((user("goodbye"),), {"instructions": "be brief"}),
        ((user("hello"),), {"instructions": "be verbose"}),
        ((user("hello"),), {}),
        ((user("hello"),), {"instructions": "be brief", "family": "n"}),
    ],
    ids=["first words", "instructions", "no instructions", "model"],
)
def test_another_beginning_is_another_conversation(turns: tuple[Turn, ...], changes: dict[str, Any]) -> None:
    assert begun(*turns, **changes) not in {HELLO, None}


def test_leading_system_messages_count_as_instructions_and_later_ones_do_not() -> None:
    assert begun(said(Role.SYSTEM, "be brief"), user("hello")) == HELLO
    assert begun(said(Role.DEVELOPER, "be brief"), user("hello")) == HELLO
    assert begun(user("hello"), said(Role.SYSTEM, "be brief")) == begun(user("hello"))


def test_only_the_head_of_the_instructions_counts() -> None:
    head = "x" * INSTRUCTIONS_CHARACTERS
    assert begun(user("a"), instructions=head + "Monday") == begun(user("a"), instructions=head + "Tuesday")
    assert begun(user("a"), instructions=head[1:] + "M") != begun(user("a"), instructions=head[1:] + "T")


@pytest.mark.parametrize(
    "texts",
    [(REMINDER, "hello"), (f"{REMINDER}\n{REMINDER}\n\nhello",), (REMINDER + REMINDER, f" {REMINDER}hello")],
    ids=["a block of its own", "before the text", "both"],
)
def test_reminders_before_the_first_words_are_left_out(texts: tuple[str, ...]) -> None:
    assert begun(user(*texts), instructions="be brief") == HELLO


def test_nothing_else_of_the_first_words_is_left_out() -> None:
    assert begun(user("hello", REMINDER), instructions="be brief") != HELLO
    assert begun(user("<system-reminder>never closed, hello"), instructions="be brief") != HELLO


def test_a_beginning_without_words_tells_nothing_whatever_follows() -> None:
    picture = Turn(role=Role.USER, blocks=(Image(source=DataSource(media_type="image/png", data="aGk=")),))
    assert begun() is None
    assert begun(picture, said(Role.ASSISTANT, "a cat"), user("hello")) is None
    assert begun(user(REMINDER)) is None
    assert begun(said(Role.ASSISTANT, "hello")) is None


# ------------------------------------------------------------------------------------------------- precedence


@pytest.mark.parametrize(
    ("session", "trust_user", "conversation"),
    [
        (SessionHints(conversation_id="told", user="alice"), True, "told"),
        (SessionHints(user="alice"), True, "alice"),
        (SessionHints(user="alice"), False, HELLO),
        (SessionHints(user="  "), True, HELLO),
        (SessionHints(), True, HELLO),
    ],
)
def test_what_is_told_wins_over_a_trusted_user_and_that_over_the_beginning(
    session: SessionHints, trust_user: bool, conversation: str | None
) -> None:
    request = asked(user("hello"), instructions="be brief", session=session)
    assert conversation_of(request, family="m", trust_user=trust_user) == conversation


# --------------------------------------------------------------------------------------------- recorded clients


def codec_of(path: str) -> ServerCodec | None:
    """Who parses a captured request; None for what asks for no answer."""
    last = path.partition("?")[0].rsplit("/", 1)[-1]
    model, _, verb = last.partition(":")
    match last:
        case "completions":
            return ChatServer()
        case "responses":
            return ResponsesServer()
        case "messages":
            return AnthropicServer()
        case "chat":
            return OllamaServer()
    return GeminiServer(model=model, verb=Verb(verb)) if verb in {Verb.GENERATE, Verb.STREAM} else None


def conversations() -> dict[tuple[str, str, str], list[str | None]]:
    """The ids of captured requests by client, scenario and model."""
    found: dict[tuple[str, str, str], list[str | None]] = defaultdict(list)
    for capture in captured():
        codec = codec_of(capture["path"])
        if codec is None or not isinstance(capture["body"], dict):
            continue
        headers = {name.lower(): value for name, value in capture["headers"]}
        try:
            request = codec.parse_request(msgspec.json.encode(capture["body"]), headers=headers).request
        except InvalidRequest:
            continue  # a thread that the client asks for without, when it is refused
        found[capture["client"], capture["scenario"], request.model].append(
            conversation_of(request, family=request.model, trust_user=False)
        )
    return found


def captured() -> Iterator[dict[str, Any]]:
    for path in sorted(CAPTURES.glob("*/*.json")):
        value = msgspec.json.decode(path.read_bytes())
        if isinstance(value, dict) and "scenario" in value:
            yield value


@pytest.mark.recordings
def test_the_turns_of_every_captured_conversation_have_one_id_and_conversations_differ() -> None:
    if not CAPTURES.is_dir():
        pytest.skip("no captured requests: they are kept outside the repository")
    found = conversations()
    assert len(found) > 30
    for where, ids in found.items():
        assert ids[0] is not None, where
        assert len(set(ids)) == 1, where
    owners: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    for (client, scenario, _), (conversation, *_) in found.items():
        owners[conversation].add((client, scenario))
    shared = [sorted(where) for where in owners.values() if len(where) > 1]
    assert shared == [[("aider", "chat"), ("aider", "ollama")]]  # the same words to both endpoints
