import type { Engine } from "./shared-backend.ts";

/**
 * The session state of one client. All clients share one backend, so a client's settings are saved before another
 * client gets the backend, and restored when it returns.
 */
export class ClientSession {
  static #nextId = 1;
  readonly statementPrefix = `${(ClientSession.#nextId++).toString(36)}:`;
  readonly #settings = new Map<string, string>();
  readonly #touched = new Set<string>();
  readonly #leftovers = new Set<"temp" | "advisory" | "listen" | "hold">();

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
    for (const [, name] of sql.matchAll(/\b(?:re)?set\s+(?:session\s+|local\s+)?"?([a-z_][\w.]*)"?/gi)) {
      this.#touched.add(name!.toLowerCase() === "time" ? "timezone" : name!.toLowerCase());
    }
    for (const [, name] of sql.matchAll(/set_config\(\s*'([\w.]+)'/gi)) this.#touched.add(name!.toLowerCase());
    if (/\btemp(orary)?\b/i.test(sql)) this.#leftovers.add("temp");
    if (/\bpg_(try_)?advisory_lock/i.test(sql)) this.#leftovers.add("advisory");
    if (/\blisten\b/i.test(sql)) this.#leftovers.add("listen");
    if (/\bwith\s+hold\b/i.test(sql)) this.#leftovers.add("hold");
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
