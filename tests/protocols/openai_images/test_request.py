"""Requests for pictures."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import Image, Text
from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.tools import ChooseHosted, HostedTool
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_images.request import parse_members
from codex_proxy.protocols.openai_images.schema import ImagesRequest, Task, Wanted
from codex_proxy.simulator.unscripted.pictures import draw


def parsed(task: Task = Task.GENERATE, **members: Any) -> ParsedRequest:
    return parse_members({"prompt": "a cat"} | members, task)


def asked(task: Task = Task.GENERATE, **members: Any) -> ImagesRequest:
    request = parsed(task, **members).request
    assert isinstance(request, ImagesRequest)
    return request


def test_a_prompt_is_a_question_that_must_be_answered_with_the_image_tool() -> None:
    request = asked(size="1536x1024", model="gpt-image-2", quality="hd")
    assert (request.dialect, request.model, request.stream) == (Dialect.OPENAI_IMAGES, "gpt-image-2", False)
    ((text,),) = [turn.blocks for turn in request.turns]
    assert text == Text(text="a cat")
    settings = {"size": "1536x1024", "quality": "high"}
    assert request.tools == (HostedTool(kind="image_generation", settings=settings),)
    assert request.tool_choice == ChooseHosted(kind="image_generation")
    assert request.pictures_only
    assert request.wanted == Wanted(size="1536x1024", quality="high")


def test_an_edit_shows_its_pictures_and_says_that_it_is_one() -> None:
    request = asked(Task.EDIT, image=[draw("png", "a"), draw("jpeg", "b")])
    (turn,) = request.turns
    assert [type(block) for block in turn.blocks] == [Text, Image, Image]
    assert request.tools == (HostedTool(kind="image_generation", settings={"action": "edit"}),)
    assert request.wanted.task is Task.EDIT


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"model": 7}, "model"),
        ({"n": 0}, "n"),
        ({"n": 5}, "n"),
        ({"n": 2, "stream": True}, "n"),
        ({"n": "2"}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"partial_images": 1}, "partial_images"),
        ({"response_format": "binary"}, "response_format"),
        ({"response_format": "url", "stream": True}, "response_format"),
    ],
)
def test_what_is_wrong_is_refused_by_name(members: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parsed(**members)
    assert raised.value.path == field


def test_previews_come_in_streams_only_and_none_may_be_asked_for_anywhere() -> None:
    assert asked(partial_images=2, stream=True).tools[0] == HostedTool(
        kind="image_generation", settings={"partial_images": 2}
    )
    assert asked(partial_images=0).stream is False


def test_copies_and_links_are_asked_of_the_gateway() -> None:
    request = asked(n=3, response_format="url")
    assert (request.sampling.choice_count, request.picture_links) == (3, True)
    assert not asked(response_format="b64_json").picture_links
    assert not asked(response_format=None).picture_links


def test_what_has_no_effect_is_noted() -> None:
    notes = parsed(style="vivid", user="u", safety_identifier="s", brand_new=1, nothing=None, model="dall-e-3").notes
    assert {note.path: note.verdict for note in notes} == {
        "style": Verdict.DROPPED,
        "user": Verdict.DROPPED,
        "safety_identifier": Verdict.DROPPED,
        "brand_new": Verdict.DROPPED,
        "model": Verdict.APPROXIMATED,
    }
    assert {note.weight for note in notes} == {Weight.COSMETIC}
    (fidelity,) = parsed(Task.EDIT, image=draw("png", "a"), input_fidelity="high").notes
    assert (fidelity.path, fidelity.weight) == ("input_fidelity", Weight.LOSSY)
    assert parsed(model="gpt-image-2-2026-04-21").notes == ()
