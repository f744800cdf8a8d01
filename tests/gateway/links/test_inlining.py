"""Linked files put into the request."""

import asyncio
import base64
from collections.abc import Mapping, Sequence

import pytest

from codex_proxy.canonical.blocks import (
    Block,
    DataSource,
    File,
    FileIdSource,
    Image,
    MediaSource,
    ResultPart,
    Text,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.gateway.links.fetching import LinkedFile, NotFetched
from codex_proxy.gateway.links.inlining import FETCHES_AT_ONCE, MAX_LINKS, with_linked_files
from codex_proxy.gateway.prepare import Prepared

CAT, DOG, DOCUMENT = "https://a.invalid/cat", "HTTP://b.invalid/dog", "https://a.invalid/paper"
FILES = {
    CAT: LinkedFile(content=b"cat", media_type="image/png"),
    DOG: LinkedFile(content=b"dog", media_type="image/gif"),
    DOCUMENT: LinkedFile(content=b"words", media_type="application/pdf"),
}
INLINE = {
    link: DataSource(media_type=file.media_type, data=base64.b64encode(file.content).decode())
    for link, file in FILES.items()
}


class Files:
    """Has these files and no others; ``busy`` counts the fetches that go on at once."""

    def __init__(self, files: Mapping[str, LinkedFile] = FILES) -> None:
        self.files = files
        self.asked: list[str] = []
        self.busy = self.busiest = 0

    async def fetch(self, url: str) -> LinkedFile:
        self.asked.append(url)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(0)
        self.busy -= 1
        if url not in self.files:
            raise NotFetched("its server answered 404")
        return self.files[url]


def prepared(*turns: Sequence[Block]) -> Prepared:
    told = tuple(Turn(role=Role.USER, blocks=tuple(blocks), item_id=str(at)) for at, blocks in enumerate(turns))
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=told)
    return Prepared(request=request, model=ModelFacts(slug="m"), effort="low", service_tier=None, notes=())


async def inlined(*turns: Sequence[Block]) -> tuple[list[tuple[Block, ...]], list[str]]:
    files = Files()
    made = await with_linked_files(prepared(*turns), files)
    assert isinstance(made, Prepared)
    assert [turn.item_id for turn in made.request.turns] == [str(at) for at in range(len(turns))]
    return [turn.blocks for turn in made.request.turns], files.asked


async def refused(*blocks: Block) -> Failure:
    failure = await with_linked_files(prepared(blocks), Files())
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.INVALID_REQUEST
    return failure


def picture(source: MediaSource) -> Image:
    return Image(source=source, detail="high", extra={"own": 1})


async def test_pictures_and_documents_come_in_where_their_links_stood() -> None:
    said = Text(text="look")
    turns, _ = await inlined([said, picture(UrlSource(url=CAT))], [File(source=UrlSource(url=DOCUMENT))])
    assert turns == [
        (said, picture(INLINE[CAT])),
        (File(source=INLINE[DOCUMENT], filename="document.pdf"),),
    ]
    named = File(source=UrlSource(url=DOCUMENT), filename="paper.pdf")
    assert (await inlined([named]))[0] == [(File(source=INLINE[DOCUMENT], filename="paper.pdf"),)]


async def test_those_in_tool_results_too() -> None:
    def result(*parts: ResultPart) -> ToolResult:
        return ToolResult(call_id="c", parts=parts, plain=False)

    turns, _ = await inlined([result(Text(text="seen"), picture(UrlSource(url=DOG)))])
    assert turns == [(result(Text(text="seen"), picture(INLINE[DOG])),)]


async def test_a_link_is_followed_once_however_often_it_stands() -> None:
    again = picture(UrlSource(url=CAT))
    turns, asked = await inlined([again, again], [again])
    assert turns == [(picture(INLINE[CAT]), picture(INLINE[CAT])), (picture(INLINE[CAT]),)]
    assert asked == [CAT]


@pytest.mark.parametrize(
    "source", [INLINE[CAT], FileIdSource(file_id="file_1"), UrlSource(url="gs://bucket/a"), UrlSource(url="cat.png")]
)
async def test_everything_else_stays(source: MediaSource) -> None:
    assert await inlined([picture(source)]) == ([(picture(source),)], [])


async def test_nothing_is_followed_where_nobody_fetches() -> None:
    asked = prepared([picture(UrlSource(url=CAT))])
    assert await with_linked_files(asked, None) is asked


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "https://a.invalid/gone?key=secret",
            "the file linked at a.invalid cannot be fetched: its server answered 404",
        ),
        (
            "http://me:secret@a.invalid:81/x",
            "the file linked at a.invalid:81 cannot be fetched: its server answered 404",
        ),
        (DOCUMENT, "the file linked at a.invalid is no picture but application/pdf"),
    ],
)
async def test_a_link_that_leads_to_no_picture_is_the_clients_error(url: str, told: str) -> None:
    failure = await refused(Text(text="x"), picture(UrlSource(url=CAT)), picture(UrlSource(url=url)))
    assert (failure.message, failure.code) == (told, "invalid_image_url")


async def test_there_is_an_end_to_links() -> None:
    failure = await refused(*(picture(UrlSource(url=f"{CAT}{number}")) for number in range(MAX_LINKS + 1)))
    assert failure.message == f"the request links {MAX_LINKS + 1} files; at most {MAX_LINKS} are fetched"


async def test_there_is_an_end_to_bytes() -> None:
    class Large(Files):
        async def fetch(self, url: str) -> LinkedFile:
            return LinkedFile(content=bytes(20 * 1024 * 1024), media_type="image/png")

    four = [picture(UrlSource(url=f"{CAT}{number}")) for number in range(4)]
    failure = await with_linked_files(prepared(four), Large())
    assert isinstance(failure, Failure)
    assert failure.message == "the files that the request links have more than 67108864 bytes"


async def test_a_few_are_fetched_at_once() -> None:
    many = {f"{CAT}?{number}": FILES[CAT] for number in range(9)}
    files = Files(many)
    asked = prepared([picture(UrlSource(url=link)) for link in many])
    assert isinstance(await with_linked_files(asked, files), Prepared)
    assert (len(files.asked), files.busiest) == (9, FETCHES_AT_ONCE)
