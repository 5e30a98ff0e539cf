import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "../../stack/ports.ts";

export type TestServer = {
  /** The URL of the maintenance database, for a superuser. */
  url: string;
  describe: string;
  stop(): void;
};

/**
 * The PostgreSQL server to test on: TEST_DATABASE_URL, else a throwaway cluster of the newest installation on this
 * machine that has PostGIS, else none (undefined).
 */
export async function findServer(): Promise<TestServer | undefined> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, describe: "the server of TEST_DATABASE_URL", stop: () => {} };
  const bin = installations().at(-1);
  return bin ? await startCluster(bin) : undefined;
}

/** Directories with initdb whose installation has PostGIS, oldest version first. */
function installations(): string[] {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(a) - Number(b))
    .filter(
      (version) => Number(version) >= 15 && existsSync(`/usr/share/postgresql/${version}/extension/postgis.control`),
    )
    .map((version) => join(root, version, "bin"))
    .filter((bin) => existsSync(join(bin, "initdb")));
}

async function startCluster(bin: string): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), "anigmaa-server-"));
  const data = join(directory, "data");
  const port = await freePort();
  // PostgreSQL refuses to run as root; Debian's package brings the account postgres.
  const asRoot = process.getuid?.() === 0;
  const run = (command: string, ...args: string[]) =>
    asRoot
      ? execFileSync("runuser", ["-u", "postgres", "--", join(bin, command), ...args], {
          stdio: "pipe",
          cwd: directory,
        })
      : execFileSync(join(bin, command), args, { stdio: "pipe" });
  if (asRoot) execFileSync("chown", ["postgres", directory]);
  run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8");
  const settings = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=256MB -c wal_level=logical`;
  run("pg_ctl", "-D", data, "-o", settings, "-l", join(directory, "log"), "-w", "start");
  const stop = () => {
    try {
      run("pg_ctl", "-D", data, "-m", "immediate", "stop");
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  return { url: `postgresql://postgres@127.0.0.1:${port}/postgres`, describe: `a throwaway cluster of ${bin}`, stop };
}

/** Creates a database, empty or as a copy of a template, and returns its URL. */
export async function createDatabase(serverUrl: string, name: string, template = "template1"): Promise<string> {
  await onMaintenance(serverUrl, async (client) => {
    await client.query(`drop database if exists "${name}" with (force)`);
    await client.query(`create database "${name}" template "${template}"`);
    // PostgreSQL does not copy the settings of a database (search_path, jit).
    const { rows } = await client.query(
      `select unnest(s.setconfig) as setting from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
       where d.datname = $1 and s.setrole = 0`,
      [template],
    );
    for (const { setting } of rows) await client.query(`alter database "${name}" set ${setting.replace("=", " = ")}`);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await onMaintenance(serverUrl, (client) => client.query(`drop database if exists "${name}" with (force)`));
}

async function onMaintenance(serverUrl: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The schema of a database as lines of SQL, without the random tokens that newer versions of pg_dump write. */
export function dumpSchema(url: string): string[] {
  return execFileSync("pg_dump", ["--schema-only", "--no-owner", "-d", url], { encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\n")
    .filter((line) => !/^\\(un)?restrict /.test(line));
}
