import type pg from "pg";
import type { TableName, World } from "./world.ts";

const SCHEMAS: Record<TableName, string> = {
  follows: "user_service",
  events: "event_service",
  invitations: "user_service",
  blocks: "user_service",
  event_attendees: "event_service",
  event_images: "event_service",
  event_qna: "event_service",
  qna_upvotes: "event_service",
  reviews: "event_service",
  posts: "post_service",
  post_images: "post_service",
  poll_options: "post_service",
  poll_votes: "post_service",
  comments: "post_service",
  likes: "post_service",
  reposts: "post_service",
  bookmarks: "post_service",
  shares: "post_service",
  tickets: "ticket_service",
  ticket_transactions: "ticket_service",
  waitlist_entries: "ticket_service",
  event_staff: "ticket_service",
  refund_policies: "ticket_service",
  event_cancellations: "ticket_service",
};

/** Writes the world as the database's owner. Must be called in a transaction. */
export async function storeWorld(client: pg.Client, world: World): Promise<void> {
  await storePeople(client, world);
  for (const table of Object.keys(SCHEMAS) as TableName[]) {
    // Inserting into reposts creates the post of type repost.
    const rows = table === "posts" ? world.tables.posts.filter((post) => post.type !== "repost") : world.tables[table];
    if (rows.length === 0) continue;
    const columns = Object.keys(rows[0]!).join(", ");
    const target = `${SCHEMAS[table]}.${table}`;
    // Skips the trigger that deletes follows and invitations, so that only the block hides people.
    if (table === "blocks") await client.query("set local session_replication_role = replica");
    await client.query(
      `insert into ${target} (${columns}) select ${columns} from jsonb_populate_recordset(null::${target}, $1)`,
      [JSON.stringify(rows)],
    );
    if (table === "blocks") await client.query("set local session_replication_role = origin");
  }
  const reposts = world.tables.posts.filter((post) => post.type === "repost");
  await client.query(
    `update post_service.posts p set visibility = r.visibility, created_at = r.created_at
     from jsonb_populate_recordset(null::post_service.posts, $1) r where r.id = p.id`,
    [JSON.stringify(reposts)],
  );
  for (const service of ["user", "event", "post", "ticket"]) {
    await client.query(`analyze ${tablesOf(`${service}_service`)}`);
  }
}

const tablesOf = (schema: string) =>
  (Object.keys(SCHEMAS) as TableName[])
    .filter((table) => SCHEMAS[table] === schema)
    .map((table) => `${schema}.${table}`)
    .join(", ");

async function storePeople(client: pg.Client, world: World): Promise<void> {
  const people = JSON.stringify([...world.people.values()]);
  const input = `jsonb_to_recordset($1) as p (id uuid, username text, hidden boolean, "hidesAttendance" boolean,
    "refusesFollowers" boolean, "showsEmail" boolean, "showsLocation" boolean)`;
  await client.query(
    `insert into auth.users (id, email, raw_user_meta_data)
     select id, username || '@example.test', jsonb_build_object('username', username, 'name', 'Zzmatrix ' || username)
     from ${input}`,
    [people],
  );
  await client.query(
    `update user_service.user_privacy set profile_visible = not hidden, events_visible = not "hidesAttendance",
       allow_followers = not "refusesFollowers", show_email = "showsEmail", show_location = "showsLocation"
     from ${input} where user_id = p.id`,
    [people],
  );
  await client.query(
    `update user_service.users u set location = 'Jakarta', avatar_url = p.id || '/me.jpg' from ${input} where u.id = p.id`,
    [people],
  );
}

/** Deletes a committed world, and the file deletions that this queues. */
export async function removeWorld(client: pg.Client, world: World): Promise<void> {
  const { ticket_transactions, tickets, events, event_cancellations } = world.tables;
  const people = [...world.people.keys()];
  const idsOf = (rows: { id: string }[]) => rows.map((row) => row.id);
  for (const [table, ids] of [
    ["ticket_service.ticket_transactions", idsOf(ticket_transactions)],
    ["ticket_service.tickets", idsOf(tickets)],
    ["ticket_service.event_cancellations", idsOf(event_cancellations)],
    ["event_service.events", idsOf(events)],
    ["auth.users", people],
  ] as const) {
    await client.query(`delete from ${table} where id = any($1)`, [ids]);
  }
  await client.query("delete from user_private.files_to_delete where split_part(path, '/', 1) = any($1)", [people]);
}
