import { existsSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { config as loadEnv } from "dotenv";
import pc from "picocolors";
import { dataFolder, isRunning } from "./data-folder.ts";

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));

const envFile = join(root, ".env");
if (existsSync(envFile)) loadEnv({ path: envFile, quiet: true });

/** `npm run reset`: throws the embedded database and the uploaded files away, so that the next start is a first one. */
const { folder, lock } = dataFolder(root);

if (await isRunning(lock)) {
  console.error(pc.red("The stack is running. Stop it with Ctrl-C, then reset."));
  process.exit(1);
}
if (process.env.DATABASE_URL) {
  console.error(
    pc.red(
      "DATABASE_URL is set, and reset empties only the embedded database. Drop and create that database yourself, " +
        `and remove its uploaded files, ${folder}; or unset DATABASE_URL.`,
    ),
  );
  process.exit(1);
}
const existed = existsSync(folder);
rmSync(folder, { recursive: true, force: true });
console.log(existed ? `Emptied ${folder}. The next npm start begins anew.` : "There was nothing to reset.");
