// @anthropic-ai/sdk: a loop by hand, and with "runner" the SDK's own.
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

const textOf = (answer) =>
  answer.content
    .filter((block) => block.type === "text")
    .map((block) => block.text)
    .join("");

export async function talk({ client: name, url, key, prompt, streamed, retries, tool }) {
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: retries });
  const request = { model: "claude-opus-5-5", max_tokens: 2000, thinking: { type: "adaptive" } };
  const messages = [{ role: "user", content: prompt }];
  if (name.endsWith("runner")) {
    const tools = [betaTool({ ...tool, inputSchema: tool.parameters })];
    const runner = client.beta.messages.toolRunner({ ...request, messages, tools, stream: streamed });
    if (streamed) for await (const stream of runner) await stream.finalMessage();
    return textOf(await runner.runUntilDone());
  }
  const tools = [{ name: tool.name, description: tool.description, input_schema: tool.parameters }];
  for (;;) {
    const asked = { ...request, messages, tools };
    const answer = streamed
      ? await client.messages.stream(asked).finalMessage()
      : await client.messages.create(asked);
    const calls = answer.content.filter((block) => block.type === "tool_use");
    if (!calls.length) return textOf(answer);
    const results = calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: tool.run(call.input) }));
    messages.push({ role: "assistant", content: answer.content }, { role: "user", content: results });
  }
}
