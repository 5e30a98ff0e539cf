import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { prepareDatabase } from "../../stack/index.ts";
import { runTapFile, type TapFile, type TapResult, tapFiles } from "../sql/tap.ts";
import { createDatabase, dropDatabase, findServer } from "../support/server.ts";
import { accepted } from "./accepted.ts";
import { type Kind, type Mutant, makeMutants } from "./mutants.ts";

// Applies one harmful change at a time to the database, and checks that a pgTAP test detects it:
//   npm run test:mutation -- --kind 'policy dropped' --only follows --list
const { values: options } = parseArgs({
  options: {
    /** Only mutants of this kind. */
    kind: { type: "string" },
    /** Only mutants whose name matches. */
    only: { type: "string" },
    /** List the mutants without running them. */
    list: { type: "boolean", default: false },
    /** Skip the catalogue tests, which detect any change of privileges without testing its effect. */
    behaviour: { type: "boolean", default: false },
    workers: { type: "string", default: String(Math.min(2, cpus().length)) },
  },
});

type Verdict = { mutant: Mutant; caughtBy?: string; reason?: string };

const isCatalogue = (file: TapFile) => file.name.startsWith("catalogue/");
const isHelper = (file: TapFile) => /^(000|zzz)_/.test(file.name);

async function main(): Promise<number> {
  const server = await findServer();
  if (!server) {
    console.log('Mutation testing needs a PostgreSQL server with PostGIS and pgTAP: see README.md, "Test it".');
    return 1;
  }
  const names = Array.from({ length: Number(options.workers) }, (_, n) => `anigmaa_mutation_${process.pid}_${n}`);
  try {
    return await test(await buildDatabases(server.url, names));
  } finally {
    for (const name of names) await dropDatabase(server.url, name);
    server.stop();
  }
}

/** Builds the first database from the migrations, and copies it for the others. */
async function buildDatabases(serverUrl: string, names: string[]): Promise<string[]> {
  const first = await createDatabase(serverUrl, names[0]!);
  await prepareDatabase({
    url: first,
    migrationsDir: resolve(import.meta.dirname, "../../supabase/migrations"),
    seedFile: null,
  });
  const client = await connect(first);
  await client.query("create extension if not exists pgtap with schema extensions");
  await runTapFile(client, tapFiles().find((file) => file.name.startsWith("000_"))!);
  await client.end();
  const copies = [];
  for (const name of names.slice(1)) copies.push(await createDatabase(serverUrl, name, names[0]));
  return [first, ...copies];
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("set statement_timeout = '60s'; set client_min_messages = error");
  return client;
}

