"""What the route command shows."""

import json

import pytest

from codex_proxy.cli.asking import Gateway, InnerPlane
from codex_proxy.cli.catalogue.route import show_route
from tests.cli.gatehouse import Seen
from tests.server.admin.test_catalogue import ModelPlane


async def shown(name: str, *, as_json: bool = False) -> tuple[bool, str]:
    plane, seen = ModelPlane(), Seen()
    gateway = Gateway(InnerPlane(plane.application), token="boss")  # type: ignore[arg-type]
    leads = await show_route(gateway, seen.console, name, as_json=as_json)
    return leads, seen.text


async def test_the_steps_and_where_they_end() -> None:
    leads, text = await shown("best-fast")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert leads
    assert lines[:5] == [
        "rule asked leads to",
        "catalogue best-fast -",
        "vendor key best-fast -",
        "suffix best-fast best",
        "alias best gpt-5.5-high",
    ]
    assert lines[-4:] == [
        "ends at the ChatGPT accounts: gpt-5.5, effort high, tier priority",
        "plans: plus",
        "accounts: plus@x, odd@x (1 plan lacks model)",
        "note: gpt-5.5 is odd",
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("", ["ends at the ChatGPT accounts: gpt-5.4", "plans: any", "accounts: free@x, plus@x, odd@x"]),
        (
            "gpt-4o",
            [
                "ends at any vendor key that lists it: gpt-4o",
                "key: openai works (mine): serves",
                "key: openai rests: cooling until 1970-01-01T00:17:40.000Z",
                "key: openai refused: error",
            ],
        ),
        ("groq:[red]x[/red]", ["ends at the vendor groq: [red]x[/red]", "key: groq other: serves"]),
    ],
)
async def test_where_names_end(name: str, lines: list[str]) -> None:
    leads, text = await shown(name)
    assert leads
    assert text.splitlines()[-len(lines) :] == lines


async def test_a_name_that_leads_nowhere_fails_with_what_is_near() -> None:
    leads, text = await shown("gpt-5.6")
    assert not leads
    assert text.splitlines()[-2] == "nobody serves gpt-5.6"
    assert "gpt-5.5" in text.splitlines()[-1]


async def test_as_json() -> None:
    _, text = await shown("gpt-4o", as_json=True)
    assert json.loads(text)["keys"][0]["id"] == "works"
