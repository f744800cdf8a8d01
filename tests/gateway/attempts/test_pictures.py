"""What an exchange wants of generated pictures."""

from collections.abc import Sequence
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import Frame
from codex_proxy.gateway.attempts.pictures import picture_filter, wants_links
from codex_proxy.gateway.ports import KeptPicture
from codex_proxy.protocols.base import Step

CALL = "image_generation_call"
STARTED = ev.ResponseStarted(response_id="r", model="m", created_at=1)
BEGUN = ev.HostedStarted(block=1, kind=CALL, item={"type": CALL})
PREVIEW = ev.ImagePartial(block=1, data="x", index=0)
DONE = ev.HostedEnded(block=1, kind=CALL, item={"type": CALL, "result": "abc", "status": "generating"})
NOTHING_MADE = ev.HostedEnded(block=1, kind=CALL, item={"type": CALL, "status": "failed"})
COUNTED = ev.UsageReported(usage=Usage(input_tokens=1))
END = ev.ResponseEnded(ending=ev.Completed(), native={"output": []})
WORDS: list[ev.Event] = [
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="I cannot"),
    ev.TextEnded(block=0, text="I  cannot\ndraw"),
]
REFUSAL: list[ev.Event] = [ev.RefusalStarted(block=0), ev.RefusalEnded(block=0, text="never")]
FRAME = Frame("x", b"{}")


class Store:
    """Keeps pictures under numbers, as long as it wants to."""

    def __init__(self, *, full: bool = False) -> None:
        self.pictures: list[str] = []
        self.full = full

    async def keep(self, picture: str) -> str | None:
        if self.full:
            return None
        self.pictures.append(picture)
        return f"{len(self.pictures)}.png"

    async def find(self, name: str) -> KeptPicture | None:
        return None


def request(**members: Any) -> Request:
    return Request(**{"dialect": Dialect.OPENAI_IMAGES, "model": "m", "turns": ()} | members)


async def filtered(asked: Request, *events: ev.Event, store: Store | None = None) -> list[Step]:
    made = picture_filter(asked, store=store, link_base="http://h" if store else "")
    assert made is not None
    return [step for event in events for step in await made.apply([Step(FRAME, (event,))])]


async def alone(*events: ev.Event) -> list[ev.Event]:
    return [event for step in await filtered(request(pictures_only=True), *events) for event in step.events]


def failure_of(events: Sequence[ev.Event]) -> Failure:
    ended = events[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert isinstance(ended.ending, ev.Failed)
    assert ended.native is None
    return ended.ending.failure


def test_who_wants_nothing_of_pictures_gets_no_filter() -> None:
    store = Store()
    assert picture_filter(request(), store=store, link_base="http://h") is None
    assert picture_filter(request(picture_links=True), store=store, link_base="") is None
    assert picture_filter(request(picture_links=True), store=None, link_base="http://h") is None


def test_links_are_for_those_who_ask_and_for_answers_that_are_text() -> None:
    tools = (HostedTool(kind="image_generation"),)
    assert wants_links(request(picture_links=True))
    assert wants_links(request(dialect=Dialect.ANTHROPIC, tools=tools))
    assert not wants_links(request(dialect=Dialect.ANTHROPIC))
    assert not wants_links(request(dialect=Dialect.OPENAI_RESPONSES, tools=tools))


async def test_where_pictures_count_alone_words_are_left_out() -> None:
    told = await alone(STARTED, *WORDS, BEGUN, PREVIEW, DONE, *REFUSAL, COUNTED, END)
    assert told == [STARTED, BEGUN, PREVIEW, DONE, COUNTED, END]


async def test_a_call_is_told_only_once_it_has_something_to_show() -> None:
    assert await alone(STARTED, BEGUN) == [STARTED]
    assert await alone(BEGUN, DONE) == [BEGUN, DONE]
    assert await alone(DONE) == [DONE]


@pytest.mark.parametrize(
    ("events", "kind", "words"),
    [
        ([*WORDS, END], FailureKind.IMAGE_UNAVAILABLE, "I cannot draw"),
        ([*REFUSAL, END], FailureKind.POLICY, "never"),
        ([END], FailureKind.EMPTY_ANSWER, "no picture"),
        ([BEGUN, NOTHING_MADE, *WORDS, END], FailureKind.EMPTY_ANSWER, "I cannot draw"),
        ([ev.ResponseEnded(ending=ev.Incomplete(reason="content_filter"))], FailureKind.POLICY, "refused"),
        ([*WORDS, ev.ResponseEnded(ending=ev.Incomplete(reason="max"))], FailureKind.IMAGE_UNAVAILABLE, "I cannot"),
    ],
)
async def test_an_answer_without_a_picture_is_a_failure(events: list[ev.Event], kind: FailureKind, words: str) -> None:
    failure = failure_of(await alone(STARTED, *events))
    assert failure.kind is kind
    assert words in failure.message


async def test_a_failure_of_the_upstream_stays_what_it_is() -> None:
    limit = Failure(kind=FailureKind.USAGE_LIMIT, message="used up")
    assert failure_of(await alone(*WORDS, ev.ResponseEnded(ending=ev.Failed(failure=limit)))) == limit


async def test_a_long_story_is_quoted_in_part() -> None:
    story = ev.TextEnded(block=0, text="word " * 1000)
    assert len(failure_of(await alone(story, END)).message) < 400


async def test_a_finished_picture_becomes_a_link() -> None:
    store = Store()
    first, second = await filtered(request(picture_links=True), DONE, END, store=store)
    assert store.pictures == ["abc"]
    linked = ev.HostedEnded(
        block=1, kind=CALL, item={"type": CALL, "status": "generating", "url": "http://h/images/1.png"}
    )
    assert first == Step(None, (linked,))
    assert second == Step(None, (ev.ResponseEnded(ending=ev.Completed()),))


async def test_what_is_no_picture_passes_with_its_frame() -> None:
    search = ev.HostedEnded(block=0, kind="web_search_call", item={"result": "abc"})
    events = (STARTED, search, NOTHING_MADE, PREVIEW, END)
    assert await filtered(request(picture_links=True), *events, store=Store()) == [
        Step(FRAME, (event,)) for event in events
    ]


async def test_a_picture_that_cannot_be_kept_stays_in_the_answer() -> None:
    steps = await filtered(request(picture_links=True), DONE, END, store=Store(full=True))
    assert steps == [Step(FRAME, (DONE,)), Step(FRAME, (END,))]


async def test_both_at_once() -> None:
    steps = await filtered(request(pictures_only=True, picture_links=True), *WORDS, BEGUN, DONE, store=Store())
    (begun, linked) = [event for step in steps for event in step.events]
    assert begun == BEGUN
    assert isinstance(linked, ev.HostedEnded)
    assert linked.item["url"] == "http://h/images/1.png"
