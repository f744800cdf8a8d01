// openai: a loop by hand over Responses or, with "chat", over Chat Completions.
import OpenAI from "openai";

export async function talk({ client: name, url, key, prompt, streamed, retries, tool }) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: retries });
  const input = [{ role: "user", content: prompt }];
  const turn = name.endsWith("chat") ? chatTurn : responsesTurn;
  for (;;) {
    const said = await turn(client, input, tool, streamed);
    if (said !== undefined) return said;
  }
}

async function chatTurn(client, messages, { name, description, parameters, run }, streamed) {
  const asked = { model: "gpt-5.4", messages, tools: [{ type: "function", function: { name, description, parameters } }] };
  const answer = streamed
    ? await client.chat.completions.stream(asked).finalChatCompletion()
    : await client.chat.completions.create(asked);
  const { message } = answer.choices[0];
  if (!message.tool_calls?.length) return message.content;
  messages.push(message);
  for (const call of message.tool_calls) {
    messages.push({ role: "tool", tool_call_id: call.id, content: run(JSON.parse(call.function.arguments)) });
  }
}

async function responsesTurn(client, input, { name, description, parameters, run }, streamed) {
  const asked = {
    model: "gpt-5.4",
    input,
    tools: [{ type: "function", name, description, parameters, strict: true }],
    reasoning: { effort: "medium", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    store: false,
  };
  const answer = streamed
    ? await client.responses.stream(asked).finalResponse()
    : await client.responses.create(asked);
  const calls = answer.output.filter((item) => item.type === "function_call");
  if (!calls.length) return answer.output_text;
  input.push(...answer.output);
  for (const call of calls) {
    input.push({ type: "function_call_output", call_id: call.call_id, output: run(JSON.parse(call.arguments)) });
  }
}
