"""What of a request is counted as text, what as pages, and what by rule."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    Hosted,
    Image,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.request import Dialect, Request, Role, SchemaOutput, Turn
from codex_proxy.canonical.tools import CustomTool, FunctionTool, Grammar, HostedTool, NamespaceTool
from codex_proxy.usage.counting.plan import ITEM_TOKENS, PassageKind, plan_of


def request(*blocks: Block, **members: Any) -> Request:
    turns = (Turn(role=Role.USER, blocks=blocks),) if blocks else ()
    return Request(**{"dialect": Dialect.OPENAI_RESPONSES, "model": "m", "turns": turns} | members)


def texts_of(asked: Request) -> list[str]:
    return [piece.decode() for passage in plan_of(asked).passages for piece in passage.pieces]


def test_an_empty_request_is_nothing() -> None:
    plan = plan_of(request())
    assert (plan.passages, plan.ruled_tokens) == ((), 0)


def test_instructions_and_each_message_are_passages_of_their_own() -> None:
    turns = tuple(Turn(role=Role.USER, blocks=(Text(text=text), Text(text="!"))) for text in ("a", "b"))
    plan = plan_of(request(instructions="be brief", turns=turns))
    assert [passage.pieces for passage in plan.passages] == [(b"be brief",), (b"a", b"!"), (b"b", b"!")]
    assert plan.ruled_tokens == 3 * ITEM_TOKENS


TEXTUAL: list[tuple[Block, list[str]]] = [
    (Text(text="ä 😀"), ["ä 😀"]),
    (Refusal(text="no"), ["no"]),
    (Thinking(summary=("s1", "s2"), content=("c",)), ["s1", "s2", "c"]),
    (ToolCall(call_id="c1", name="read", arguments='{"a":1}', namespace="fs"), ["fs", "read", '{"a":1}']),
    (ToolResult(call_id="c1", parts=(Text(text="out"), Text(text="put"))), ["out", "put"]),
    (Hosted(kind="web_search_call", item={"query": "fox"}), ['{"query":"fox"}']),
    (Opaque(dialect="anthropic", payload={"k": "v"}), ['{"k":"v"}']),
]


@pytest.mark.parametrize(("block", "texts"), TEXTUAL)
def test_what_a_model_reads_is_counted_as_text(block: Block, texts: list[str]) -> None:
    assert texts_of(request(block)) == texts


def test_calls_results_and_thoughts_are_items_beside_their_message() -> None:
    call = ToolCall(call_id="c", name="n", arguments="{}")
    assert plan_of(request(Text(text="a"), Text(text="b"))).ruled_tokens == ITEM_TOKENS
    assert plan_of(request(call, call)).ruled_tokens == 2 * ITEM_TOKENS
    assert plan_of(request(Text(text="a"), call, Thinking())).ruled_tokens == 3 * ITEM_TOKENS
    assert plan_of(request(turns=(Turn(role=Role.USER, blocks=()),))).ruled_tokens == ITEM_TOKENS


BASE64 = "iVBORw0KGgo" + "A" * 100_000


@pytest.mark.parametrize(
    "block",
    [
        Image(source=DataSource(media_type="image/png", data=BASE64)),
        File(source=DataSource(media_type="application/zip", data=BASE64)),
        Audio(data=BASE64, encoding="wav"),
        ToolResult(call_id="c", parts=(Image(source=DataSource(media_type="image/png", data=BASE64)),)),
        Hosted(kind="image_generation_call", item={"result": BASE64}),
        Thinking(signature=BASE64[:160]),
    ],
)
def test_base64_is_never_text(block: Block) -> None:
    plan = plan_of(request(block))
    assert sum(passage.size_bytes for passage in plan.passages) < 100
    assert ITEM_TOKENS < plan.ruled_tokens <= 2000


def test_an_inline_pdf_is_a_passage_of_pages_and_any_other_goes_by_rule() -> None:
    document = File(source=DataSource(media_type="application/pdf", data="JVBERi0="), filename="a.pdf")
    text, pages = plan_of(request(document)).passages
    assert (text.kind, text.pieces) == (PassageKind.TEXT, (b"a.pdf",))
    assert (pages.kind, pages.pieces) == (PassageKind.PDF, (b"JVBERi0=",))
    linked = plan_of(request(File(source=UrlSource(url="https://a.example/a.pdf"))))
    assert (linked.passages, linked.ruled_tokens) == ((), ITEM_TOKENS + 1500)


def test_tools_and_schemas_are_counted_as_their_json() -> None:
    tools = (
        FunctionTool(name="f", description="does", parameters={"type": "object"}),
        CustomTool(name="c", grammar=Grammar(syntax="lark", definition="start: x")),
        NamespaceTool(name="n", tools=(FunctionTool(name="g"),)),
        HostedTool(kind="web_search", settings={"filters": {"allowed_domains": ["a.example"]}}),
    )
    output = SchemaOutput(name="o", schema={"type": "string"})
    assert [json.loads(text) for text in texts_of(request(tools=tools, output=output))] == [
        {"name": "f", "description": "does", "parameters": {"type": "object"}},
        {"name": "c", "format": "start: x"},
        {"name": "n", "tools": [{"name": "g"}]},
        {"type": "web_search", "filters": {"allowed_domains": ["a.example"]}},
        {"name": "o", "schema": {"type": "string"}},
    ]


def test_equal_content_has_an_equal_digest_and_other_content_another() -> None:
    def digest(*texts: str, role: Role = Role.USER) -> bytes:
        turn = Turn(role=role, blocks=tuple(Text(text=text) for text in texts))
        (passage,) = plan_of(request(turns=(turn,))).passages
        return passage.digest

    assert digest("ab", "c") == digest("ab", "c", role=Role.DEVELOPER)
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abd")}) == 4
    assert digest("stable").hex() == "8ae3067c27520e87e59a0e894431c4f0"


def test_a_pdf_and_the_same_text_have_different_digests() -> None:
    (pages,) = plan_of(request(File(source=DataSource(media_type="application/pdf", data="AAAA")))).passages
    (text,) = plan_of(request(Text(text="AAAA"))).passages
    assert pages.pieces == text.pieces
    assert pages.digest != text.digest


def test_text_that_is_no_unicode_is_counted_all_the_same() -> None:
    assert texts_of(request(Text(text="a\ud800b"))) == ["a?b"]
