import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { config as loadEnv } from "dotenv";
import { visit } from "./people.ts";
import { CannotBegin } from "./story.ts";

/** The Supabase project that the demo runs against, with its publishable key. It must have our migrations. */
export type Project = { url: string; key: string };

export function readProject(): Project {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  loadEnv({ path: join(root, ".env"), quiet: true });
  const { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: key } = process.env;
  if (!url || !key)
    throw new CannotBegin(
      "SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY are not set. Run `npm start` in another terminal first: it writes them to .env.",
    );
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CannotBegin(`SUPABASE_URL is not a valid URL: "${url}". Locally, it is http://127.0.0.1:54321.`);
  return { url, key };
}

/** Checks that the project responds. If it does not, the error says what to do. */
export async function reach(project: Project): Promise<void> {
  const { status, error } = await visit(project).users.rpc("username_available", { username: "anyone" });
  if (error) throw new CannotBegin(advice(project.url, status, error));
}

function advice(url: string, status: number, { code, message }: { code: string; message: string }): string {
  if (status === 0) return `There is no response from ${url}. Run \`npm start\` in another terminal first.`;
  if (status === 401) return `${url} rejects the key. Set SUPABASE_PUBLISHABLE_KEY to the project's publishable key.`;
  if (code === "PGRST106")
    return `${url} does not expose our four schemas. Add them in its API settings, as in supabase/config.toml.`;
  return `${url} responds "${message}" (${code}). Apply the migrations first (\`npx supabase db push\`).`;
}
