import pc from "picocolors";
import postgres from "postgres";
import type { StackKeys } from "./keys.ts";

type WelcomeOptions = {
  apiUrl: string;
  studioUrl: string;
  databaseUrl: string;
  keys: StackKeys;
  seconds: string;
  megabytes: number;
  /** Where the API is open to other machines. */
  host?: string;
};

/** What `npm start` prints when everything is ready: URLs, keys, and accounts to sign in with. */
export async function welcome({
  apiUrl,
  studioUrl,
  databaseUrl,
  keys,
  seconds,
  megabytes,
  host,
}: WelcomeOptions): Promise<string> {
  const people = await seededPeople(databaseUrl);
  const lines: [string, string][] = [
    ["Studio", `${studioUrl} ${pc.dim("(do not share)")}`],
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

/** The email addresses of some seeded people. */
async function seededPeople(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    const rows = await sql`
      select email from auth.users where email like '%@anigmaa.test' order by created_at, email limit 4`;
    return rows.map((row) => row.email as string);
  } finally {
    await sql.end();
  }
}
