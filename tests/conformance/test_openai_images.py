"""The image endpoints through the official Python SDK."""

import base64
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from codex_proxy.protocols.parts.media import sniff
from codex_proxy.simulator.unscripted.pictures import draw
from tests.conformance.conftest import Gateway
from tests.scenarios.stage import KEY

PROMPT = "a cat in a hat"
PNG = base64.b64decode(draw("png", "hat"))


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    with OpenAI(base_url=gateway.base_url, api_key=KEY, max_retries=0) as made:
        yield made


def test_generate(client: OpenAI) -> None:
    answer = client.images.generate(
        model="gpt-image-2", prompt=PROMPT, n=2, size="1536x1024", quality="high", output_format="jpeg"
    )
    assert answer.data is not None
    assert [sniff(picture.b64_json or "") for picture in answer.data] == ["image/jpeg"] * 2
    assert (answer.size, answer.quality, answer.output_format) == ("1536x1024", "high", "jpeg")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.input_tokens_details.text_tokens == answer.usage.input_tokens


def test_generate_as_a_link(client: OpenAI) -> None:
    answer: Any = client.images.generate(prompt=PROMPT, response_format="url")
    (picture,) = answer.data
    with urllib.request.urlopen(picture.url) as shown:
        assert shown.headers["content-type"] == "image/png"
        assert shown.read().startswith(b"\x89PNG")


def test_generate_as_a_stream(client: OpenAI) -> None:
    events = list(client.images.generate(prompt=PROMPT, stream=True, partial_images=2))
    *previews, completed = events
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [getattr(event, "partial_image_index", None) for event in previews] == [0, 1]
    assert completed.type == "image_generation.completed"
    assert sniff(completed.b64_json) == "image/png"
    assert completed.usage.total_tokens > 0
    assert completed.created_at > 0


@pytest.mark.parametrize("count", [1, 2])
def test_edit(client: OpenAI, gateway: Gateway, count: int) -> None:
    files: Any = [(f"{number}.png", PNG, "image/png") for number in range(count)]
    answer = client.images.edit(
        image=files if count > 1 else files[0], prompt=PROMPT, model="gpt-image-2", size="1024x1024", n=1
    )
    assert answer.data is not None
    assert sniff(answer.data[0].b64_json or "") == "image/png"
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.image_tokens > 0
    (message,) = gateway.asked()[-1]["body"]["input"]
    assert [part["type"] for part in message["content"]] == ["input_text", *["input_image"] * count]


def test_edit_as_a_stream(client: OpenAI) -> None:
    events = list(client.images.edit(image=("a.png", PNG), prompt=PROMPT, stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_errors_raise_the_sdks_own_exceptions(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as wrong:
        client.images.generate(prompt=PROMPT, background="transparent")
    assert (wrong.value.param, wrong.value.code) == ("background", "unsupported_value")
    with pytest.raises(openai.BadRequestError) as masked:
        client.images.edit(image=("a.png", PNG), mask=("m.png", PNG), prompt=PROMPT)
    assert masked.value.param == "mask"
