"""Dialogues about pictures: the image endpoints, the image tool of other dialects, and the way to kept pictures."""

import asyncio
import base64
import hashlib
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.protocols.parts.media import sniff
from codex_proxy.simulator.unscripted.pictures import draw
from tests.scenarios.stage import Stage, chunks_of, stage

GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
TOOL = {"type": "image_generation"}
WORDS = "{when: {account: account-1}, steps: [{text: 'I can only describe a cat.'}]}"
PICTURE = "{steps: [{text: 'Here it is.'}, {image: true}]}"
PNG = base64.b64decode(draw("png", "hat"))
STICKY = {"AUTH__ROTATION_STRATEGY": "sticky"}


async def generate(play: Stage, prompt: str = "a cat", **members: Any) -> httpx.Response:
    return await play.client.post(GENERATIONS, json={"prompt": prompt} | members)


def tool_of(entry: dict[str, Any]) -> dict[str, Any]:
    (tool,) = entry["body"]["tools"]
    assert isinstance(tool, dict)
    return tool


# ---------------------------------------------------------------------------------------------- one picture


async def test_a_picture_is_made_by_a_chat_model_with_the_image_tool(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await generate(play, model="gpt-image-2", size="1536x1024", quality="standard", output_format="webp")
        (asked,) = await play.asked()
    told = reply.json()
    (data,) = told["data"]
    assert (reply.status_code, reply.headers["x-codex-proxy-model"]) == (200, "gpt-5.5")
    assert (sniff(data["b64_json"]), data["revised_prompt"]) == ("image/webp", "a cat")
    looks = {name: told[name] for name in ("background", "output_format", "quality", "size")}
    assert looks == {"background": "opaque", "output_format": "webp", "quality": "medium", "size": "1536x1024"}
    counts = told["usage"]
    assert counts["total_tokens"] == counts["input_tokens"] + counts["output_tokens"] > 0
    assert counts["input_tokens_details"] == {"text_tokens": counts["input_tokens"], "image_tokens": 0}
    assert tool_of(asked) == TOOL | {"size": "1536x1024", "quality": "medium", "output_format": "webp"}
    assert asked["body"]["tool_choice"] == TOOL
    assert "reasoning" not in asked["body"]
    (message,) = asked["body"]["input"]
    assert message["content"] == [{"type": "input_text", "text": "a cat"}]


@pytest.mark.parametrize("path", ["/images/generations", "/openai/v1/images/generations", "/v1//images/generations/"])
async def test_variants_of_the_path_answer(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        assert (await play.client.post(path, json={"prompt": "x"})).json()["data"]


async def test_the_host_is_the_owners_choice_and_a_chat_model_may_be_asked_by_name(tmp_path: Path) -> None:
    async with stage(tmp_path, MODEL__IMAGE_HOST_MODEL="gpt-5.4") as play:
        await play.models_fetched()
        for model in ("dall-e-3", "gpt-5.4-mini", None):
            assert (await generate(play, model=model)).status_code == 200
        unknown = await generate(play, model="llama")
        models = [entry["body"]["model"] for entry in await play.asked()]
    assert models == ["gpt-5.4", "gpt-5.4-mini", "gpt-5.4"]
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


async def test_what_had_no_effect_is_in_the_notes(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await generate(play, model="dall-e-3", size="512x512", style="vivid", user="u")
        (asked,) = await play.asked()
    notes = reply.headers["x-codex-proxy-notes"]
    assert notes.startswith("size;approximated")  # what the answer depends on comes first
    assert {"model;approximated", "style;dropped", "user;dropped"} <= set(notes.split(", "))
    assert tool_of(asked) == TOOL | {"size": "1024x1024"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"n": 5}, "n"),
        ({"size": "100x100"}, "size"),
        ({"background": "transparent"}, "background"),
        ({"output_format": "gif"}, "output_format"),
        ({"output_compression": 50}, "output_compression"),
        ({"partial_images": 2}, "partial_images"),
        ({"svg": {"model": "x"}}, "svg"),
        ({"mask": "x"}, "mask"),
    ],
)
async def test_what_cannot_be_had_is_refused_before_the_backend_is_asked(
    tmp_path: Path, members: dict[str, Any], field: str
) -> None:
    async with stage(tmp_path) as play:
        reply = await generate(play, **members)
        assert await play.asked() == []
    error = reply.json()["error"]
    assert (reply.status_code, error["param"], error["type"]) == (400, field, "invalid_request_error")
    assert field in error["message"]


