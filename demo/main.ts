import pc from "picocolors";
import { deletingAnAccount } from "./chapters/account-deletion.ts";
import { joining, reviewing } from "./chapters/attendance.ts";
import { discovering, publishing } from "./chapters/events.ts";
import { friends } from "./chapters/friends.ts";
import { posting } from "./chapters/posts.ts";
import { privacy } from "./chapters/privacy.ts";
import { signingUp } from "./chapters/sign-up.ts";
import { inviting, selling } from "./chapters/tickets.ts";
import { deleteAllAccounts } from "./people.ts";
import { type Project, reach, readProject } from "./project.ts";
import { CannotBegin, count, heading, tell, UnexpectedTurn } from "./story.ts";

/** Tells a story over HTTP, using only supabase-js, against the project that SUPABASE_URL names. */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const project = readProject();
  await reach(project);
  console.log(`${pc.bold("A week with Anigmaa")}, at ${project.url}`);
  try {
    await tellStory(project);
  } catch (error) {
    // Report the original error, not one of the cleanup.
    await deleteAllAccounts().catch(() => {});
    throw error;
  }
  heading("Cleaning up");
  tell(`The other ${await deleteAllAccounts()} people delete their accounts too; only payment records remain`);
  const { told, blocked } = count();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    pc.bold(
      pc.green(
        `\nEverything worked: ${told} steps succeeded and ${blocked} attempts were blocked as expected, in ${seconds} s.`,
      ),
    ),
  );
}

async function tellStory(project: Project): Promise<void> {
  // New usernames for each run, so that the demo can be repeated.
  const cast = await signingUp(project, Math.random().toString(36).slice(2, 8).padEnd(6, "0"));
  await friends(cast);
  const events = await publishing(cast);
  await discovering(cast, events);
  await joining(cast, events);
  await reviewing(cast, events);
  const posts = await posting(cast, events);
  await inviting(cast);
  await selling(project, cast);
  await privacy(cast, posts, events);
  await deletingAnAccount(cast, posts);
}

main().catch((error: unknown) => {
  const known = error instanceof CannotBegin || error instanceof UnexpectedTurn;
  const words = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(pc.red(error instanceof UnexpectedTurn ? `\n✘ The demo failed. ${words}` : words));
  process.exitCode = 1;
});
