import { existsSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { dataFolder, isRunning } from "./data-folder.ts";

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));

/** `npm run reset`: throws the embedded database and the uploaded files away, so that the next start is a first one. */
const { folder, lock } = dataFolder(root);

if (await isRunning(lock)) {
  console.error(pc.red("The stack is running. Stop it with Ctrl-C, then reset."));
  process.exit(1);
}
const existed = existsSync(folder);
rmSync(folder, { recursive: true, force: true });
console.log(existed ? `Emptied ${folder}. The next npm start begins anew.` : "There was nothing to reset.");