async function test(urls: string[]): Promise<number> {
  const clients = await Promise.all(urls.map(connect));
  try {
    const pattern = new RegExp(options.only ?? "");
    const mutants = (await makeMutants(clients[0]!)).filter(
      ({ kind, name }) => (!options.kind || kind === options.kind) && pattern.test(name),
    );
    if (options.list) {
      for (const { kind, name } of mutants) console.log(`${kind}: ${name}`);
      return 0;
    }
    const began = Date.now();
    const verdicts = await judgeAll(clients, mutants);
    return report(verdicts, Date.now() - began);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function judgeAll(clients: pg.Client[], mutants: Mutant[]): Promise<Verdict[]> {
  const files = tapFiles().filter((file) => !isHelper(file) && !(options.behaviour && isCatalogue(file)));
  const baseline = await runBaseline(clients[0]!, files);
  console.log(`${mutants.length} mutants, ${files.length} test files, ${clients.length} workers`);
  const verdicts: Verdict[] = [];
  const began = Date.now();
  let next = 0;
  process.once("SIGINT", () => {
    next = mutants.length;
  });
  const work = async (client: pg.Client) => {
    while (next < mutants.length) {
      const mutant = mutants[next++]!;
      const verdict = await judge(client, mutant, files, baseline);
      verdicts.push(verdict);
      if (!verdict.caughtBy) {
        console.log(`${verdict.reason ? "accepted" : "SURVIVED"}  ${mutant.kind}: ${mutant.name}`);
      }
      if (verdicts.length % 100 === 0) {
        console.log(`${verdicts.length} of ${mutants.length} after ${Math.round((Date.now() - began) / 1000)} s`);
      }
    }
  };
  await Promise.all(clients.map(work));
  return verdicts;
}

/** Runs the tests without a mutation: tests that fail here cannot detect one. */
async function runBaseline(client: pg.Client, files: TapFile[]): Promise<Map<string, TapResult>> {
  const results = new Map<string, TapResult>();
  for (const file of files) {
    const result = await runTapFile(client, file);
    if (result.broken || result.failed.length > 0) {
      console.log(
        `Fails without a mutation: ${file.name}\n${[...result.failed, result.broken].filter(Boolean).join("\n")}`,
      );
    }
    results.set(file.name, result);
  }
  return results;
}

/** Applies the mutation in each file's transaction, whose rollback undoes it, so no database has to be copied. */
async function judge(
  client: pg.Client,
  mutant: Mutant,
  files: TapFile[],
  baseline: Map<string, TapResult>,
): Promise<Verdict> {
  for (const file of inOrder(files, mutant)) {
    const result = await runTapFile(client, file, mutant.sql);
    const detected = difference(result, baseline.get(file.name)!);
    if (detected) return { mutant, caughtBy: `${file.name}: ${detected}` };
  }
  const reason = accepted.find(
    ({ kind, name }) =>
      kind === mutant.kind && (typeof name === "string" ? name === mutant.name : name.test(mutant.name)),
  )?.reason;
  return { mutant, reason };
}

function difference(result: TapResult, without: TapResult): string | undefined {
  if (result.broken !== undefined && result.broken !== without.broken) return result.broken;
  const known = new Set(without.failed.map(title));
  return result.failed.map(title).find((failed) => !known.has(failed));
}

const SHOWN_BY_CATALOGUE: Kind[] = ["grant added", "grant revoked", "execute added", "execute revoked", "null allowed"];

/** The description of a failed test with its diagnostics. */
function title(failed: string): string {
  return failed.replace(/^not ok \d+( - )?/, "");
}

/**
 * Orders the files by how likely they are to detect the mutant. Catalogue tests come last, except for changes that
 * often have no visible effect, such as a grant in a schema that clients cannot reach.
 */
function inOrder(files: TapFile[], { kind, schema, object }: Mutant): TapFile[] {
  const service = schema.replace(/_private$/, "_service");
  const likelihood = (file: TapFile) =>
    (isCatalogue(file) ? (SHOWN_BY_CATALOGUE.includes(kind) ? 5 : -100) : 0) +
    (file.name.endsWith(`/${object}.test.sql`) ? 8 : 0) +
    (file.name.startsWith(`${service}/`) ? 4 : 0) +
    (file.text.includes(`${schema}.${object}`) ? 2 : 0);
  return [...files].sort((a, b) => likelihood(b) - likelihood(a));
}

function report(verdicts: Verdict[], milliseconds: number): number {
  const kinds = [...new Set(verdicts.map(({ mutant }) => mutant.kind))];
  const row = (name: string, of: Verdict[]) => {
    const caught = of.filter(({ caughtBy }) => caughtBy);
    const byCatalogue = caught.filter(({ caughtBy }) => caughtBy!.startsWith("catalogue/"));
    return {
      kind: name,
      mutants: of.length,
      caught: caught.length,
      "caught by the catalogue": byCatalogue.length,
      accepted: of.filter(({ reason }) => reason).length,
      survived: of.filter(({ caughtBy, reason }) => !caughtBy && !reason).length,
      score: `${((100 * caught.length) / of.length).toFixed(1)} %`,
    };
  };
  console.table([
    ...kinds.map((kind) =>
      row(
        kind,
        verdicts.filter(({ mutant }) => mutant.kind === kind),
      ),
    ),
    row("all", verdicts),
  ]);
  const survivors = verdicts.filter(({ caughtBy, reason }) => !caughtBy && !reason);
  for (const { mutant } of survivors)
    console.log(`SURVIVED  ${mutant.kind}: ${mutant.name}\n    ${mutant.sql.replace(/\s+/g, " ")}`);
  console.log(`${Math.round(milliseconds / 1000)} s`);
  return survivors.length > 0 ? 1 : 0;
}

process.exitCode = await main();
