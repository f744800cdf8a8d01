// Vercel's AI SDK, which runs the loop itself, with each of its providers.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, jsonSchema, streamText, tool as makeTool } from "ai";

const models = {
  responses: (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey })("gpt-5.4"),
  chat: (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat("gpt-5.4"),
  anthropic: (url, apiKey) => createAnthropic({ baseURL: `${url}/v1`, apiKey })("claude-opus-5-5"),
  google: (url, apiKey) => createGoogle({ baseURL: `${url}/v1beta`, apiKey })("gemini-2.5-flash"),
  compatible: (url, apiKey) => createOpenAICompatible({ name: "gateway", baseURL: `${url}/v1`, apiKey })("gpt-5.4"),
};
const providerOptions = {
  openai: { reasoningEffort: "medium", reasoningSummary: "auto", store: false, include: ["reasoning.encrypted_content"] },
  anthropic: { thinking: { type: "adaptive" } },
  google: { thinkingConfig: { includeThoughts: true } },
};

export async function talk({ client: name, url, key, prompt, streamed, retries, tool }) {
  const asked = {
    model: models[name.split(" ")[1]](url, key),
    prompt,
    tools: {
      [tool.name]: makeTool({
        description: tool.description,
        inputSchema: jsonSchema(tool.parameters),
        execute: async (input) => tool.run(input),
      }),
    },
    stopWhen: isStepCount(4),
    maxRetries: retries,
    providerOptions,
  };
  if (!streamed) return (await generateText(asked)).text;
  let failure;
  const result = streamText({ ...asked, onError: ({ error }) => (failure = error) });
  let said = "";
  for await (const piece of result.textStream) said += piece;
  if (failure) throw failure;
  return said;
}
