import pc from "picocolors";
import postgres from "postgres";
import type { StackKeys } from "./keys.ts";

type WelcomeOptions = {
  apiUrl: string;
  studioLink: (path?: string) => string;
  databaseUrl: string;
  keys: StackKeys;
  seconds: string;
  megabytes: number;
  schemas: string[];
  /** Where the API is open to other machines. */
  host?: string;
};

/** What `npm start` prints when everything is ready: URLs, keys, and accounts to sign in with. */
export async function welcome({
  apiUrl,
  studioLink,
  databaseUrl,
  keys,
  seconds,
  megabytes,
  host,
  schemas,
}: WelcomeOptions): Promise<string> {
  const { people, first } = await seeded(databaseUrl, schemas);
  const lines: [string, string][] = [
    ["Studio", `${studioLink(first && `/editor/${first}`)} ${pc.dim("(do not share)")}`],
    ["REST", `${apiUrl}/rest/v1`],
    ["Auth", `${apiUrl}/auth/v1`],
    ["Storage", `${apiUrl}/storage/v1`],
    ["Functions", `${apiUrl}/functions/v1`],
    ["Database", showable(databaseUrl, keys.databasePassword)],
    ["Memory", `${megabytes} MB, and about 60 MB more for each edge function in use`],
    ["Publishable key", keys.publishableKey],
    ["Secret key", `${keys.secretKey} ${pc.dim("(for servers only)")}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const table = lines.map(([name, value]) => `  ${pc.bold(name.padEnd(width))}  ${value}`).join("\n");
  const signIn = people.length
    ? `\n\n  Sign in as ${people.map((email) => pc.cyan(email)).join(", ")}\n  with the password ${pc.cyan("anigmaa-demo")}.`
    : "";
  const warning = host
    ? `\n\n  ${pc.yellow(`The API is open to the network at ${host} (ANIGMAA_HOST):`)} whoever reaches this machine and knows a key can use it.`
    : "";
  return `\n${pc.green("Ready")} after ${seconds} s. Keys are in .env. Stop with Ctrl-C.\n\n${table}${signIn}${warning}\n`;
}

/** The URL without internal parameters, and without the password of your own server. */
function showable(databaseUrl: string, password: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete("sslmode");
  if (url.password && decodeURIComponent(url.password) !== password) url.password = "…";
  return decodeURIComponent(url.toString());
}

/** The email addresses of some seeded people, and the table that Studio opens: the largest of the first schema. */
async function seeded(databaseUrl: string, schemas: string[]): Promise<{ people: string[]; first?: string }> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    const rows = await sql`
      select email from auth.users where email like '%@anigmaa.test' order by created_at, email limit 4`;
    const [table] = await sql`
      select nspname || '.' || relname as name from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and nspname = ${schemas[0] ?? ""} order by reltuples desc, relname limit 1`;
    return { people: rows.map((row) => row.email as string), first: table?.name };
  } finally {
    await sql.end();
  }
}
