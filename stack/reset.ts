import { existsSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { config as loadEnv } from "dotenv";
import pc from "picocolors";
import { dataFolder, isRunning } from "./data-folder.ts";

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));

const envFile = join(root, ".env");
if (existsSync(envFile)) loadEnv({ path: envFile, quiet: true });

/** `npm run reset`: deletes the embedded database and the uploaded files. */
const { folder, lock } = dataFolder(root);

if (await isRunning(lock)) {
  console.error(pc.red("The stack is running. Stop it with Ctrl-C, then reset again."));
  process.exit(1);
}
if (process.env.DATABASE_URL) {
  console.error(
    pc.red(
      "DATABASE_URL is set, but reset deletes only the embedded database. Drop and recreate your database yourself " +
        `and delete its uploaded files in ${folder}, or unset DATABASE_URL.`,
    ),
  );
  process.exit(1);
}
const existed = existsSync(folder);
rmSync(folder, { recursive: true, force: true });
console.log(existed ? `Deleted ${folder}. The next npm start creates a new database.` : "There was nothing to reset.");
