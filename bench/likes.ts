import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { median } from "./compare.ts";
import { connections, perSecond, rounds, seconds } from "./pgbench.ts";

const hotAuthor = "a0000000-0000-4000-8000-0000000fffff";
const hotPost = "b0000000-0000-4000-8000-000000000001";

/** Measures likes of one post over 16 connections, alternately with and without the counter. */
export async function benchLikes(client: pg.Client, url: string, directory: string, pgbench: string): Promise<void> {
  // An author without blocks, so that everyone can see the post.
  await client.query("insert into user_service.users (id, username) values ($1, 'hot_author')", [hotAuthor]);
  await client.query("insert into post_service.posts (id, author_id, content) values ($1, $2, 'hot')", [
    hotPost,
    hotAuthor,
  ]);
  const script = join(directory, "like.sql");
  writeFileSync(
    script,
    `\\set n random(2, 50000)
begin;
select set_config('request.jwt.claims', json_build_object('sub', 'a0000000-0000-4000-8000-' || lpad(to_hex(:n::int), 12, '0'))::text, true), set_config('role', 'authenticated', true);
insert into post_service.likes (likeable_type, likeable_id) values ('post', '${hotPost}') on conflict do nothing;
commit;
`,
  );
  const rates = { counted: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ["counted", "bare"] as const) {
      await client.query("delete from post_service.likes");
      await client.query("select post_private.fold_counters(1000000)");
      await client.query(
        `alter table post_service.likes ${kind === "bare" ? "disable" : "enable"} trigger likes_count_on_target`,
      );
      const folding = setInterval(() => void client.query("select post_private.fold_counters()"), 1000);
      rates[kind].push(await perSecond(pgbench, url, script));
      clearInterval(folding);
    }
  }
  await client.query("alter table post_service.likes enable trigger likes_count_on_target");
  const ratios = rates.counted.map((rate, round) => rate / rates.bare[round]!);
  console.log(
    `\nLikes of one post per second over ${connections} connections (${rounds} alternating rounds of ${seconds} s)`,
  );
  console.table({
    "with the counter": rates.counted.map(Math.round),
    "without the counter": rates.bare.map(Math.round),
    ratio: ratios.map((ratio) => ratio.toFixed(2)),
  });
  console.log(`Median ratio ${median(ratios).toFixed(2)}`);
}
