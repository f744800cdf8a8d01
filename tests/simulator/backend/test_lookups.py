"""The backend's small answers."""

import json

from codex_proxy.protocols.codex.lookups import parse_models
from codex_proxy.simulator.backend.lookups import account_check, answer_headers, models_etag, models_reply
from codex_proxy.simulator.catalogue import models_of
from codex_proxy.simulator.tokens import person_of


def test_each_plan_has_its_models_and_their_tag() -> None:
    plus, free = models_of("plus"), models_of("free")
    slugs = [{model.slug for model in parse_models(models_reply(models).body)} for models in (free, plus)]
    assert slugs[0] < slugs[1]
    assert models_etag(plus) != models_etag(free)


def test_who_has_the_list_is_told_so() -> None:
    models = models_of("plus")
    reply = models_reply(models, if_none_match=models_etag(models))
    assert (reply.status, reply.body, dict(reply.headers)) == (304, b"", {"etag": models_etag(models)})
    assert models_reply(models, if_none_match='W/"other"').status == 200


def test_the_check_sends_an_account_to_where_it_asked() -> None:
    told = json.loads(account_check(person_of("acc", plan="team"), "https://here").body)
    (entry,) = told["accounts"]
    assert (entry["id"], entry["plan_type"], entry["workspace_backend_origin"]) == ("acc", "team", "https://here")
    assert told["default_account_id"] == "acc"


def test_answers_tell_the_model_and_the_tag_of_the_list() -> None:
    models = models_of("free")
    headers = dict(answer_headers(models, model="m"))
    assert (headers["openai-model"], headers["x-models-etag"]) == ("m", models_etag(models))
