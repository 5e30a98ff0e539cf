import pc from "picocolors";
import { arriving } from "./chapters/arriving.ts";
import { discovering, publishing } from "./chapters/events.ts";
import { friends } from "./chapters/friends.ts";
import { joining, reviewing } from "./chapters/joining.ts";
import { leaving } from "./chapters/leaving.ts";
import { posting } from "./chapters/posts.ts";
import { walls } from "./chapters/privacy.ts";
import { inviting, selling } from "./chapters/tickets.ts";
import { everybodyLeaves } from "./people.ts";
import { type Project, reach, readProject } from "./project.ts";
import { CannotBegin, count, heading, tell, UnexpectedTurn } from "./story.ts";

/** A story told over HTTP with supabase-js alone, against any project that SUPABASE_URL names. */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const project = readProject();
  await reach(project);
  console.log(`${pc.bold("A week with Anigmaa")}, at ${project.url}`);
  try {
    await tellStory(project);
  } catch (error) {
    // What came to grief is what the reader wants to know, not what came of cleaning up after it.
    await everybodyLeaves().catch(() => {});
    throw error;
  }
  heading("Everybody goes home");
  tell(
    `The other ${await everybodyLeaves()} delete their accounts too: of this story only what was paid for is left behind`,
  );
  const { told, walls } = count();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(pc.bold(pc.green(`\nAll went as it should: ${told} things done, ${walls} walls met, in ${seconds} s.`)));
}

async function tellStory(project: Project): Promise<void> {
  // New names each time, so that the story can be told again and again.
  const cast = await arriving(project, Math.random().toString(36).slice(2, 8).padEnd(6, "0"));
  await friends(cast);
  const events = await publishing(cast);
  await discovering(cast, events);
  await joining(cast, events);
  await reviewing(cast, events);
  const posts = await posting(cast, events);
  await inviting(cast);
  await selling(project, cast);
  await walls(cast, posts, events);
  await leaving(cast, posts);
}

main().catch((error: unknown) => {
  const known = error instanceof CannotBegin || error instanceof UnexpectedTurn;
  const words = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(pc.red(error instanceof UnexpectedTurn ? `\n✘ The story took an unexpected turn. ${words}` : words));
  process.exitCode = 1;
});
