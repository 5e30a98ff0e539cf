import { type Cast, signUp, visit } from "../people.ts";
import type { Project } from "../project.ts";
import { expectThat, granted, heading, refused, tell } from "../story.ts";

/** Five people sign up, and say who they are. */
export async function arriving(project: Project, suffix: string): Promise<Cast> {
  heading("Five people arrive");
  const visitor = visit(project);
  const username = `ani_${suffix}`;
  const available = async (wanted: string) => visitor.users.rpc("username_available", { username: wanted });

  expectThat(granted("asking for a username", await available(username)), `${username} is free`);
  tell(`A visitor asks whether "${username}" is free: yes`);

  const ani = await signUp(project, "Ani", suffix);
  const budi = await signUp(project, "Budi", suffix);
  const citra = await signUp(project, "Citra", suffix);
  const dewi = await signUp(project, "Dewi", suffix);
  const eko = await signUp(project, "Eko", suffix);
  tell(`Ani, Budi, Citra, Dewi and Eko sign up, as ${username} and so on`);

  const shouted = granted("asking for a taken username", await available(username.toUpperCase()));
  expectThat(shouted === false, "a taken username is not free in capitals");
  tell(`"${username.toUpperCase()}" is not free any more: case makes no difference`);

  const rename = (to: string) => citra.users.from("users").update({ username: to }).eq("id", citra.id);
  refused("Citra may not call herself the same", await rename(username.toUpperCase()), "username_taken");
  refused('Citra may not call herself "ci tra"', await rename("ci tra"), "invalid_username");

  const [account] = granted(
    "Ani edits her profile",
    await ani.users
      .from("users")
      .update({ bio: "Slow coffee, long walks.", location: "Menteng, Jakarta", interests: ["coffee", "art"] })
      .eq("id", ani.id)
      .select("email,interests"),
  );
  expectThat(account?.email === ani.email, "Ani reads her own account");
  tell(`Ani writes a bio, and reads in her own account: ${account.email}, likes ${account.interests.join(" and ")}`);

  const [profile] = granted(
    "Budi opens Ani's profile",
    await budi.users.rpc("profile", { username: username.toUpperCase() }),
  );
  expectThat(profile?.id === ani.id, "Budi sees Ani's profile");
  const others = granted("Budi reads accounts", await budi.users.from("users").select("id"));
  expectThat(others.length === 1 && others[0]?.id === budi.id, "Budi reads his own account alone");
  tell(
    `Budi opens Ani's profile: "${profile.bio}" (${profile.location}). Her account, with the email, is not his to read`,
  );
  return { ani, budi, citra, dewi, eko, visitor };
}
