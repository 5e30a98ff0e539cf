import type pg from "pg";
import { type Comparison, compare } from "./compare.ts";

const person = (n: number) => `a0000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

/** A post card written by hand: the columns of `post_private.post_cards`, without visibility checks. */
const card = `p.id, jsonb_build_object('id', a.id, 'username', a.username, 'name', a.name, 'avatar_url', a.avatar_url, 'is_verified', a.is_verified),
  p.content, p.type, p.visibility, p.created_at, p.updated_at, p.likes_count, p.comments_count, p.reposts_count, p.shares_count,
  array(select i.image_url from post_service.post_images i where i.post_id = p.id order by i.order_index, i.id),
  (select jsonb_build_object('id', e.id, 'title', e.title) from event_service.events e where e.id = coalesce(p.attached_event_id, p.event_id)),
  (select jsonb_build_object('id', o.id, 'content', o.content) from post_service.posts o where o.id = p.original_post_id),
  exists (select 1 from post_service.likes l where l.user_id = $1 and l.likeable_type = 'post' and l.likeable_id = p.id),
  exists (select 1 from post_service.bookmarks b where b.user_id = $1 and b.post_id = p.id),
  exists (select 1 from post_service.reposts r where r.user_id = $1 and r.post_id = p.id)`;

const newest = (where: string) => `select ${card} from (
    select * from post_service.posts p where ${where} order by p.created_at desc, p.id desc limit 20) p
  join user_service.profiles a on a.id = p.author_id order by p.created_at desc, p.id desc`;

const words = "post_private.post_document(p.content) @@ to_tsquery('simple',";

const comparisons: Comparison[] = [
  ...[1, 2, 3].map((n) => ({
    name: `home feed of person ${n}`,
    viewer: person(n),
    ours: "select * from post_service.home_feed()",
    byHand: newest("p.author_id in (select f.following_id from user_service.follows f where f.follower_id = $1)"),
  })),
  ...[1, 2, 3].map((n) => ({
    name: `one author's posts through the policy, person ${n}`,
    viewer: person(n),
    ours: `select * from post_service.posts where author_id = '${person(77)}' order by created_at desc, id desc limit 20`,
    byHand: `select * from post_service.posts where author_id = '${person(77)}' and $1::uuid is not null order by created_at desc, id desc limit 20`,
  })),
  {
    name: "recent posts through the policy, person 2",
    viewer: person(2),
    ours: "select * from post_service.posts order by created_at desc, id desc limit 20",
    byHand: "select * from post_service.posts where $1::uuid is not null order by created_at desc, id desc limit 20",
  },
  {
    name: "posts_by, person 2",
    viewer: person(2),
    ours: `select * from post_service.posts_by('${person(77)}')`,
    byHand: newest(`p.author_id = '${person(77)}'`),
  },
  {
    name: "events nearby",
    viewer: person(2),
    ours: "select * from event_service.events_near(-6.175392, 106.827153)",
    byHand: `select e.*, jsonb_build_object('id', a.id, 'username', a.username, 'name', a.name), extensions.st_asgeojson(e.location_geom)::jsonb,
        (select t.status from event_service.event_attendees t where t.event_id = e.id and t.user_id = $1)
      from event_service.events e left join user_service.profiles a on a.id = e.host_id
      where extensions.st_dwithin(e.location_geom, extensions.st_setsrid(extensions.st_makepoint(106.827153, -6.175392), 4326)::extensions.geography, 5000, false)
        and e.status in ('upcoming', 'ongoing') and e.end_time > now()
      order by e.location_geom operator(extensions.<->) extensions.st_setsrid(extensions.st_makepoint(106.827153, -6.175392), 4326)::extensions.geography, e.id limit 20`,
  },
  ...[
    ["a rare word", "langka"],
    ["a common word", "kopi"],
    ["no match", "tidakada"],
  ].map(([what, word]) => ({
    name: `search of posts, ${what}`,
    viewer: person(2),
    ours: `select * from post_service.search_posts('${word}')`,
    byHand: newest(`${words} '${word}:*')`),
  })),
];

/** Compares reads through the policies with SQL written by hand without them, on the same server. */
export async function benchReads(client: pg.Client): Promise<void> {
  console.log(
    "\nReads: ours, through the policies, and by hand, without them (median of 41 runs in ms; buffers of one run)",
  );
  console.table(Object.fromEntries(await compare(client, comparisons)));
}
