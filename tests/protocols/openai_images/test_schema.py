"""Objects of an answer."""

from codex_proxy.canonical.usage import ImageUsage
from codex_proxy.protocols.openai_images.schema import Wanted, looks, picture_of, revised_prompt, usage_object


def test_what_the_upstream_says_of_a_picture_wins_over_what_was_asked_for() -> None:
    wanted = Wanted(size="1536x1024", quality="high", output_format="webp")
    assert looks(wanted, {"size": "1024x1024", "quality": None, "background": ""}) == {
        "background": "auto",
        "output_format": "webp",
        "quality": "high",
        "size": "1024x1024",
    }


def test_a_picture_is_a_link_or_data_or_not_there_yet() -> None:
    assert picture_of({"url": "http://a", "result": "x"}) == {"url": "http://a"}
    assert picture_of({"result": "x"}) == {"b64_json": "x"}
    assert picture_of({"result": ""}) is None
    assert picture_of({"result": None, "url": 7}) is None


def test_a_prompt_is_shown_where_it_is_told() -> None:
    assert revised_prompt({"revised_prompt": "a cat"}) == {"revised_prompt": "a cat"}
    assert revised_prompt({"revised_prompt": ""}) == {}


def test_counts_are_split_as_the_upstream_splits_them_and_otherwise_are_text() -> None:
    split = ImageUsage(input_tokens=9, text_input_tokens=4, image_input_tokens=5, output_tokens=2, total_tokens=11)
    assert usage_object(split) == {
        "input_tokens": 9,
        "input_tokens_details": {"text_tokens": 4, "image_tokens": 5},
        "output_tokens": 2,
        "total_tokens": 11,
    }
    whole = ImageUsage(input_tokens=9, output_tokens=2, extra={"output_tokens_details": {"image_tokens": 2}})
    told = usage_object(whole)
    assert told["input_tokens_details"] == {"text_tokens": 9, "image_tokens": 0}
    assert (told["total_tokens"], told["output_tokens_details"]) == (11, {"image_tokens": 2})