async def test_strict_refuses_what_would_be_another_picture(tmp_path: Path) -> None:
    async with stage(tmp_path, TRANSLATION__STRICT="true") as play:
        refused = await generate(play, size="256x256")
        fine = await generate(play, style="vivid")
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "size")
    assert fine.status_code == 200


async def test_a_key_is_wanted_for_making_pictures(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        for path in (GENERATIONS, EDITS):
            reply = await play.client.post(path, json={"prompt": "x"}, headers={"authorization": "Bearer wrong"})
            assert reply.status_code == 401
            assert (await play.client.get(path)).status_code == 405


# ------------------------------------------------------------------------------------------ words, no picture


async def test_an_account_that_answers_in_words_is_passed_over_for_one_that_draws(tmp_path: Path) -> None:
    async with stage(tmp_path, f"rules: [{WORDS}, {PICTURE}]", **STICKY) as play:
        reply = await generate(play)
        streamed = await generate(play, stream=True)
        accounts = [entry["account"] for entry in await play.asked()]
        states = await play.states()
    assert reply.json()["data"][0]["b64_json"]
    assert [event["type"] for event in chunks_of(streamed)] == ["image_generation.completed"]
    assert set(accounts) == {"account-1", "account-2"}
    assert states == {"active": 2}


@pytest.mark.parametrize("streamed", [False, True])
async def test_where_every_account_answers_in_words_the_client_learns_why(tmp_path: Path, streamed: bool) -> None:
    async with stage(tmp_path, "rules: [{steps: [{reasoning: [hm]}, {text: 'I can only describe a cat.'}]}]") as play:
        reply = await generate(play, stream=streamed)
        assert len(await play.asked()) == 2
        assert await play.states() == {"active": 2}
        assert await play.slots_in_use() == 0
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (403, "image_generation_unavailable")
    assert "I can only describe a cat." in error["message"]
    assert "2 accounts tried" in error["message"]


async def test_a_refusal_is_the_clients_matter_and_no_other_account_is_asked(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{refusal: 'Not that.'}]}]") as play:
        reply = await generate(play)
        assert len(await play.asked()) == 1
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "content_policy_violation")
    assert "Not that." in error["message"]


async def test_a_limit_before_the_picture_takes_another_account(tmp_path: Path) -> None:
    limit = "{error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500}}"
    rules = f"{{when: {{account: account-1}}, reply: {{status: 429, body: {limit}}}}}"
    async with stage(tmp_path, f"rules: [{rules}, {PICTURE}]", **STICKY) as play:
        assert (await generate(play)).status_code == 200
        assert await play.states() == {"limited": 1, "active": 1}


@pytest.mark.parametrize("ending", ["{end: true}", "{cut: true}", "{failed: {code: server_is_overloaded}}"])
async def test_a_picture_without_its_end_is_a_failure(tmp_path: Path, ending: str) -> None:
    async with stage(tmp_path, f"rules: [{{steps: [{{image: true}}, {ending}]}}]") as play:
        whole = await generate(play)
        streamed = await generate(play, stream=True)
    assert whole.status_code in {502, 503}
    (error,) = chunks_of(streamed)
    assert (error["type"], bool(error["error"]["message"])) == ("error", True)


# ------------------------------------------------------------------------------------------------ streams


