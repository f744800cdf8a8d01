// ollama: a loop by hand; results carry no id, only the tool's name.
import { Ollama } from "ollama";

export async function talk({ url, prompt, streamed, tool }) {
  const client = new Ollama({ host: url });
  const { name, description, parameters } = tool;
  const tools = [{ type: "function", function: { name, description, parameters } }];
  const messages = [{ role: "user", content: prompt }];
  for (;;) {
    const said = await answered(client, { model: "gpt-5.4", messages, tools, think: true, stream: streamed });
    if (!said.tool_calls?.length) return said.content;
    const results = said.tool_calls.map(({ function: call }) => ({
      role: "tool",
      tool_name: call.name,
      content: tool.run(call.arguments),
    }));
    messages.push(said, ...results);
  }
}

async function answered(client, request) {
  const answer = await client.chat(request);
  if (!request.stream) return answer.message;
  const whole = { role: "assistant", content: "", thinking: "", tool_calls: [] };
  for await (const { message } of answer) {
    whole.content += message.content ?? "";
    whole.thinking += message.thinking ?? "";
    whole.tool_calls.push(...(message.tool_calls ?? []));
  }
  return whole;
}
