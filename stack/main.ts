import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { config as loadEnv } from "dotenv";
import pc from "picocolors";
import { readConfig } from "./config.ts";
import { dataFolder, isRunning } from "./data-folder.ts";
import { SqlFileError } from "./database/migrations.ts";
import { StackError } from "./errors.ts";
import { loadKeys } from "./keys.ts";
import { terminalLog } from "./progress.ts";
import { runStack } from "./run-stack.ts";
import { welcome } from "./welcome.ts";

/** The project to serve. The tests pass another one as an argument. */
const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));

const STOP_LIMIT_MS = 5_000;

async function main(): Promise<void> {
  const startedAt = performance.now();
  const envFile = join(root, ".env");
  if (existsSync(envFile)) loadEnv({ path: envFile, quiet: true });
  const config = readConfig(join(root, "supabase", "config.toml"));
  const keys = loadKeys(envFile, `http://127.0.0.1:${config.api.port}`);
  const folder = dataFolder(root);
  if (await isRunning(folder.lock)) throw new StackError("The stack is already running. Stop it with Ctrl-C first.");

  // Until everything is ready, no orderly shutdown is needed: the next start undoes or repeats unfinished work.
  let stop = async () => process.exit(0);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());
  const log = terminalLog();
  const { DATABASE_URL, ANIGMAA_HOST } = process.env;
  const databaseUrl = DATABASE_URL || undefined;
  const host = ANIGMAA_HOST || undefined;
  const stack = await runStack({ root, config, keys, folder, databaseUrl, host, log });
  stop = async () => {
    console.log("\nStopping …");
    // The child processes end with this one, and the database loses nothing that was committed.
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    await stack.stop();
    process.exit(0);
  };
  const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    await welcome({
      apiUrl: stack.apiUrl,
      studioLink: stack.studioLink,
      databaseUrl: stack.databaseUrl,
      schemas: config.api.schemas,
      keys,
      seconds,
      megabytes,
      host,
    }),
  );
}

main().catch((error: unknown) => {
  const known = error instanceof StackError || error instanceof SqlFileError;
  console.error(pc.red(known ? (error as Error).message : error instanceof Error ? error.stack : String(error)));
  process.exit(1);
});