async def test_a_stream_shows_previews_and_then_the_picture(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await generate(play, stream=True, partial_images=3, output_format="jpeg")
        (asked,) = await play.asked()
    *previews, completed = chunks_of(reply)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert [preview["type"] for preview in previews] == ["image_generation.partial_image"] * 3
    assert [preview["partial_image_index"] for preview in previews] == [0, 1, 2]
    assert completed["type"] == "image_generation.completed"
    assert {sniff(event["b64_json"]) for event in (*previews, completed)} == {"image/jpeg"}
    assert completed["usage"]["total_tokens"] > 0
    assert tool_of(asked)["partial_images"] == 3


async def test_silence_while_a_picture_is_made_is_filled(tmp_path: Path) -> None:
    pace = {"SERVER__FIRST_BYTE_GRACE_SECONDS": "0.01", "SERVER__HEARTBEAT_SECONDS": "0.02"}
    scenario = "rules: [{steps: [{delay_ms: 300}, {image: true}]}]"
    async with stage(tmp_path, scenario, **pace) as play:
        reply = await generate(play, stream=True)
    assert reply.text.startswith(":")
    assert [event["type"] for event in chunks_of(reply)] == ["image_generation.completed"]


async def test_words_after_the_status_are_an_error_in_the_stream(tmp_path: Path) -> None:
    scenario = "rules: [{steps: [{delay_ms: 100}, {text: no}]}]"
    async with stage(tmp_path, scenario, SERVER__FIRST_BYTE_GRACE_SECONDS="0.01") as play:
        reply = await generate(play, stream=True)
    (error,) = chunks_of(reply)
    assert (reply.status_code, error["error"]["code"]) == (200, "image_generation_unavailable")


# ------------------------------------------------------------------------------------------------- copies


async def test_several_pictures_are_made_side_by_side_and_their_counts_added_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        one = (await generate(play)).json()
        three = (await generate(play, n=3)).json()
        asked = await play.asked()
    assert len(three["data"]) == 3
    assert three["usage"] == {
        name: {kind: 3 * count for kind, count in value.items()} if isinstance(value, dict) else 3 * value
        for name, value in one["usage"].items()
    }
    assert len(asked) == 4
    assert {entry["account"] for entry in asked} == {"account-1", "account-2"}
    assert all("n" not in tool_of(entry) for entry in asked)
    assert len({entry["body"]["prompt_cache_key"] for entry in asked}) == 4


async def test_one_picture_that_fails_fails_all(tmp_path: Path) -> None:
    broken = "{error: {code: content_policy_violation, message: not allowed}}"
    rule = f"{{when: {{account: account-1, request: 2}}, reply: {{status: 400, body: {broken}}}}}"
    async with stage(tmp_path, f"rules: [{rule}, {PICTURE}]") as play:
        reply = await generate(play, n=4)
        async with asyncio.timeout(30):  # a copy that was cut before its headers keeps its slot until they come
            while await play.slots_in_use():
                pass
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "not allowed")


# --------------------------------------------------------------------------------------------------- edits


async def test_an_edit_by_form_shows_the_backend_every_picture(tmp_path: Path) -> None:
    files = [("image[]", ("a.png", PNG, "image/jpeg")), ("image[]", ("b.png", PNG, "application/octet-stream"))]
    async with stage(tmp_path) as play:
        reply = await play.client.post(EDITS, data={"prompt": "a hat", "size": "1024x1024"}, files=files)
        (asked,) = await play.asked()
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{draw('png', 'hat')}"}
    (message,) = asked["body"]["input"]
    assert message["content"] == [{"type": "input_text", "text": "a hat"}, picture, picture]
    assert tool_of(asked) == TOOL | {"size": "1024x1024", "action": "edit"}
    assert reply.json()["usage"]["input_tokens_details"]["image_tokens"] > 0


