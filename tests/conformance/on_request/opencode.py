"""opencode meets the gateway's failures over Responses and Messages too."""

from pathlib import Path

import pytest

from tests.conformance import agents, scripts
from tests.conformance.agents import Agent, Aim, Place, Ran
from tests.conformance.conftest import Stand
from tests.scenarios.stage import KEY

pytestmark = pytest.mark.timeout(300)

each = pytest.mark.parametrize(
    "agent", [agents.OPENCODE_RESPONSES, agents.OPENCODE_ANTHROPIC], ids=lambda agent: agent.name
)


def run(stand: Stand, folder: Path, agent: Agent, *, key: str = KEY) -> Ran:
    return agent.run(Place.below(folder), Aim(url=stand.witness.url, key=key, prompt=scripts.ASK))


@each
def test_a_wrong_key(stand: Stand, tmp_path: Path, agent: Agent) -> None:
    stand.play(scripts.FINE)
    ran = run(stand, tmp_path, agent, key="wrong")
    assert ran.code != 0
    assert "the client key is missing or wrong" in ran.told
    assert stand.witness.statuses() == [401]


@pytest.mark.parametrize("fault", [scripts.LIMITED, scripts.OVERLOADED], ids=["limit", "overload"])
@each
def test_a_refusal_is_outlived(stand: Stand, tmp_path: Path, agent: Agent, fault: list[scripts.Rule]) -> None:
    stand.play(fault)
    assert scripts.WHOLE in run(stand, tmp_path, agent).said
    assert stand.witness.statuses() == [429 if fault is scripts.LIMITED else agent.full, 200]


@each
def test_an_error_inside_the_stream_is_outlived(stand: Stand, tmp_path: Path, agent: Agent) -> None:
    stand.play(scripts.BROKEN)
    assert scripts.WHOLE in run(stand, tmp_path, agent).said
    assert stand.witness.statuses() == [200, 200]


@each
def test_a_broken_connection_is_outlived(stand: Stand, tmp_path: Path, agent: Agent) -> None:
    stand.play(scripts.SLOW, break_at=scripts.BREAK_AT)
    assert scripts.WHOLE in run(stand, tmp_path, agent).said
    assert stand.witness.statuses() == [200, 200]


@each
def test_a_second_prompt_carries_the_thoughts_of_the_first(stand: Stand, tmp_path: Path, agent: Agent) -> None:
    place = Place.below(tmp_path)
    again = {"when": {"contains": "And now?"}, "steps": [{"text": scripts.WHOLE}]}
    stand.play([again, *scripts.loop(agent.read, scripts.written(place.work))])
    agent.run(place, Aim(url=stand.witness.url, key=KEY, prompt=scripts.ASK))
    ran = agent.run(place, Aim(url=stand.witness.url, key=KEY, prompt="And now?", resumes=True))
    assert scripts.WHOLE in ran.said, ran
    before, after = ([item for item in body["input"] if item["type"] == "reasoning"] for body in stand.asked()[1:])
    assert after == before
    assert before[0]["encrypted_content"]


@each
def test_a_cut_is_outlived(stand: Stand, tmp_path: Path, agent: Agent) -> None:
    """Over Messages it tries again only after an error whose words it knows."""
    stand.play(scripts.CUT)
    assert scripts.WHOLE in run(stand, tmp_path, agent).said
    assert stand.witness.statuses() == [200, 200]
