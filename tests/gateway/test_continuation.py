"""Ids towards the upstream."""

import itertools

from codex_proxy.accounts.affinity import TOUCH_SECONDS
from codex_proxy.canonical.blocks import Text, ToolCall, ToolResult
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.gateway.continuation import Continuation, ConversationKey, Known, LearnedRejects, answers_tools_only

KEY: ConversationKey = ("account", "key", "conversation")
NOW = 1_000_000.0


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
    first = known.identity(KEY, ASKED, NOW)
    known.keep_turn_state(KEY, first, "state", NOW)
    same = known.identity(KEY, ANSWERED, NOW)
    assert (same.session_id, same.turn_id, same.turn_state) == (first.session_id, first.turn_id, "state")
    later = known.identity(KEY, ASKED, NOW)
    assert later.session_id == first.session_id
    assert later.turn_id != first.turn_id
    assert later.turn_state is None


def test_an_account_has_one_session_for_those_who_want_it_and_it_outlives_a_restart() -> None:
    known = continuation()
    first = known.session_of("account", NOW)
    assert known.session_of("account", NOW + 1) == first != known.session_of("other", NOW)
    again = continuation()
    again.restore(known.take_dirty().items())
    assert again.session_of("account", NOW) == first
    again.leave(["account"])
    assert len(again) == 1  # the other account keeps its own


def test_the_first_turn_state_holds_and_a_late_one_is_ignored() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED, NOW)
    known.keep_turn_state(KEY, first, "one", NOW)
    known.keep_turn_state(KEY, first, "two", NOW)
    assert known.identity(KEY, ANSWERED, NOW).turn_state == "one"
    known.identity(KEY, ASKED, NOW)
    known.keep_turn_state(KEY, first, "late", NOW)
    assert known.identity(KEY, ANSWERED, NOW).turn_state is None


def test_a_compaction_opens_the_next_window_once_and_the_conversation_stays_in_it() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED, NOW)
    known.compacted(KEY, first, NOW)
    known.compacted(KEY, first, NOW)
    known.compacted(None, first, NOW)
    later = known.identity(KEY, ASKED, NOW)
    assert (first.window_id, later.window_id) == (f"{first.thread_id}:0", f"{first.thread_id}:1")
    assert known.take_dirty()[KEY].identity.window_number == 1


def test_another_account_key_or_conversation_has_ids_of_its_own() -> None:
    known = continuation()
    keys: list[ConversationKey] = [KEY, ("other", *KEY[1:]), (KEY[0], "other", KEY[2]), (*KEY[:2], "other")]
    assert len({known.identity(key, ASKED, NOW).session_id for key in keys}) == 4


def test_without_a_conversation_ids_are_used_once() -> None:
    known = continuation()
    assert known.identity(None, ASKED, NOW) != known.identity(None, ASKED, NOW)


def test_memory_is_bounded() -> None:
    known = continuation(limit=1)
    first = known.identity(KEY, ASKED, NOW)
    known.identity(("other", "k", "c"), ASKED, NOW)
    assert set(known.take_dirty()) == {("other", "k", "c")}
    assert known.identity(KEY, ASKED, NOW).session_id != first.session_id


def test_what_a_store_kept_is_taken_up_where_nothing_newer_is_known() -> None:
    before, after = continuation(), continuation(limit=2)
    kept = [
        (key, Known(before.identity(key, ASKED, NOW), NOW)) for key in (KEY, ("other", *KEY[1:]), ("third", *KEY[1:]))
    ]
    newer = after.identity(KEY, ASKED, NOW)
    after.take_dirty()
    after.restore(kept)
    assert after.identity(KEY, ANSWERED, NOW) == newer
    assert after.identity(kept[1][0], ANSWERED, NOW) == kept[1][1].identity
    assert len(after) == 2
    assert after.take_dirty() == {}


def test_of_what_is_taken_up_the_least_recently_used_goes_first() -> None:
    before, after = continuation(), continuation(limit=2)
    latest, older = (("a", "k", "c"), ("b", "k", "c"))
    after.restore([(key, Known(before.identity(key, ASKED, NOW), NOW)) for key in (latest, older)])
    after.identity(KEY, ASKED, NOW)
    assert len(after) == 2
    assert after.identity(latest, ANSWERED, NOW).session_id == "id-1"


def test_what_changed_is_taken_once_and_given_back_where_it_could_not_be_written() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED, NOW)
    assert known.take_dirty() == {KEY: Known(first, NOW)}
    assert known.take_dirty() == {}
    known.identity(KEY, ANSWERED, NOW + TOUCH_SECONDS - 1)
    assert known.take_dirty() == {}, "a use that tells nothing new"
    known.identity(KEY, ANSWERED, NOW + TOUCH_SECONDS)
    assert known.take_dirty() == {KEY: Known(first, NOW + TOUCH_SECONDS)}
    known.keep_turn_state(KEY, first, "state", NOW + TOUCH_SECONDS + 1)
    taken = known.take_dirty()
    assert taken[KEY].identity.turn_state == "state"
    known.mark([*taken, ("nobody", "k", "c")])
    assert known.take_dirty() == taken


def test_a_15_conversations_go_with_their_account() -> None:
    known = continuation()
    first = known.identity(KEY, ASKED, NOW)
    stays = known.identity(("other", *KEY[1:]), ASKED, NOW)
    known.leave([KEY[0]])
    assert set(known.take_dirty()) == {("other", *KEY[1:])}
    assert known.identity(("other", *KEY[1:]), ANSWERED, NOW) == stays
    assert known.identity(KEY, ANSWERED, NOW).session_id != first.session_id


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