async def test_an_edit_by_json_and_as_a_stream(tmp_path: Path) -> None:
    asked = {"prompt": "a hat", "image": f"data:image/png;base64,{draw('png', 'hat')}", "input_fidelity": "high"}
    async with stage(tmp_path) as play:
        whole = await play.client.post(EDITS, json=asked)
        streamed = await play.client.post(EDITS, json=asked | {"stream": True, "partial_images": 1})
    assert whole.json()["data"]
    assert "input_fidelity;dropped" in whole.headers["x-codex-proxy-notes"]
    assert [event["type"] for event in chunks_of(streamed)] == ["image_edit.partial_image", "image_edit.completed"]


async def test_a_bad_form_is_refused_by_name(tmp_path: Path) -> None:
    many = [("image[]", (f"{number}.png", PNG)) for number in range(17)]
    async with stage(tmp_path, SERVER__MAX_BODY_BYTES="20000") as play:
        refusals = [
            await play.client.post(EDITS, data={"prompt": "x"}, files=files)
            for files in (
                [("image", ("a.pdf", b"%PDF-1.7"))],
                [("image", ("a.png", PNG)), ("mask", ("m.png", PNG))],
                many,
                [("other", ("a.png", PNG))],
            )
        ]
        large = await play.client.post(EDITS, data={"prompt": "x"}, files=[("image", ("a.png", PNG + bytes(30_000)))])
        assert await play.asked() == []
    assert [(reply.status_code, reply.json()["error"]["param"]) for reply in refusals] == [
        (400, "image[0]"),
        (400, "mask"),
        (400, "image"),
        (400, "image"),
    ]
    assert refusals[1].json()["error"]["code"] == "unsupported_parameter"
    assert large.status_code == 413


