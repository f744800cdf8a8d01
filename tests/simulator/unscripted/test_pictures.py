"""Pictures of the simulated image tool."""

import base64
import hashlib
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.usage import ImageUsage
from codex_proxy.protocols.parts.media import sniff
from codex_proxy.simulator.unscripted.facts import Facts, read_facts
from codex_proxy.simulator.unscripted.pictures import draw, image_settings, image_usage, picture_events, tiny_png
from codex_proxy.usage.counting.pixels import PixelSize, pixel_size

JPEG_DIGEST = "865267f033e1130c4292e7db91361c303f936a88854d3db0764a40005b6c97e9"


def facts(prompt: str = "a cat", *images: dict[str, Any], plan: str | None = None, **settings: Any) -> Facts:
    content = [{"type": "input_text", "text": prompt}, *images]
    tool = {"type": "image_generation"} | settings
    body = {"model": "m", "input": [{"role": "user", "content": content}], "tools": [tool]}
    return read_facts(body, account_id="a", request_number=1, plan=plan)


def finished(told: Facts) -> dict[str, Any]:
    *_, last = picture_events(told, 0)
    assert isinstance(last, ev.HostedEnded)
    return last.item


@pytest.mark.parametrize(("form", "media_type"), [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp")])
def test_a_picture_is_in_the_format_asked_for_and_hangs_on_the_prompt(form: str, media_type: str) -> None:
    item = finished(facts(output_format=form))
    assert (sniff(item["result"]), item["output_format"]) == (media_type, form)
    assert finished(facts(output_format=form)) == item
    assert finished(facts("a dog", output_format=form))["result"] != item["result"]


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_a_picture_has_eight_by_eight_pixels(form: str) -> None:
    assert pixel_size(base64.b64decode(draw(form, "a cat"))) == PixelSize(width=8, height=8)


def test_the_bytes_are_those_that_a_foreign_decoder_took() -> None:
    assert draw("webp", "a cat") == "UklGRhgAAABXRUJQVlA4TAwAAAAvB8ABACh5o3rW/wA="  # all of it (81, 228, 103)
    assert hashlib.sha256(base64.b64decode(draw("jpeg", "a cat"))).hexdigest() == JPEG_DIGEST  # all of it grey 18


def test_padding_follows_the_picture() -> None:
    plain, padded = (base64.b64decode(draw("png", "a", padding_bytes=count)) for count in (0, 1000))
    assert padded == plain + bytes(1000)
    assert base64.b64decode(tiny_png()).startswith(b"\x89PNG")


def test_as_many_previews_as_asked_for_and_each_another() -> None:
    previews = [event for event in picture_events(facts(partial_images=3), 0) if isinstance(event, ev.ImagePartial)]
    assert [preview.index for preview in previews] == [0, 1, 2]
    assert len({preview.data for preview in previews} | {finished(facts())["result"]}) == 4
    kinds = [type(event) for event in picture_events(facts(), 0)]
    assert kinds == [ev.HostedStarted, ev.HostedEnded]


def test_the_item_says_how_the_picture_was_made() -> None:
    item = finished(facts(size="1536x1024", quality="high"))
    told = {name: item[name] for name in ("size", "quality", "background", "revised_prompt")}
    assert told == {"size": "1536x1024", "quality": "high", "background": "opaque", "revised_prompt": "a cat"}


def test_counts_are_of_text_and_pictures() -> None:
    told = facts("a cat", {"type": "input_image", "image_url": "https://a"})
    events = list(picture_events(told, 0))
    assert image_usage(told, events) == ImageUsage(
        input_tokens=87, text_input_tokens=2, image_input_tokens=85, output_tokens=196, total_tokens=283
    )
    assert image_usage(told, events[:1]) is None


def test_a_free_plan_has_no_image_tool() -> None:
    assert image_settings(facts(plan="plus", size="auto"))["size"] == "auto"
    assert image_settings(facts(plan="free")) == {}
