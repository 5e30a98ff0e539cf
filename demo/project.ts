import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { config as loadEnv } from "dotenv";
import { visit } from "./people.ts";
import { CannotBegin } from "./story.ts";

/** The project that the demo speaks to: any that has our migrations, with the key that clients use. */
export type Project = { url: string; key: string };

export function readProject(): Project {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  loadEnv({ path: join(root, ".env"), quiet: true });
  const { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: key } = process.env;
  if (!url || !key)
    throw new CannotBegin(
      "Where to? SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY are not set: run `npm start` first in another terminal, which writes them to .env.",
    );
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CannotBegin(`SUPABASE_URL is no address: "${url}". Locally it is http://127.0.0.1:54321.`);
  return { url, key };
}

/** Asks the project something small, and says in one sentence what to do if it does not answer. */
export async function reach(project: Project): Promise<void> {
  const { status, error } = await visit(project).users.rpc("username_available", { username: "anyone" });
  if (error) throw new CannotBegin(advice(project.url, status, error));
}

function advice(url: string, status: number, { code, message }: { code: string; message: string }): string {
  if (status === 0) return `Nothing answers at ${url}: run \`npm start\` first in another terminal.`;
  if (status === 401) return `${url} does not take this key: set SUPABASE_PUBLISHABLE_KEY to the project's own.`;
  if (code === "PGRST106")
    return `${url} does not expose our four schemas: name them in its API settings, as supabase/config.toml does.`;
  return `${url} answers "${message}" (${code}): apply the migrations there first (\`npx supabase db push\`).`;
}
