"""The lite form."""

from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.tools import ChooseHosted, ChooseTool, FunctionTool, HostedTool
from codex_proxy.protocols.codex.asking.lite import LiteOffer, lite_form, lite_offer

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
LOOK = {"type": "function", "name": "look"}
PATCH = {"type": "custom", "name": "patch"}
PLACES = {"type": "namespace", "name": "places", "tools": [LOOK]}


def test_tools_come_first_in_one_group_and_instructions_second() -> None:
    form = lite_form([MESSAGE], [LOOK, PATCH], "rules", turn_id="t")
    assert form.items == [
        {
            "type": "additional_tools",
            "id": "at_t",
            "role": "developer",
            "tools": [{"type": "namespace", "name": "functions", "description": "", "tools": [LOOK, PATCH]}],
        },
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
        MESSAGE,
    ]
    assert form.notes == ()


def test_the_clients_own_groups_stand_beside_ours() -> None:
    (tools, _) = lite_form([MESSAGE], [PLACES, LOOK], "", turn_id="t").items
    assert [group["name"] for group in tools["tools"]] == ["functions", "places"]
    (alone, _) = lite_form([MESSAGE], [PLACES], "", turn_id="t").items
    assert alone["tools"] == [PLACES]


def test_without_tools_and_instructions_nothing_is_added() -> None:
    assert lite_form([MESSAGE], [], "", turn_id="t").items == [MESSAGE]


def test_hosted_tools_and_the_choice_of_one_are_left_out_with_lossy_notes() -> None:
    tools = (FunctionTool(name="look"), HostedTool(kind="web_search"), HostedTool(kind="tool_search"))
    offer = lite_offer(tools, ChooseHosted(kind="web_search"))
    assert (offer.tools, offer.choice) == ((tools[0], tools[2]), None)
    assert [note.path for note in offer.notes] == ["tools.web_search", "tool_choice"]
    assert {note.weight for note in offer.notes} == {Weight.LOSSY}


def test_a_choice_that_can_be_made_stays() -> None:
    for choice in (ChooseTool(name="look"), ChooseHosted(kind="tool_search"), None):
        tools = (FunctionTool(name="look"), HostedTool(kind="tool_search"))
        assert lite_offer(tools, choice) == LiteOffer(tools=tools, choice=choice, notes=())


def test_pictures_lose_their_detail_in_messages_and_results() -> None:
    picture = {"type": "input_image", "image_url": "https://example.test/a.png"}
    wanted = picture | {"detail": "high"}
    asked = {"type": "message", "role": "user", "content": [wanted]}
    result = {"type": "function_call_output", "call_id": "c", "output": [wanted]}
    form = lite_form([asked, result], [], "", turn_id="t")
    assert form.items == [asked | {"content": [picture]}, result | {"output": [picture]}]
    assert [(note.path, note.weight) for note in form.notes] == [("detail", Weight.COSMETIC)]
