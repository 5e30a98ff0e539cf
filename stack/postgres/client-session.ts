import { messagesIn } from "./backend-messages.ts";
import { closeStatement, statementName } from "./frontend-messages.ts";
import type { Engine } from "./shared-backend.ts";

/** Also finds columns that an UPDATE sets. */
const SET = /\b(?:re)?set\s+(?:(session|local)\s+)?"?([a-z_][\w.]*)"?/gi;
const SET_CONFIG = /set_config\(\s*'([\w.]+)'\s*(?:,\s*(?:'(?:[^']|'')*'|\$\d+)\s*,\s*(true)\b)?/gi;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/**
 * The session state of one client. All clients share one backend, so a client's settings are saved before another
 * client gets the backend, and restored when it returns.
 */
export class ClientSession {
  static #nextId = 1;
  readonly statementPrefix = `${(ClientSession.#nextId++).toString(36)}:`;
  readonly #settings = new Map<string, string>();
  readonly #touched = new Set<string>();
  /** Whether some of these have certainly been set. */
  #isUnsaved = false;
  readonly #leftovers = new Set<"temp" | "advisory" | "listen" | "hold">();
  /** The Parse messages of its prepared statements, by name. */
  readonly #statements = new Map<string, Buffer>();
  /** Whether a database that was started again lacks its prepared statements. */
  mustPrepareAgain = false;
  /** Whether its transaction was lost with the database, so that it must be refused everything until it ends. */
  mustFail = false;

  /** Settings of the start-up message last as long as the connection. */
  constructor(parameters: Map<string, string> = new Map()) {
    for (const [name, value] of parameters) {
      if (name === "user" && value !== "postgres") this.#settings.set("session_authorization", value);
      else if (name === "options") this.#takeOptions(value);
      else if (!["user", "database", "replication"].includes(name) && !name.startsWith("_pq_.")) {
        this.#settings.set(name.toLowerCase(), value);
      }
    }
  }

  #takeOptions(options: string): void {
    for (const [, name, value] of options.matchAll(/(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)/g)) {
      this.#settings.set(name!.replaceAll("-", "_"), value!.replace(/\\(.)/g, "$1"));
    }
  }

  /** Notes which settings a statement may change. An extra name costs little; a missed one is lost on a switch. */
  observe(sql: string): void {
    for (const { 1: scope, 2: name, index } of sql.matchAll(SET)) {
      // Local ones end with the transaction, and nobody else gets the backend before.
      if (scope?.toLowerCase() === "local") continue;
      this.#touched.add(name!.toLowerCase() === "time" ? "timezone" : name!.toLowerCase());
      this.#isUnsaved ||= /(^|;)\s*$/.test(sql.slice(0, index));
    }
    for (const [, name, isLocal] of sql.matchAll(SET_CONFIG)) {
      if (isLocal) continue;
      this.#touched.add(name!.toLowerCase());
      this.#isUnsaved = true;
    }
    if (/\btemp(orary)?\b/i.test(sql)) this.#leftovers.add("temp");
    if (/\bpg_(try_)?advisory_lock/i.test(sql)) this.#leftovers.add("advisory");
    if (/\blisten\b/i.test(sql)) this.#leftovers.add("listen");
    if (/\bwith\s+hold\b/i.test(sql)) this.#leftovers.add("hold");
  }

  /** Notes which prepared statements a batch has made and closed, by the answer to it. */
  prepared(messages: Uint8Array, answer: Uint8Array): void {
    const done = messagesIn(answer).map(({ type }) => type);
    const left = { P: done.filter((type) => type === "1").length, C: done.filter((type) => type === "3").length };
    const bytes = Buffer.from(messages.buffer, messages.byteOffset, messages.byteLength);
    for (const { type, at } of messagesIn(messages)) {
      if ((type !== "P" && type !== "C") || left[type]-- <= 0) continue;
      const message = bytes.subarray(at, at + 1 + bytes.readInt32BE(at + 1));
      const name = statementName(type, message);
      if (type === "P" && name) this.#statements.set(name, Buffer.from(message));
      else this.#statements.delete(name);
    }
  }

  statements(): Iterable<Buffer> {
    return this.#statements.values();
  }

  closeStatements(): Buffer[] {
    return [...this.#statements.keys()].map(closeStatement);
  }

  /** How long its statements may run, if it has set statement_timeout: 0 is no limit. */
  limitMs(): number | undefined {
    const [, amount, unit = "ms"] = /^(\d+)\s*(ms|s|min|h)?$/.exec(this.#settings.get("statement_timeout") ?? "") ?? [];
    return amount === undefined ? undefined : Number(amount) * UNIT_MS[unit]!;
  }

  get hasSetLimit(): boolean {
    return this.#touched.has("statement_timeout");
  }

  /** Whether it has state that a database that is started again does not have and that cannot be restored. */
  isLost(): boolean {
    return this.#leftovers.size > 0 || this.#isUnsaved;
  }

  /** Saves the settings that this client may have changed, before another client gets the backend. */
  async save(engine: Engine): Promise<void> {
    if (this.#touched.size === 0) return;
    const names = [...this.#touched, "session_authorization", "role"];
    const rows = await engine.rows(
      `select name, current_setting(name, true) from unnest(array[${names.map(literal).join(",")}]) as name`,
    );
    for (const [name, value] of rows) if (name && value !== null) this.#settings.set(name, value!);
    this.#touched.clear();
    this.#isUnsaved = false;
  }

  /** Restores this client's settings. One that can no longer be set (a dropped role) keeps its default. */
  async restore(engine: Engine): Promise<void> {
    const last = ["session_authorization", "role"];
    const order = [...this.#settings].sort(([a], [b]) => last.indexOf(a) - last.indexOf(b));
    if (order.length === 0) return;
    const setting = ([name, value]: [string, string]) => `set_config(${literal(name)}, ${literal(value)}, false)`;
    if (await engine.run(`select ${order.map(setting).join(", ")}`)) return;
    for (const entry of order) await engine.run(`select ${setting(entry)}`);
  }

  /** Statements that remove what a disconnected client left in the shared backend. */
  cleanup(): string[] {
    const statements = {
      temp: "discard temp",
      advisory: "select pg_advisory_unlock_all()",
      listen: "unlisten *",
      hold: "close all",
    };
    return [...this.#leftovers].map((leftover) => statements[leftover]);
  }
}

function literal(text: string): string {
  return text.includes("\\") ? `E'${text.replace(/['\\]/g, "$&$&")}'` : `'${text.replaceAll("'", "''")}'`;
}
