"""What stands before clients' system prompts and where these stand, as the owner sets it, seen by the backend."""

from pathlib import Path
from typing import Any

from tests.scenarios.stage import CHAT, Stage, stage

SYSTEM = {"role": "system", "content": "be kind"}
USER = {"role": "user", "content": "hi"}
HEADER = "x-codex-proxy-system-prompt"
ALLOWED = {"MODEL__ALLOW_CLIENT_SYSTEM_PROMPT_STRATEGY": "true"}


async def sent(play: Stage, *, place: str | None = None, status: int = 200) -> tuple[str, Any, dict[str, str]]:
    """The instructions, the first item of the input, and the answer's headers."""
    headers = {} if place is None else {HEADER: place}
    reply = await play.client.post(CHAT, json={"model": "gpt-5.4", "messages": [SYSTEM, USER]}, headers=headers)
    assert reply.status_code == status, reply.text
    body = (await play.asked())[-1]["body"]
    return body["instructions"], body["input"][0], dict(reply.headers)


def developer(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}


async def test_the_desktop_context_stands_before_the_instructions_as_the_file_is_now(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:

        async def inject(wanted: bool) -> None:
            change = {"values": {"model.inject_desktop_context": wanted}}
            assert (await play.client.post("/admin/settings", json=change)).status_code == 200

        context = tmp_path / "desktop-context.md"
        await inject(wanted=True)
        assert (await sent(play))[0] == "be kind"
        context.write_text("You sit at a desk.\n")
        assert [(await sent(play))[0] for _ in range(2)] == ["You sit at a desk.\n\nbe kind"] * 2
        context.write_text("You sit in a garden, far away.")
        assert (await sent(play))[0] == "You sit in a garden, far away.\n\nbe kind"
        await inject(wanted=False)
        assert (await sent(play))[0] == "be kind"


async def test_a_context_that_cannot_be_used_keeps_nobody_from_an_answer(tmp_path: Path) -> None:
    (tmp_path / "desktop-context.md").write_bytes(b"\xff" * 9)
    async with stage(tmp_path, "", MODEL__INJECT_DESKTOP_CONTEXT="true") as play:
        assert (await sent(play))[0] == "be kind"


async def test_a_conversation_with_a_context_goes_on_with_the_account_it_lives_with(tmp_path: Path) -> None:
    (tmp_path / "desktop-context.md").write_text("You sit at a desk.")
    async with stage(tmp_path, "", MODEL__INJECT_DESKTOP_CONTEXT="true") as play:
        for _ in range(3):
            await sent(play)
        asked = await play.asked()
        assert len({entry["account"] for entry in asked}) == 1
        assert len({entry["body"]["prompt_cache_key"] for entry in asked}) == 1


async def test_system_prompts_stand_in_the_conversation_where_the_owner_wants_them_there(tmp_path: Path) -> None:
    settings = ALLOWED | {
        "MODEL__SYSTEM_PROMPT_STRATEGY": "developer_inline",
        "MODEL__DEFAULT_INSTRUCTIONS": "I am the owner's",
    }
    async with stage(tmp_path, "", **settings) as play:
        instructions, first, _ = await sent(play)
        assert (instructions, first) == ("I am the owner's", developer("be kind"))
        body = {"model": "gpt-5.4", "instructions": "be brief", "input": "hi"}
        assert (await play.client.post("/v1/responses", json=body)).status_code == 200
        asked = (await play.asked())[-1]["body"]
        assert (asked["instructions"], asked["input"][0]) == ("I am the owner's", developer("be brief"))
        assert (await sent(play, place="instructions"))[0] == "be kind"


async def test_clients_say_where_their_prompts_stand_if_they_may(tmp_path: Path) -> None:
    async with stage(tmp_path, "", **ALLOWED) as play:
        assert (await sent(play))[0] == "be kind"
        instructions, first, headers = await sent(play, place="developer_inline")
        assert (instructions, first) == ("", developer("be kind"))
        assert HEADER not in headers.get("x-codex-proxy-notes", "")
        await sent(play, place="somewhere", status=400)


async def test_who_may_not_choose_is_told_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        instructions, _, headers = await sent(play, place="developer_inline")
        assert instructions == "be kind"
        assert f"{HEADER};dropped" in headers["x-codex-proxy-notes"]
