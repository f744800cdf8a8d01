"""Before the first attempt."""

from typing import Any

import msgspec

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Request, Role, SessionHints, Turn
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.gateway.prepare import Defaults, Prepared, prepare
from codex_proxy.routing.resolve import Resolver

RESOLVER = Resolver(catalogue=packaged_catalogue(), aliases={}, default="gpt-5.4", image_host="gpt-5.5")
LOSSY = (Note(path="tools", verdict=Verdict.DROPPED, weight=Weight.LOSSY),)


def prepared(defaults: Defaults | None = None, notes: tuple[Note, ...] = (), **changes: Any) -> Prepared | Failure:
    known: dict[str, Any] = {"dialect": Dialect.OPENAI_CHAT, "model": "gpt-5.4", "turns": ()}
    return prepare(Request(**known | changes), notes, resolver=RESOLVER, defaults=defaults or Defaults())


def effort_of(made: Prepared | Failure) -> str | None:
    assert isinstance(made, Prepared)
    return made.effort


def test_the_body_wins_over_the_name_and_the_name_over_the_default() -> None:
    defaults = Defaults(effort="low", service_tier="flex")
    assert effort_of(prepared(defaults, model="gpt-5.4-high", reasoning=Reasoning(effort="medium"))) == "medium"
    assert effort_of(prepared(defaults, model="gpt-5.4-high")) == "high"
    assert effort_of(prepared(defaults)) == "low"
    made = prepared(defaults, model="gpt-5.4-fast")
    assert isinstance(made, Prepared)
    assert made.service_tier == "priority"


def test_a_picture_is_made_by_the_model_that_hosts_it() -> None:
    turns = (Turn(role=Role.USER, blocks=(Text(text="a cat"),)),)
    made = prepared(model="gpt-image-2", pictures_only=True, turns=turns)
    assert isinstance(made, Prepared)
    assert (made.model.slug, made.request.model) == ("gpt-5.5", "gpt-image-2")
    assert made.conversation_id is None
    assert isinstance(prepared(model="llama", pictures_only=True), Failure)


def test_a_stored_response_is_not_found() -> None:
    failure = prepared(previous_response_id="resp_1")
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.PREVIOUS_RESPONSE_NOT_FOUND
    assert failure.param == "previous_response_id"


def test_an_unknown_model_is_named_with_its_neighbours() -> None:
    failure = prepared(model="llama-gpt-5.4")
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.MODEL_NOT_FOUND
    assert "did you mean gpt-5.4" in failure.message


def test_strict_refuses_a_lossy_request_and_names_the_field() -> None:
    assert isinstance(prepared(notes=LOSSY), Prepared)
    failure = prepared(Defaults(strict=True), notes=LOSSY)
    assert isinstance(failure, Failure)
    assert failure.param == "tools"


def test_strict_waits_where_a_vendor_may_be_sent_the_body_as_it_is() -> None:
    facts = {"acme-1": ModelFacts(slug="acme-1", context_window=200_000)}
    resolver = msgspec.structs.replace(RESOLVER, vendors=frozenset({"acme"}), vendor_models=facts)
    request = Request(dialect=Dialect.OPENAI_CHAT, model="acme:acme-1[1m]", turns=())
    waiting = prepare(request, LOSSY, resolver=resolver, defaults=Defaults(strict=True))
    assert isinstance(waiting, Prepared)
    assert [note.path for note in waiting.passed_notes] == ["model"]
    assert waiting.notes == LOSSY + waiting.passed_notes


def test_the_conversation_is_told_by_its_beginning_whatever_the_model_is_called() -> None:
    turns = (Turn(role=Role.USER, blocks=(Text(text="hello"),)),)
    plain, suffixed = prepared(turns=turns), prepared(turns=turns, model="gpt-5.4-high-fast")
    other = prepared(turns=turns, model="gpt-5.5")
    assert isinstance(plain, Prepared)
    assert isinstance(suffixed, Prepared)
    assert isinstance(other, Prepared)
    assert plain.conversation_id == suffixed.conversation_id != other.conversation_id


def test_a_user_names_the_conversation_only_where_the_owner_says_so() -> None:
    session = SessionHints(user="alice")
    trusting, careful = prepared(Defaults(trust_user_field=True), session=session), prepared(session=session)
    assert isinstance(trusting, Prepared)
    assert isinstance(careful, Prepared)
    assert (trusting.conversation_id, careful.conversation_id) == ("alice", None)
