// One question to one client, tools and all: `node talk.mjs '{"client": …, "url": …, "key": …, "prompt": …}'`.
// Prints {"said": …} or {"failed": {name, status, message}} as JSON.  `retries` is left to the client where not given.
import { readFileSync } from "node:fs";

const asked = JSON.parse(process.argv[2]);
const tool = {
  name: "read_file",
  description: "The content of a file.",
  parameters: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
  run: ({ path }) => readFileSync(path, "utf8"),
};

function told(error) {
  const cause = error.lastError ?? error;
  return {
    name: error.name,
    status: cause.status ?? cause.statusCode ?? cause.status_code ?? null,
    message: cause.message ?? JSON.stringify(cause),
  };
}

const [module] = asked.client.split(" ");
const { talk } = await import(`./${module}.mjs`);
try {
  console.log(JSON.stringify({ said: await talk({ ...asked, tool }) }));
} catch (error) {
  console.log(JSON.stringify({ failed: told(error) }));
}
