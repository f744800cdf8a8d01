"""Ids towards the upstream."""

import itertools

from codex_proxy.canonical.blocks import Text, ToolCall, ToolResult
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.gateway.continuation import Continuation, ConversationKey, LearnedRejects, answers_tools_only

KEY: ConversationKey = ("account", "key", "conversation")


def continuation(limit: int = 10) -> Continuation:
    ids = itertools.count(1)
    return Continuation(new_id=lambda: f"id-{next(ids)}", limit=limit)


def request(*turns: Turn) -> Request:
    return Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns)


USER = Turn(role=Role.USER, blocks=(Text(text="hi"),))
CALL = Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="n", arguments="{}"),))
RESULT = Turn(role=Role.TOOL, blocks=(ToolResult(call_id="c", parts=()),))
ASKED, ANSWERED = request(USER), request(USER, CALL, RESULT)


def test_a_user_begins_a_new_turn_and_tools_go_on_with_it() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED)
    known.keep_turn_state(KEY, first, "state")
    same = known.identity(KEY, ANSWERED)
    assert (same.session_id, same.turn_id, same.turn_state) == (first.session_id, first.turn_id, "state")
    later = known.identity(KEY, ASKED)
    assert later.session_id == first.session_id
    assert later.turn_id != first.turn_id
    assert later.turn_state is None


def test_the_first_turn_state_holds_and_a_late_one_is_ignored() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED)
    known.keep_turn_state(KEY, first, "one")
    known.keep_turn_state(KEY, first, "two")
    assert known.identity(KEY, ANSWERED).turn_state == "one"
    known.identity(KEY, ASKED)
    known.keep_turn_state(KEY, first, "late")
    assert known.identity(KEY, ANSWERED).turn_state is None


def test_another_account_key_or_conversation_has_ids_of_its_own() -> None:
    known = continuation()
    keys: list[ConversationKey] = [KEY, ("other", *KEY[1:]), (KEY[0], "other", KEY[2]), (*KEY[:2], "other")]
    assert len({known.identity(key, ASKED).session_id for key in keys}) == 4


def test_without_a_conversation_ids_are_used_once() -> None:
    known = continuation()
    assert known.identity(None, ASKED) != known.identity(None, ASKED)


def test_memory_is_bounded() -> None:
    known = continuation(limit=1)
    first = known.identity(KEY, ASKED)
    known.identity(("other", "k", "c"), ASKED)
    assert known.identity(KEY, ASKED).session_id != first.session_id


def test_what_counts_as_answering_tools() -> None:
    assert answers_tools_only(ANSWERED)
    assert not answers_tools_only(ASKED)
    assert not answers_tools_only(request(USER, CALL, RESULT, USER))
    assert not answers_tools_only(request(RESULT))


def test_refused_fields_are_remembered_by_model() -> None:
    rejects = LearnedRejects()
    rejects.learn("m", "x")
    rejects.learn("m", "y")
    assert rejects.of("m") == {"x", "y"}
    assert rejects.of("other") == frozenset()


def test_models_that_answered_in_the_lite_form_are_remembered() -> None:
    rejects = LearnedRejects()
    assert not rejects.wants_lite("m")
    rejects.learn_lite("m")
    assert rejects.wants_lite("m")
    assert not rejects.wants_lite("other")