async def test_variations_are_not_served(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post("/v1/images/variations", files=[("image", ("a.png", PNG))])
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_url")


# ---------------------------------------------------------------------------------------------------- links


async def test_a_link_leads_to_the_picture_without_a_key(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        told = (await generate(play, response_format="url", output_format="jpeg")).json()
        (data,) = told["data"]
        async with httpx.AsyncClient(timeout=60) as stranger:
            shown = await stranger.get(data["url"])
            missing = [await stranger.get(f"{play.url}/images/{name}") for name in ("x", "0" * 24 + ".png", "a/b", "")]
    assert "b64_json" not in data
    assert data["url"].startswith(f"{play.url}/images/")
    assert base64.b64encode(shown.content).decode() == draw_of("a cat", "jpeg")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "sandbox"
    assert shown.headers["cache-control"] == "private"
    assert {(reply.status_code, reply.content) for reply in missing} == {(404, missing[0].content)}
    (file,) = (tmp_path / "images").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.stem) >= 22


def draw_of(prompt: str, form: str) -> str:
    """What the simulated tool draws for a prompt; the model is part of its seed."""
    return draw(form, hashlib.sha256(f"gpt-5.5\0{prompt}\0".encode()).hexdigest())


async def test_a_host_that_nobody_configured_is_not_repeated(tmp_path: Path) -> None:
    async with stage(tmp_path, IMAGES__LINK_BASES='["https://pictures.example"]') as play:
        links = {
            host: (
                await play.client.post(
                    GENERATIONS, json={"prompt": "x", "response_format": "url"}, headers={"host": host}
                )
            ).json()["data"][0]["url"]
            for host in ("evil.example", "pictures.example", "localhost:1")
        }
    assert links["evil.example"].startswith(f"{play.url}/images/")
    assert links["pictures.example"].startswith("https://pictures.example/images/")
    assert links["localhost:1"].startswith("http://localhost:1/images/")


async def test_a_picture_that_cannot_be_kept_comes_as_data(tmp_path: Path) -> None:
    async with stage(tmp_path, IMAGES__MAX_TOTAL_BYTES="10") as play:
        (data,) = (await generate(play, response_format="url")).json()["data"]
    assert sniff(data["b64_json"]) == "image/png"


async def test_pictures_expire(tmp_path: Path) -> None:
    async with stage(tmp_path, IMAGES__LIFETIME_HOURS="0") as play:
        (data,) = (await generate(play, response_format="url")).json()["data"]
        assert (await play.client.get(data["url"])).status_code == 404


# ---------------------------------------------------------------------------------- the tool in other dialects


async def test_responses_carry_previews_and_the_picture_in_its_item(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.respond("a cat", tools=[TOOL | {"partial_images": 2}], stream=True)
    events = chunks_of(reply)
    previews = [event for event in events if event["type"] == "response.image_generation_call.partial_image"]
    assert [event["partial_image_index"] for event in previews] == [0, 1]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    pictures = [item for item in done if item["type"] == "image_generation_call"]
    final = events[-1]["response"]
    assert [sniff(item["result"]) for item in pictures] == ["image/png"]
    assert pictures[0] in final["output"]
    assert final["tool_usage"]["image_gen"]["total_tokens"] > 0


@pytest.mark.parametrize("shape", ["empty_output", "done"])
async def test_a_picture_that_the_final_response_leaves_out_is_still_delivered(tmp_path: Path, shape: str) -> None:
    async with stage(tmp_path, f"rules: [{{shape: {shape}, steps: [{{image: true}}]}}]") as play:
        (item,) = (await play.respond("a cat", tools=[TOOL])).json()["output"]
        (data,) = (await generate(play)).json()["data"]
        chat = (await play.chat("a cat", tools=[TOOL])).json()["choices"][0]["message"]
    assert sniff(item["result"]) == sniff(data["b64_json"]) == "image/png"
    assert chat["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_a_picture_that_still_says_it_is_being_generated_counts(tmp_path: Path) -> None:
    item = f"{{type: image_generation_call, status: generating, result: {draw('png', 'a')}}}"
    async with stage(tmp_path, f"rules: [{{steps: [{{hosted: {item}}}]}}]") as play:
        (data,) = (await generate(play)).json()["data"]
    assert data["b64_json"] == draw("png", "a")


async def test_settings_that_the_backend_refuses_are_left_out_with_notes(tmp_path: Path) -> None:
    wanted = TOOL | {"model": "gpt-image-1", "n": 2, "input_fidelity": "high", "style": "vivid", "size": "auto"}
    wanted |= {"input_image_mask": {"image_url": "x"}}
    async with stage(tmp_path) as play:
        reply = await play.respond("a cat", tools=[wanted], tool_choice=TOOL)
        (asked,) = await play.asked()
    assert reply.json()["status"] == "completed"
    assert tool_of(asked) == TOOL | {"model": "gpt-image-2", "size": "auto"}
    notes = reply.headers["x-codex-proxy-notes"]
    for name in ("n;dropped", "input_fidelity;dropped", "style;dropped", "input_image_mask;dropped", "model;approx"):
        assert f"tools.image_generation.{name}" in notes


async def test_what_the_tool_cannot_do_is_the_backends_own_refusal(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.respond("a cat", tools=[TOOL | {"background": "transparent"}])
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "tools[0].background")


async def test_chat_shows_a_picture_as_data(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        whole = await play.chat("a cat", tools=[TOOL])
        streamed = await play.chat("a cat", tools=[TOOL], stream=True)
    (image,) = whole.json()["choices"][0]["message"]["images"]
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    deltas = [choice["delta"] for chunk in chunks_of(streamed) for choice in chunk["choices"]]
    assert [delta["images"] for delta in deltas if "images" in delta] == [[image]]
    assert whole.json()["choices"][0]["finish_reason"] == "stop"


async def test_a_giant_picture_passes_every_way(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{giant_image_mb: 12}]}]") as play:
        (item,) = (await play.respond("a cat", tools=[TOOL])).json()["output"]
        (data,) = (await generate(play)).json()["data"]
        *_, completed = chunks_of(await generate(play, stream=True))
        (linked,) = (await generate(play, response_format="url")).json()["data"]
        size_bytes = len((await play.client.get(linked["url"])).content)
    assert len(item["result"]) == len(data["b64_json"]) == len(completed["b64_json"]) > 16_000_000
    assert size_bytes > 12_000_000
