import type pg from "pg";

/** Two queries for the same page: ours, and one written by hand, in which `$1` is the viewer. */
export type Comparison = { name: string; viewer: string; ours: string; byHand: string };

const runs = 41;

/** Alternates the two queries, so that other load on the machine affects both alike. */
export async function compare(client: pg.Client, comparisons: Comparison[]) {
  const rows: [string, Record<string, string | number>][] = [];
  for (const { name, viewer, ours, byHand } of comparisons) {
    const times = { ours: [] as number[], byHand: [] as number[] };
    for (let run = 0; run < runs; run++) {
      times.ours.push(await asPerson(client, viewer, () => timed(client, ours)));
      times.byHand.push(await timed(client, byHand, [viewer]));
    }
    const [mine, hand] = [median(times.ours), median(times.byHand)];
    const buffers = await asPerson(client, viewer, () => buffersOf(client, ours));
    const handBuffers = await buffersOf(client, byHand.replaceAll("$1", `'${viewer}'::uuid`));
    rows.push([
      name,
      {
        ours: mine.toFixed(2),
        "by hand": hand.toFixed(2),
        ratio: (mine / hand).toFixed(2),
        "difference in ms": (mine - hand).toFixed(2),
        buffers,
        "buffers by hand": handBuffers,
      },
    ]);
  }
  return rows;
}

async function asPerson<T>(client: pg.Client, person: string, work: () => Promise<T>): Promise<T> {
  await client.query("select set_config('request.jwt.claims', $1, false), set_config('role', 'authenticated', false)", [
    JSON.stringify({ sub: person }),
  ]);
  const result = await work();
  await client.query("reset role");
  return result;
}

async function timed(client: pg.Client, text: string, values: string[] = []): Promise<number> {
  const start = performance.now();
  await client.query(text, values);
  return performance.now() - start;
}

async function buffersOf(client: pg.Client, text: string): Promise<number> {
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${text}`);
  const plan = rows[0]["QUERY PLAN"][0].Plan;
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}

export function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
