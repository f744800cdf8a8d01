"""The model catalogue as a Codex client reads it."""

import msgspec
import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.codex.catalogue import catalogue_reply, encode_catalogue
from codex_proxy.protocols.codex.lookups import parse_models
from codex_proxy.simulator.catalogue import MODELS as BACKEND_MODELS

GIVEN = ModelFacts(slug="gpt-6", visible=False, raw={"slug": "gpt-6", "visibility": "hide", "new_field": [1]})
KNOWN = ModelFacts(
    slug="gpt-5.4",
    display_name="GPT",
    description="strong",
    efforts=("low", "high"),
    default_effort="low",
    supports_verbosity=False,
    lite=True,
    context_window=272_000,
    max_context_window=1_000_000,
    priority=3,
)


def test_what_the_backend_gave_is_passed_on_as_it_is() -> None:
    embeddings = ModelFacts(slug="e", vendor="v", capabilities=("embeddings",))
    assert msgspec.json.decode(encode_catalogue([GIVEN, embeddings]).body) == {"models": [GIVEN.raw]}


def test_what_it_did_not_give_has_every_member_that_its_own_entries_have() -> None:
    (entry,) = msgspec.json.decode(encode_catalogue([KNOWN]).body)["models"]
    assert entry.keys() >= BACKEND_MODELS[0].keys()


def test_a_described_model_reads_back_as_what_is_known_of_it() -> None:
    (read,) = parse_models(encode_catalogue([KNOWN]).body)
    assert msgspec.structs.replace(read, raw={}) == KNOWN


def test_the_tag_changes_with_the_list_and_only_then() -> None:
    assert encode_catalogue([GIVEN]).etag == encode_catalogue([GIVEN]).etag != encode_catalogue([KNOWN]).etag


ETAG = encode_catalogue([GIVEN]).etag


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (None, 200),
        ("", 200),
        ('W/"other"', 200),
        (ETAG, 304),
        (ETAG.removeprefix("W/"), 304),
        (f'"a", {ETAG}', 304),
        ("*", 304),
    ],
)
def test_who_has_the_list_already_does_not_get_it_again(told: str | None, status: int) -> None:
    reply = catalogue_reply([GIVEN], if_none_match=told)
    assert (reply.status, dict(reply.headers)["etag"]) == (status, ETAG)
    assert bool(reply.body) is (status == 200)
