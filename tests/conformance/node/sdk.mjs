// The official Node SDK, one scenario per run: `node sdk.mjs NAME BASE_URL KEY`. Prints what it saw as JSON.
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const [name, baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const model = "gpt-5.4";
const City = z.object({ name: z.string(), population: z.number().int() });
const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4wcAAAAMEAQFRj3e9AAAAAElFTkSuQmCC";
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const chatTools = [{ type: "function", function: { name: "weather", parameters, strict: true } }];
const tools = [{ type: "function", name: "weather", parameters, strict: true }];
const ask = 'Look at both "Oslo" and "Lima".';
const user = (content) => [{ role: "user", content }];

async function collect(stream) {
  const seen = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

const scenarios = {
  async "chat plain"() {
    const answer = await client.chat.completions.create({ model, messages: user("hello") });
    return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason, usage: answer.usage };
  },
  async "chat stream"() {
    const runner = client.chat.completions.stream({
      model,
      messages: user("hello"),
      stream_options: { include_usage: true },
    });
    const chunks = await collect(runner);
    const answer = await runner.finalChatCompletion();
    return {
      text: answer.choices[0].message.content,
      finish: answer.choices[0].finish_reason,
      usage: chunks.at(-1).usage,
      deltas: chunks.filter((chunk) => chunk.choices[0]?.delta.content).length,
    };
  },
  async "chat tools"() {
    const messages = user(ask);
    const first = await client.chat.completions
      .stream({ model, messages, tools: chatTools, parallel_tool_calls: true })
      .finalChatCompletion();
    const said = first.choices[0].message;
    const outputs = said.tool_calls.map((call) => `${JSON.parse(call.function.arguments).city}: sunny`);
    const results = said.tool_calls.map((call, i) => ({ role: "tool", tool_call_id: call.id, content: outputs[i] }));
    const second = await client.chat.completions.create({
      model,
      messages: [...messages, said, ...results],
      tools: chatTools,
    });
    return { finish: first.choices[0].finish_reason, outputs, text: second.choices[0].message.content };
  },
  async "chat parse"() {
    const answer = await client.chat.completions.parse({
      model,
      messages: user("a city"),
      response_format: zodResponseFormat(City, "city"),
    });
    return { parsed: answer.choices[0].message.parsed };
  },
  async "chat image"() {
    const parts = [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url: PNG } },
    ];
    const answer = await client.chat.completions.create({ model, messages: user(parts) });
    return { text: answer.choices[0].message.content };
  },
  async "chat reasoning"() {
    const request = { model, messages: user("think"), reasoning_effort: "high" };
    const whole = await client.chat.completions.create(request);
    const chunks = await collect(await client.chat.completions.create({ ...request, stream: true }));
    return {
      whole: whole.choices[0].message.reasoning_content,
      streamed: chunks.map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? "").join(""),
      tokens: whole.usage.completion_tokens_details.reasoning_tokens,
    };
  },
  async "responses plain"() {
    const answer = await client.responses.create({ model, input: "hello" });
    return { text: answer.output_text, status: answer.status, usage: answer.usage };
  },
  async "responses stream"() {
    const runner = client.responses.stream({ model, input: "hello" });
    const events = await collect(runner);
    const answer = await runner.finalResponse();
    return {
      text: answer.output_text,
      status: answer.status,
      usage: answer.usage,
      deltas: events.filter((event) => event.type === "response.output_text.delta").length,
    };
  },
  async "responses tools"() {
    const input = user(ask);
    const request = { model, tools, parallel_tool_calls: true, store: false, include: ["reasoning.encrypted_content"] };
    const first = await client.responses.stream({ ...request, input }).finalResponse();
    const calls = first.output.filter((item) => item.type === "function_call");
    const outputs = calls.map((call) => `${JSON.parse(call.arguments).city}: sunny`);
    const results = calls.map((call, i) => ({ type: "function_call_output", call_id: call.call_id, output: outputs[i] }));
    const second = await client.responses.create({ ...request, input: [...input, ...first.output, ...results] });
    return { outputs, text: second.output_text };
  },
  async "responses parse"() {
    const answer = await client.responses.parse({ model, input: "a city", text: { format: zodTextFormat(City, "city") } });
    return { parsed: answer.output_parsed };
  },
  async "responses image"() {
    const parts = [
      { type: "input_text", text: "What is it?" },
      { type: "input_image", image_url: PNG, detail: "auto" },
    ];
    const answer = await client.responses.create({ model, input: user(parts) });
    return { text: answer.output_text };
  },
  async "responses reasoning"() {
    const request = { model, input: "think", reasoning: { effort: "high", summary: "auto" } };
    const whole = await client.responses.create(request);
    const events = await collect(await client.responses.create({ ...request, stream: true }));
    return {
      whole: whole.output.find((item) => item.type === "reasoning").summary.map((part) => part.text),
      streamed: events
        .filter((event) => event.type === "response.reasoning_summary_text.delta")
        .map((event) => event.delta)
        .join(""),
      tokens: whole.usage.output_tokens_details.reasoning_tokens,
    };
  },
};

console.log(JSON.stringify(await scenarios[name]()));
