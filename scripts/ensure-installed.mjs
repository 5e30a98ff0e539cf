// Runs before `npm start`, `npm test` and `npm run demo`: installs the packages after a fresh clone, and after
// package-lock.json has changed. It may import only Node's own modules.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const denoFolder = join(root, "node_modules", "deno");

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) fail(`Node 20 or newer is required; this is ${process.versions.node}. See https://nodejs.org/.`);

if (!isInstalled()) {
  console.log("Installing packages with npm ci …");
  run(process.platform === "win32" ? "npm.cmd" : "npm", ["ci", "--loglevel=warn"]);
}

// npm may skip install scripts; Deno's installs the executable itself.
const deno = join(denoFolder, process.platform === "win32" ? "deno.exe" : "deno");
if (!existsSync(deno)) {
  console.log("Installing Deno for the edge functions …");
  run(process.execPath, [join(denoFolder, "install.cjs")]);
}

/** Compares the lock file with npm's record of the last complete installation in node_modules. */
function isInstalled() {
  const wanted = readPackages(join(root, "package-lock.json"));
  const present = readPackages(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || optional || present[path]?.version === version,
  );
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) fail(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
