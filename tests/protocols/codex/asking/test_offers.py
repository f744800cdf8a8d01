"""Tools offered to the backend."""

from codex_proxy.canonical.notes import Verdict
from codex_proxy.canonical.request import CodexHints, Dialect, SessionHints
from codex_proxy.canonical.tools import CustomTool, FunctionTool, HostedTool
from codex_proxy.protocols.codex.asking.offers import offered_tools
from codex_proxy.protocols.parts.names import NameMap
from tests.protocols.codex.parts import request

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
CODEX = SessionHints(codex=CodexHints())


def test_a_functions_strictness_is_always_said_for_other_dialects() -> None:
    asked = request(tools=(FunctionTool(name="look", parameters=OPEN),))
    tools, notes = offered_tools(asked, NameMap(["look"]))
    assert tools == (FunctionTool(name="look", parameters=OPEN, strict=False),)
    assert notes == ()


def test_a_responses_client_keeps_its_own_form() -> None:
    tool = FunctionTool(name="look", parameters=OPEN)
    tools, _ = offered_tools(request(dialect=Dialect.OPENAI_RESPONSES, tools=(tool,)), NameMap(()))
    assert tools == (tool,)


def test_members_that_nobody_knows_are_a_codex_clients_own() -> None:
    tool = FunctionTool(name="look", parameters=OPEN, extra={"defer_loading": True})
    codex = request(dialect=Dialect.OPENAI_RESPONSES, session=CODEX, tools=(tool,))
    assert offered_tools(codex, NameMap(())) == ((tool,), ())
    (other,), _ = offered_tools(request(dialect=Dialect.OPENAI_RESPONSES, tools=(tool,)), NameMap(()))
    assert isinstance(other, FunctionTool)
    assert other.extra == {}


def test_an_illegal_name_is_mapped() -> None:
    asked = request(tools=(CustomTool(name="a.b"),))
    tools, _ = offered_tools(asked, NameMap(["a.b"]))
    assert tools == (CustomTool(name="a_b"),)


def test_picture_settings_that_the_backend_refuses_are_left_out() -> None:
    tool = HostedTool(kind="image_generation", settings={"size": "1024x1024", "n": 2})
    tools, notes = offered_tools(request(tools=(tool,)), NameMap(()))
    assert tools == (HostedTool(kind="image_generation", settings={"size": "1024x1024"}),)
    assert [note.path for note in notes] == ["tools.image_generation.n"]


def test_every_picture_is_made_by_the_backends_one_model() -> None:
    tool = HostedTool(kind="image_generation", settings={"model": "gpt-image-1.5", "input_image_mask": {}})
    tools, notes = offered_tools(request(tools=(tool,)), NameMap(()))
    assert tools == (HostedTool(kind="image_generation", settings={"model": "gpt-image-2"}),)
    assert {note.path: note.verdict for note in notes} == {
        "tools.image_generation.input_image_mask": Verdict.DROPPED,
        "tools.image_generation.model": Verdict.APPROXIMATED,
    }
    dated = HostedTool(kind="image_generation", settings={"model": "gpt-image-2-2026-04-21"})
    assert offered_tools(request(tools=(dated,)), NameMap(())) == ((dated,), ())


def test_a_codex_client_keeps_its_picture_settings() -> None:
    tool = HostedTool(kind="image_generation", settings={"model": "gpt-image-1", "n": 2})
    asked = request(dialect=Dialect.OPENAI_RESPONSES, session=CODEX, tools=(tool,))
    assert offered_tools(asked, NameMap(())) == ((tool,), ())
