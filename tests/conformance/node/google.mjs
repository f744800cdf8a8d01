// @google/genai: a loop by hand, which hands the model's parts back as they came, thought signatures included.
import { GoogleGenAI } from "@google/genai";

export async function talk({ url, key, prompt, streamed, retries, tool }) {
  const httpOptions = { baseUrl: url };
  if (retries !== undefined) httpOptions.retryOptions = { attempts: retries + 1 };
  const client = new GoogleGenAI({ apiKey: key, httpOptions });
  const declaration = { name: tool.name, description: tool.description, parametersJsonSchema: tool.parameters };
  const config = { tools: [{ functionDeclarations: [declaration] }], thinkingConfig: { includeThoughts: true } };
  const contents = [{ role: "user", parts: [{ text: prompt }] }];
  for (;;) {
    const asked = { model: "gemini-2.5-flash", contents, config };
    const parts = streamed
      ? await collected(await client.models.generateContentStream(asked))
      : (await client.models.generateContent(asked)).candidates[0].content.parts;
    const calls = parts.filter((part) => part.functionCall).map((part) => part.functionCall);
    if (!calls.length) return parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
    const results = calls.map(({ id, name, args }) => ({
      functionResponse: { id, name, response: { output: tool.run(args) } },
    }));
    contents.push({ role: "model", parts }, { role: "user", parts: results });
  }
}

async function collected(stream) {
  const parts = [];
  for await (const chunk of stream) parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
  return parts;
}
