"""OpenAI's Agents SDK runs a tool loop through a running gateway."""

import hashlib

import openai
import pytest
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

from tests.conformance import scripts
from tests.conformance.conftest import Gateway, Stand
from tests.scenarios.stage import KEY

set_tracing_disabled(disabled=True)


@pytest.mark.parametrize("model", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_loop(
    gateway: Gateway, model: type[OpenAIResponsesModel] | type[OpenAIChatCompletionsModel], streamed: bool
) -> None:
    asked: list[str] = []

    @function_tool
    def weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return f"sunny in {city}"

    async with AsyncOpenAI(base_url=gateway.base_url, api_key=KEY, max_retries=0) as client:
        agent = Agent(
            name="weatherman",
            instructions="Use the tool.",
            tools=[weather],
            model=model(model="gpt-5.4", openai_client=client),
        )
        if streamed:
            result = Runner.run_streamed(agent, 'How is "Oslo"?')
            kinds = [event.type async for event in result.stream_events()]
            assert kinds.count("raw_response_event") > 3
            said = result.final_output
        else:
            said = (await Runner.run(agent, 'How is "Oslo"?')).final_output
    assert asked == ["Oslo"]
    assert hashlib.sha256(b"sunny in Oslo").hexdigest() in said


@pytest.mark.parametrize("model", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
@pytest.mark.parametrize("fault", [scripts.BROKEN, scripts.FAILED], ids=["error", "failed"])
async def test_a_failure_in_mid_stream_is_told_in_the_backends_words(
    stand: Stand, model: type[OpenAIResponsesModel] | type[OpenAIChatCompletionsModel], fault: list[scripts.Rule]
) -> None:
    stand.play(fault)
    async with AsyncOpenAI(base_url=stand.gateway.base_url, api_key=KEY, max_retries=0) as client:
        agent = Agent(name="speaker", model=model(model="gpt-5.4", openai_client=client))
        result = Runner.run_streamed(agent, scripts.ASK)
        with pytest.raises(openai.APIError) as caught:
            async for _ in result.stream_events():
                pass
    assert caught.value.message == scripts.BROKE
