"""How a picture is to be made: what is passed on, what is put right, what is refused by name."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.tool import UNSUPPORTED, parse_tool_settings
from codex_proxy.protocols.parts.fields import Fields


def settings(**members: Any) -> dict[str, Any]:
    notes: list[Note] = []
    made = parse_tool_settings(Fields(members), notes)
    assert notes == []
    return made


def refusal(**members: Any) -> tuple[str, str | None]:
    """Field and code."""
    with pytest.raises(InvalidRequest) as raised:
        parse_tool_settings(Fields(members), [])
    return raised.value.path, raised.value.code


@pytest.mark.parametrize(
    "size", ["auto", "1024x1024", "1536x1024", "1024x1792", "1792x1024", "2048x2048", "3840x2160", "2160x3840"]
)
def test_sizes_that_can_be_made_pass_as_they_are(size: str) -> None:
    assert settings(size=size) == {"size": size}


@pytest.mark.parametrize(
    "size", ["1000x1024", "1024x1008", "1536x512", "3856x1024", "3840x2176", "large", "1024", "-1x1024", "1024x1024x3"]
)
def test_other_sizes_are_refused(size: str) -> None:
    assert refusal(size=size) == ("size", "invalid_value")


@pytest.mark.parametrize("size", ["256x256", "512x512"])
def test_sizes_of_old_become_the_smallest_with_a_note(size: str) -> None:
    notes: list[Note] = []
    assert parse_tool_settings(Fields({"size": size}), notes) == {"size": "1024x1024"}
    ((path, verdict, weight),) = [(note.path, note.verdict, note.weight) for note in notes]
    assert (path, verdict, weight) == ("size", Verdict.APPROXIMATED, Weight.LOSSY)


@pytest.mark.parametrize(
    ("told", "sent"), [("auto", "auto"), ("low", "low"), ("max", "max"), ("standard", "medium"), ("hd", "high")]
)
def test_qualities_of_retired_models_have_a_successor(told: str, sent: str) -> None:
    assert settings(quality=told) == {"quality": sent}


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({"quality": "best"}, ("quality", "invalid_value")),
        ({"background": "transparent"}, ("background", "unsupported_value")),
        ({"background": "red"}, ("background", "invalid_value")),
        ({"output_format": "gif"}, ("output_format", "unsupported_value")),
        ({"output_format": "svg"}, ("output_format", "unsupported_value")),
        ({"output_format": "bmp"}, ("output_format", "invalid_value")),
        ({"moderation": "off"}, ("moderation", "invalid_value")),
        ({"partial_images": 4}, ("partial_images", "invalid_value")),
        ({"partial_images": -1}, ("partial_images", "invalid_value")),
        ({"partial_images": True}, ("partial_images", "invalid_type")),
        ({"output_format": "jpeg", "output_compression": 101}, ("output_compression", "invalid_value")),
        ({"output_compression": 99}, ("output_compression", "invalid_value")),
        ({"output_format": "png", "output_compression": 0}, ("output_compression", "invalid_value")),
        ({"size": 7}, ("size", "invalid_type")),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(members: dict[str, Any], refused: tuple[str, str]) -> None:
    assert refusal(**members) == refused


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_a_field_that_the_upstream_cannot_honour_is_refused_and_null_is_none(name: str) -> None:
    assert refusal(**{name: "x"}) == (name, "unsupported_parameter")
    assert settings(**{name: None}) == {}


def test_compression_is_sent_for_formats_that_have_it() -> None:
    assert settings(output_format="webp", output_compression=40) == {"output_format": "webp", "output_compression": 40}
    assert settings(output_format="jpg") == {"output_format": "jpeg"}
    assert settings(output_compression=100) == {}
    assert settings(background="opaque", moderation="low", partial_images=0) == {
        "background": "opaque",
        "moderation": "low",
        "partial_images": 0,
    }
