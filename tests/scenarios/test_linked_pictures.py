"""Pictures that requests give by link."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.simulator.unscripted.pictures import tiny_png
from tests.scenarios.stage import CHAT, RESPONSES, Stage, stage
from tests.transports.test_linked_files import PDF, PNG, serving, whole
from tests.transports.wire import listening

FETCHES = {"IMAGES__FETCH_REMOTE": "true", "SECURITY__ALLOW_PRIVATE_UPSTREAMS": "true"}
INLINE = f"data:image/png;base64,{tiny_png()}"
ANTHROPIC = "/v1/messages"
GEMINI = "/v1beta/models/gpt-5.4:generateContent"


def asking(path: str, url: str) -> dict[str, Any]:
    """A question about a linked picture in the words of each dialect."""
    match path:
        case "/v1/chat/completions":
            part: Any = {"type": "image_url", "image_url": {"url": url}}
            return {"model": "gpt-5.4", "messages": [{"role": "user", "content": [part]}]}
        case "/v1/responses":
            part = {"type": "input_image", "image_url": url}
            return {"model": "gpt-5.4", "input": [{"role": "user", "content": [part]}]}
        case "/v1/messages":
            part = {"type": "image", "source": {"type": "url", "url": url}}
            return {"model": "gpt-5.4", "max_tokens": 9, "messages": [{"role": "user", "content": [part]}]}
    part = {"fileData": {"fileUri": url, "mimeType": "image/png"}}
    return {"contents": [{"role": "user", "parts": [part]}]}


async def seen(play: Stage) -> list[str]:
    """The pictures that the backend was shown last."""
    items = (await play.asked())[-1]["body"]["input"]
    parts = [part for item in items for part in item["content"]]
    return [part["image_url"] for part in parts if part["type"] == "input_image"]


@pytest.mark.parametrize("path", [CHAT, RESPONSES, ANTHROPIC, GEMINI])
async def test_a_linked_picture_is_fetched_here_where_the_owner_says_so(tmp_path: Path, path: str) -> None:
    async with listening(serving(whole(PNG))) as url, stage(tmp_path, **FETCHES) as play:
        reply = await play.client.post(path, json=asking(path, url))
        assert await seen(play) == [INLINE]
    assert "image/png and 69 bytes" in reply.text


@pytest.mark.parametrize("path", [CHAT, RESPONSES, ANTHROPIC, GEMINI])
async def test_it_is_the_backends_business_otherwise(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        await play.client.post(path, json=asking(path, "https://pictures.invalid/cat.png"))
        assert await seen(play) == ["https://pictures.invalid/cat.png"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_link_that_cannot_be_followed_is_the_clients_error_and_costs_no_account(
    tmp_path: Path, stream: bool
) -> None:
    async with stage(tmp_path, IMAGES__FETCH_REMOTE="true") as play:
        replies = [
            await play.client.post(CHAT, json=asking(CHAT, url) | {"stream": stream})
            for url in ("http://127.0.0.1:9/cat.png", "http://169.254.169.254/latest", "https://me@pictures.invalid/")
        ]
        assert await play.asked() == []
    assert [reply.status_code for reply in replies] == [400] * 3
    assert [reply.json()["error"]["message"].partition("fetched: ")[2] for reply in replies] == [
        "it leads to a private address",
        "it leads to a forbidden address",
        "it holds a user name or a password",
    ]


async def test_a_linked_document_goes_along_as_a_file(tmp_path: Path) -> None:
    async with listening(serving(whole(PDF))) as url, stage(tmp_path, **FETCHES) as play:
        part = {"type": "document", "source": {"type": "url", "url": url}}
        body = {"model": "gpt-5.4", "max_tokens": 9, "messages": [{"role": "user", "content": [part]}]}
        assert (await play.client.post(ANTHROPIC, json=body)).status_code == 200
        (message,) = (await play.asked())[-1]["body"]["input"]
    (file,) = message["content"]
    assert (file["type"], file["filename"]) == ("input_file", "document.pdf")
    assert file["file_data"].startswith("data:application/pdf;base64,JVBERi0")
