"""Real command-line agents work through a gateway, and meet its failures as they meet the genuine services'."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance import agents, scripts
from tests.conformance.agents import Agent, Aim, Place, Ran
from tests.conformance.conftest import Stand
from tests.scenarios.stage import KEY

pytestmark = pytest.mark.timeout(200)

LOOPING = (
    agents.CLAUDE_CODE,
    agents.CODEX_CLI,
    agents.GEMINI_CLI,
    agents.OPENCODE,
    agents.OPENCODE_RESPONSES,
    agents.OPENCODE_ANTHROPIC,
)
FAILING = (agents.CLAUDE_CODE, agents.CODEX_CLI, agents.GEMINI_CLI, agents.OPENCODE)

each = pytest.mark.parametrize("agent", FAILING, ids=lambda agent: agent.name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.below(tmp_path)


def run(stand: Stand, place: Place, agent: Agent, prompt: str = scripts.ASK, **how: Any) -> Ran:
    return agent.run(place, Aim(url=stand.witness.url, **({"key": KEY, "prompt": prompt} | how)))


def kinds(body: dict[str, Any]) -> list[str]:
    """The kinds of items that follow the last user message."""
    items = body["input"]
    spoken = [place for place, item in enumerate(items) if item.get("role") in {"user", "developer"}]
    return [item["type"] for item in items[spoken[-1] + 1 :]]


def results(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in body["input"] if item["type"] == "function_call_output"]


@pytest.mark.parametrize("agent", LOOPING, ids=lambda agent: agent.name)
def test_a_tool_loop_with_two_calls_at_once(stand: Stand, place: Place, agent: Agent) -> None:
    files = scripts.written(place.work)
    stand.play(scripts.loop(agent.read, files))
    ran = run(stand, place, agent)
    assert scripts.proof(files.values()) <= set(ran.said.split()), ran
    first, second = stand.asked()
    thought = ["reasoning"] if agent.thinks else []
    assert scripts.read_back(second, files) == files
    assert kinds(first) == []
    assert kinds(second) == [*thought, *["function_call"] * 2, *["function_call_output"] * 2]


@each
def test_a_wrong_key(stand: Stand, place: Place, agent: Agent) -> None:
    stand.play(scripts.FINE)
    ran = run(stand, place, agent, key="wrong")
    assert ran.code != 0
    assert "the client key is missing or wrong" in ran.said + ran.told
    assert stand.witness.statuses() == [401] * agent.refusals
    assert stand.asked() == []


@each
def test_a_limit_is_outlived(stand: Stand, place: Place, agent: Agent) -> None:
    stand.play(scripts.LIMITED)
    ran = run(stand, place, agent)
    assert scripts.WHOLE in ran.said, ran
    assert stand.witness.statuses() == [429, 200]
    assert stand.witness.questions()[0].answer_headers["retry-after"] == scripts.RETRY_AFTER


@each
def test_overload_is_outlived(stand: Stand, place: Place, agent: Agent) -> None:
    stand.play(scripts.OVERLOADED)
    ran = run(stand, place, agent)
    assert scripts.WHOLE in ran.said, ran
    assert stand.witness.statuses() == [agent.full, 200]


@pytest.mark.parametrize("fault", [scripts.BROKEN, scripts.CUT], ids=["error", "cut"])
@each
def test_a_fault_inside_the_stream_is_outlived(
    stand: Stand, place: Place, agent: Agent, fault: list[scripts.Rule]
) -> None:
    stand.play(fault)
    ran = run(stand, place, agent)
    assert scripts.WHOLE in ran.said, ran
    assert stand.witness.statuses() == [200, 200]


@each
def test_a_broken_connection(stand: Stand, place: Place, agent: Agent) -> None:
    stand.play(scripts.SLOW, break_at=scripts.BREAK_AT)
    ran = run(stand, place, agent)
    assert (scripts.WHOLE in ran.said) is agent.reconnects, ran
    assert stand.witness.statuses() == ([200, 200] if agent.reconnects else [200])


@pytest.mark.parametrize("agent", [agents.CLAUDE_CODE, agents.CODEX_CLI], ids=lambda agent: agent.name)
def test_a_second_prompt_carries_the_thoughts_of_the_first(stand: Stand, place: Place, agent: Agent) -> None:
    files = scripts.written(place.work)
    stand.play(
        [{"when": {"contains": "And now?"}, "steps": [{"text": scripts.WHOLE}]}, *scripts.loop(agent.read, files)]
    )
    run(stand, place, agent)
    assert scripts.WHOLE in run(stand, place, agent, "And now?", resumes=True).said
    before, after = ([item for item in body["input"] if item["type"] == "reasoning"] for body in stand.asked()[1:])
    assert after == before
    assert before[0]["encrypted_content"]


def test_claude_code_asks_unstreamed_where_the_stream_is_not_found(stand: Stand, place: Place) -> None:
    missing = {"type": "invalid_request_error", "code": "model_not_found", "message": "no such model"}
    stand.play(scripts.once({"reply": {"status": 404, "body": {"error": missing}}}))
    assert scripts.WHOLE in run(stand, place, agents.CLAUDE_CODE_WITH_A_TOKEN).said
    first, second = stand.witness.questions()
    assert (first.status, second.status) == (404, 200)
    assert "x-api-key" not in second.headers
    assert second.answer_headers["content-type"].startswith("application/json")


def test_claude_code_counts_its_context(stand: Stand, place: Place) -> None:
    stand.play(scripts.FINE)
    assert "tokens" in run(stand, place, agents.CLAUDE_CODE, "/context").said.lower()
    counts = [passed for passed in stand.witness.passed if passed.path == "/v1/messages/count_tokens"]
    assert len(counts) > 5
    assert {passed.status for passed in counts} == {200}
    assert stand.asked() == []


def test_gemini_cli_resumes_a_session(stand: Stand, place: Place) -> None:
    """It then knows no signatures any more, and tells each result twice."""
    files = scripts.written(place.work)
    again = {"when": {"contains": "And now?"}, "steps": [{"text": scripts.WHOLE}]}
    stand.play([again, *scripts.loop(agents.GEMINI_CLI.read, files)])
    run(stand, place, agents.GEMINI_CLI)
    assert scripts.WHOLE in run(stand, place, agents.GEMINI_CLI, "And now?", resumes=True).said
    before, after = stand.asked()[1:]
    assert sorted(item["output"] for item in results(after)) == sorted(item["output"] for item in results(before))
    assert len(results(after)) == len(files)


def test_gemini_cli_lets_a_model_choose_the_model(stand: Stand, place: Place) -> None:
    """The choice is asked for unstreamed and in a schema, the work is streamed."""
    agent, files = agents.GEMINI_CLI_THAT_CHOOSES, scripts.written(place.work)
    choice = '{"complexity_reasoning": "it only reads", "complexity_score": 7}'
    chooses = {"when": {"matches": rf"^{scripts.ASK}$", "has_tool_output": False}, "steps": [{"text": choice}]}
    stand.play([chooses, *scripts.loop(agent.read, files)])
    ran = run(stand, place, agent)
    assert scripts.proof(files.values()) <= set(ran.said.split()), ran
    verbs = [passed.path.partition(":")[2] for passed in stand.witness.questions()]
    assert verbs == ["generateContent", "streamGenerateContent", "streamGenerateContent"]
    assert stand.asked()[0]["text"]["format"]["type"] == "json_schema"
