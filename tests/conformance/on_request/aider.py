"""aider, which calls no tools but edits files: over each dialect it speaks, and through each failure."""

from pathlib import Path
from typing import Final

import pytest

from tests.conformance import scripts
from tests.conformance.agents import Agent, Aim, Command, Place, Ran
from tests.conformance.conftest import REPOSITORY, Stand
from tests.scenarios.stage import KEY

pytestmark = pytest.mark.timeout(300)

NOTE: Final = "one.txt"
PROGRAM: Final = REPOSITORY / ".cache" / "aider" / "bin" / "aider"
QUIET: Final = (
    "--yes-always",
    "--no-git",
    "--no-check-update",
    "--analytics-disable",
    "--no-show-model-warnings",
    "--no-show-release-notes",
    "--no-detect-urls",
    "--no-suggest-shell-commands",
    "--edit-format=whole",
)


def aider(model: str, base: str, root: str, key: str) -> Agent:
    """aider with a model; ``base`` and ``key`` name the variables it reads, ``root`` follows the gateway's address."""

    def prepare(place: Place, aim: Aim) -> Command:
        return Command(
            arguments=(*QUIET, "--model", model, "--message", aim.prompt, NOTE),
            environ={base: aim.url + root, key: aim.key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        )

    return Agent(name=f"aider {model}", program=PROGRAM, prepare=prepare, read=lambda path: {})


CHAT: Final = aider("openai/gpt-5.4", "OPENAI_API_BASE", "/v1", "OPENAI_API_KEY")
ANTHROPIC: Final = aider("anthropic/claude-opus-5-5", "ANTHROPIC_API_BASE", "", "ANTHROPIC_API_KEY")
GEMINI: Final = aider("gemini/gemini-2.5-flash", "GEMINI_API_BASE", "/v1beta", "GEMINI_API_KEY")
OLLAMA: Final = aider("ollama_chat/gpt-5.4", "OLLAMA_API_BASE", "", "OLLAMA_API_KEY")

each = pytest.mark.parametrize("agent", [CHAT, ANTHROPIC, GEMINI, OLLAMA], ids=lambda agent: agent.name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.below(tmp_path)


def edit(stand: Stand, place: Place, agent: Agent, rules: list[scripts.Rule], key: str = KEY) -> tuple[Ran, bool]:
    """How aider ended, and whether the file's nonce has become its hash."""
    nonce = scripts.written(place.work)[place.work / NOTE]
    stand.play(rules)
    url = (stand.bridge if "ollama" in agent.name else stand.witness).url
    ran = agent.run(place, Aim(url=url, key=key, prompt="Replace the content."))
    return ran, {(place.work / NOTE).read_text().strip()} == scripts.proof([nonce])


def after(fault: list[scripts.Rule]) -> list[scripts.Rule]:
    """The fault, and then the edit."""
    return [fault[0], *scripts.rewriting(NOTE)]


@each
def test_an_edit(stand: Stand, place: Place, agent: Agent) -> None:
    ran, edited = edit(stand, place, agent, scripts.rewriting(NOTE))
    assert edited, ran
    assert len(stand.asked()) == 1


def test_a_wrong_key(stand: Stand, place: Place) -> None:
    ran, edited = edit(stand, place, CHAT, scripts.rewriting(NOTE), key="wrong")
    assert (ran.code, edited) == (0, False)  # it ends well whatever happened
    assert "the client key is missing or wrong" in ran.said
    assert stand.witness.statuses() == [401]


@pytest.mark.parametrize(
    ("fault", "statuses"), [(scripts.LIMITED, [429, 200]), (scripts.OVERLOADED, [503, 200])], ids=["limit", "overload"]
)
def test_a_refusal_is_outlived(stand: Stand, place: Place, fault: list[scripts.Rule], statuses: list[int]) -> None:
    ran, edited = edit(stand, place, CHAT, after(fault))
    assert edited, ran
    assert stand.witness.statuses() == statuses


@pytest.mark.parametrize("fault", [scripts.BROKEN, scripts.CUT], ids=["error", "cut"])
@pytest.mark.parametrize("agent", [CHAT, ANTHROPIC, OLLAMA], ids=lambda agent: agent.name)
def test_a_fault_inside_the_stream_is_outlived(
    stand: Stand, place: Place, agent: Agent, fault: list[scripts.Rule]
) -> None:
    """Gemini is left out: LiteLLM, which aider stands on, passes over Google's error objects."""
    ran, edited = edit(stand, place, agent, after(fault))
    assert edited, ran
    assert len(stand.asked()) == 2
