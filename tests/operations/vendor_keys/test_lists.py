"""Lists of models, asked of vendors."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.vendor_keys.lists import KEPT_SECONDS, digest_of
from codex_proxy.operations.vendor_keys.parts import NoModelList, VendorRefused
from codex_proxy.transports.scripted import Break, ScriptedReply, Stall
from codex_proxy.vendors.profile import Wire
from tests.operations.vendor_keys.stage import Stage, replied, told
from tests.vendors.samples import SECRET, key


async def asked(stage: Stage, *, fresh: bool = False, **members: object) -> list[str]:
    wanted = stage.changes.read(told(**members))
    return [model.id for model in await stage.lists.ask(wanted, fresh=fresh)]


async def test_a_vendor_is_asked_with_the_key_and_remembered_for_a_week() -> None:
    stage = Stage()
    stage.transport.add(replied(b'{"data":[{"id":"a"},{"id":"b"}]}'), replied(b'{"data":[{"id":"c"}]}'))
    assert await asked(stage) == ["a", "b"]
    assert await asked(stage) == ["a", "b"]
    ((route, call),) = stage.transport.calls
    assert (call.method, call.path, route.base_url) == ("GET", "/models", "https://api.example/v1")
    assert dict(call.headers) == {"accept": "application/json", "authorization": f"Bearer {SECRET}"}
    stage.clock.time += KEPT_SECONDS
    assert await asked(stage) == ["c"]
    assert len(stage.keeper.kept) == 1


async def test_it_is_asked_again_where_its_owner_wants_it_fresh() -> None:
    stage = Stage()
    stage.transport.add(replied(b'{"data":[{"id":"a"}]}'), replied(b'{"data":[{"id":"b"}]}'))
    assert await asked(stage) == ["a"]
    assert await asked(stage, fresh=True) == ["b"]


async def test_s_16_a_wrong_key_does_not_pass_by_another_ones_list() -> None:
    stage = Stage()
    stage.transport.add(replied(b'{"data":[{"id":"a"}]}'), replied(b'{"error":"no"}', 401))
    await asked(stage)
    with pytest.raises(VendorRefused):
        await asked(stage, api_key="wrong-key-of-some-length")
    digests = {digest_of(each) for each in (key(), key(secret="x"), key(vendor="x"), key(base_url="x"))}
    assert len(digests | {digest_of(key(wire=Wire.RESPONSES))}) == 5


async def test_what_is_remembered_holds_no_key_and_is_there_after_a_restart() -> None:
    stage, again = Stage(), Stage()
    stage.transport.add(replied(b'{"data":[{"id":"a"}]}'))
    await asked(stage)
    assert SECRET not in repr(stage.keeper.kept)
    again.keeper.kept = stage.keeper.kept
    await again.lists.load()
    assert await asked(again) == ["a"]


async def test_lists_in_pages_are_read_to_their_end() -> None:
    stage = Stage()
    stage.transport.add(
        replied(b'{"models":[{"name":"models/a"}],"nextPageToken":"n/1"}'), replied(b'{"models":[{"name":"models/b"}]}')
    )
    assert await asked(stage, provider="gemini") == ["a", "b"]
    paths = [call.path for _, call in stage.transport.calls]
    assert paths == ["/models?pageSize=1000", "/models?pageSize=1000&pageToken=n%2F1"]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (replied(b'{"error":{"message":"Incorrect API key"}}', 401), FailureKind.UNAUTHORIZED, "Incorrect API key"),
        (replied(b'{"error":{"message":"try later"}}', 500), FailureKind.UPSTREAM_ERROR, "try later"),
        (replied(b"<html>"), FailureKind.GARBLED, "it is no JSON"),
        (
            ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="it leads to a private address")),
            FailureKind.UNREACHABLE,
            "it leads to a private address",
        ),
        (ScriptedReply(body=(Break(),)), FailureKind.DISCONNECTED, "broke off"),
    ],
)
async def test_a_list_that_cannot_be_had_is_told_and_leaves_what_was_known(
    reply: ScriptedReply, kind: FailureKind, words: str
) -> None:
    stage = Stage()
    stage.transport.add(replied(b'{"data":[{"id":"a"}]}'), reply)
    await asked(stage)
    with pytest.raises(VendorRefused, match=words) as caught:
        await asked(stage, fresh=True)
    assert caught.value.failure.kind is kind
    assert str(caught.value).startswith("openai gave no list of models: ")
    assert await asked(stage) == ["a"]


async def test_anthropic_and_gemini_word_their_refusals_in_their_own_ways() -> None:
    stage = Stage()
    stage.transport.add(replied(b'{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}', 400))
    with pytest.raises(VendorRefused) as caught:
        await asked(stage, provider="gemini")
    assert caught.value.is_about_the_key
    stage.transport.add(replied(b'{"type":"error","error":{"type":"authentication_error","message":"invalid"}}', 401))
    with pytest.raises(VendorRefused) as caught:
        await asked(stage, provider="custom", wire=Wire.ANTHROPIC, base_url="https://x.example")
    assert caught.value.is_about_the_key


async def test_a_vendor_without_a_list_is_not_asked() -> None:
    stage = Stage()
    with pytest.raises(NoModelList, match="acme tells no list"):
        await stage.lists.ask(key(vendor="acme"))


async def test_a_vendor_that_never_ends_is_given_up() -> None:
    stage = Stage(list_seconds=0.02)
    stage.transport.add(ScriptedReply(body=(Stall(),)))
    with pytest.raises(VendorRefused, match=r"it took longer than 0\.02 seconds"):
        await asked(stage)


async def test_what_cannot_be_kept_is_told_and_serves_all_the_same() -> None:
    stage = Stage()
    stage.keeper.broken = True
    await stage.lists.load()
    stage.transport.add(replied(b'{"data":[{"id":"a"}]}'))
    assert await asked(stage) == ["a"]
    assert stage.complaints == [
        "lists of vendors' models: the file cannot be read",
        "lists of vendors' models: the disk is full",
    ]
