import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(import.meta.dirname, "..");

const services = ["user", "event", "post", "ticket"] as const;

/** A release: the version of its newest migration, and the path of a copy of its seed. */
type Release = { version: string; last_migration: string; seed: string };

/** A built file and the parts that it is made of, by their paths. */
type Target = { path: string; parts: string[] };

const serviceFiles: Target[] = services.map((service) => ({
  path: `db/services/${service}_service_db.sql`,
  parts: partsOf(`db/services/${service}`),
}));
const oneDatabase: Target = { path: "db/one_database.sql", parts: partsOf("db/one_database") };

/** What exists only on Supabase, in the order in which it loads. */
export const supabaseFiles = ["storage", "realtime", "schedules"].map((name) => `db/supabase/${name}.sql`);

/** The first migrations, in the order in which they are applied. */
const baseline: Target[] = [
  ...services.map((service, i) => ({ path: migration(i + 1, `${service}_service`), parts: serviceFiles[i]!.parts })),
  { path: migration(5, "one_database"), parts: oneDatabase.parts },
  ...supabaseFiles.map((path, i) => ({ path: migration(6 + i, basename(path, ".sql")), parts: [path] })),
];

function migration(number: number, name: string): string {
  return `supabase/migrations/202611300${number}0000_${name}.sql`;
}

function partsOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** The loadable files by their path: one for each service, and the one for the four in one database. */
export function buildLoadableFiles(): Map<string, string> {
  return new Map([...serviceFiles, oneDatabase].map(({ path, parts }) => [path, loadable(parts)]));
}

/** The baseline migrations by their path. A migration runs in a transaction of its own and in a new database. */
function buildBaseline(): Map<string, string> {
  return new Map(
    baseline.map(({ path, parts }) => [
      path,
      `-- Baseline, built by \`npm run db:build\` until the first release, from ${dirname(parts[0]!)}/.\n\n${inNewDatabase(concatenate(parts))}`,
    ]),
  );
}

/** Without the statements that only matter where the objects exist already, and would print a notice each. */
function inNewDatabase(sql: string): string {
  return sql.replace(/^ *drop policy if exists .*;\n/gm, "");
}

function loadable(parts: string[]): string {
  return [
    `-- Built by \`npm run db:build\` from the parts in ${dirname(parts[0]!)}/. Edit those, not this file.`,
    "-- It builds and does not upgrade: loading it again changes nothing that exists, except functions and policies.",
    "begin;\n",
    concatenate(parts),
    "commit;\n",
  ].join("\n");
}

/** The parts one after another, each under its path. */
function concatenate(parts: string[]): string {
  return parts.map((path) => `-- ${path}\n${fill(join(root, path), { service: serviceOf(path) })}\n`).join("\n");
}

/** The service whose folder a part is in: the value of `{{service}}` in the templates that it includes. */
function serviceOf(path: string): string {
  return services.find((service) => path.startsWith(`db/services/${service}/`)) ?? "";
}

const INCLUDE = /^-- @include (\S+)\n((?:-- {3}.*\n)*)/gm;

/**
 * A part or template with each `-- @include <file>` replaced by that file, and each `{{name}}` by its value. Values are
 * given in the lines after an include, as `--   name = value`; a line that is indented further continues the value.
 */
function fill(file: string, values: Record<string, string>): string {
  const text = readFileSync(file, "utf8").replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === "") throw new Error(`${relative(root, file)}: {{${name}}} has no value`);
    return value;
  });
  return text
    .replace(INCLUDE, (_, path: string, lines: string) =>
      fill(resolve(dirname(file), path), { ...values, ...assignments(lines) }),
    )
    .trimEnd();
}

function assignments(lines: string): Record<string, string> {
  const unfolded = lines.replace(/\n-- {5,}/g, " ");
  return Object.fromEntries([...unfolded.matchAll(/^-- {3}(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]));
}

/** All releases, oldest first. */
export function readReleases(): Release[] {
  return JSON.parse(readFileSync(join(root, "db/releases.json"), "utf8"));
}

/** All built files by their path. After the first release the baseline is no longer built. */
export function buildAll(): Map<string, string> {
  return new Map([...buildLoadableFiles(), ...(readReleases().length === 0 ? buildBaseline() : [])]);
}

/** The paths of built files that are not what the parts build now. */
export function findStaleFiles(): string[] {
  const isStale = ([path, text]: [string, string]) =>
    !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text;
  return [...buildAll()].filter(isStale).map(([path]) => path);
}

function main(): void {
  for (const [path, text] of buildAll()) {
    writeFileSync(join(root, path), text);
    console.log(`Wrote ${path}`);
  }
  const last = readReleases().at(-1);
  if (last) {
    console.log(`Version ${last.version} is released, so the migrations are yours: npx supabase migration new <name>`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
