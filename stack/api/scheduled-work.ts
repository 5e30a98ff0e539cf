import postgres from "postgres";

/** Replaces hosted Supabase's `pg_cron`: runs once a second, and calls the `maintenance` function when it has work. */
const RUN_SQL = "call event_private.run_scheduled_work()";
const WANTED_SQL = `
  select to_regprocedure('event_private.run_scheduled_work()') is not null
    and not exists (select from pg_extension where extname = 'pg_cron') as wanted
`;
const DUE_SQL = "select ticket_private.maintenance_is_due() as due";
const PAUSE_MS = 1_000;
const MAINTENANCE_LIMIT_MS = 60_000;
const RUN_LIMIT_MS = 60_000;

/**
 * Runs the database's scheduled work until stopped, unless the database has none or runs it itself. Runs never overlap:
 * the pause starts when the work is done.
 */
export async function startScheduledWork(
  databaseUrl: string,
  api: { url: string; secretKey: string },
): Promise<{ stop(): Promise<void> }> {
  const connection = { statement_timeout: RUN_LIMIT_MS };
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, prepare: false, fetch_types: false, connection });
  const [row] = await sql.unsafe(WANTED_SQL);
  let stopped = row?.wanted !== true;
  let lastMessage = "";
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  const complain = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== lastMessage && !stopped) console.error(`scheduled work: ${message}`);
    lastMessage = message;
  };
  // Does not block the rest, since a provider may be slow, but never runs twice at once.
  let maintenance: Promise<void> | undefined;
  const maintain = () =>
    callMaintenance()
      .catch(complain)
      .finally(() => (maintenance = undefined));
  const callMaintenance = async () => {
    const response = await fetch(`${api.url}/functions/v1/maintenance`, {
      method: "POST",
      headers: { apikey: api.secretKey },
      signal: AbortSignal.any([AbortSignal.timeout(MAINTENANCE_LIMIT_MS), stopping.signal]),
    });
    if (!response.ok) throw new Error(`maintenance answered ${response.status}`);
  };

  const run = async () => {
    try {
      await sql.unsafe(RUN_SQL);
      const [work] = await sql.unsafe(DUE_SQL);
      if (work?.due && !stopped) maintenance ??= maintain();
      lastMessage = "";
    } catch (error) {
      complain(error);
    }
    schedule();
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, PAUSE_MS).unref();
  };
  schedule();

  return {
    stop: async () => {
      stopped = true;
      stopping.abort();
      clearTimeout(timer);
      await Promise.all([running, maintenance]);
      await sql.end({ timeout: 5 });
    },
  };
}
