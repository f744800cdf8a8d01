"""Conversations of clients that name none: where they live, and what tells them apart."""

from pathlib import Path
from typing import Any

from tests.scenarios.stage import Stage, stage


async def told(play: Stage) -> list[tuple[str, str]]:
    """Account and session of every request."""
    return [(entry["account"], dict(entry["headers"])["session-id"]) for entry in await play.asked()]


async def turn(play: Stage, first: str, *later: str, **members: Any) -> None:
    """A chat request with the conversation so far."""
    history: list[dict[str, str]] = [{"role": "system", "content": "be brief"}, {"role": "user", "content": first}]
    for words in later:
        history += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": words}]
    reply = await play.client.post("/v1/chat/completions", json={"model": "gpt-5.4", "messages": history} | members)
    assert reply.status_code == 200


async def test_the_turns_of_a_conversation_stay_on_one_account_and_in_one_session(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        await turn(play, "first words")
        await turn(play, "other words")
        await turn(play, "first words", "and then?")
        await turn(play, "other words", "and then?")
        one, other, again, other_again = await told(play)
    assert one == again
    assert other == other_again
    assert one[0] != other[0]
    assert one[1] != other[1]


async def test_the_same_conversation_in_another_dialect_or_with_another_effort_is_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        await turn(play, "first words")
        await turn(play, "in between")
        await turn(play, "first words", "more", model="gpt-5.4-high")
        await play.respond("first words", instructions="be brief")
        one, _, again, responses = await told(play)
    assert one == again == responses


async def test_a_user_counts_where_the_owner_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, SESSION__TRUST_USER_FIELD="true") as play:
        for words in ("a", "b", "c"):
            await turn(play, words, user="alice")
        trusted = await told(play)
    async with stage(tmp_path) as play:
        for words in ("a", "b", "c"):
            await turn(play, words, user="alice")
        careful = await told(play)
    assert len(set(trusted)) == 1
    assert len({session for _, session in careful}) == 3
