import { type Cast, signUp, visit } from "../people.ts";
import type { Project } from "../project.ts";
import { expectThat, granted, heading, refused, tell } from "../story.ts";

/** Five people sign up, and Ani fills in her profile. */
export async function signingUp(project: Project, suffix: string): Promise<Cast> {
  heading("Five people sign up");
  const visitor = visit(project);
  const username = `ani_${suffix}`;
  const available = async (wanted: string) => visitor.users.rpc("username_available", { username: wanted });

  expectThat(granted("checking a username", await available(username)), `${username} is available`);
  tell(`A visitor checks whether the username "${username}" is available: it is`);

  const ani = await signUp(project, "Ani", suffix);
  const budi = await signUp(project, "Budi", suffix);
  const citra = await signUp(project, "Citra", suffix);
  const dewi = await signUp(project, "Dewi", suffix);
  const eko = await signUp(project, "Eko", suffix);
  tell(`Ani, Budi, Citra, Dewi and Eko sign up with usernames such as ${username}`);

  const upperCase = granted("checking a taken username", await available(username.toUpperCase()));
  expectThat(upperCase === false, "a taken username is not available in upper case either");
  tell(`"${username.toUpperCase()}" is no longer available: usernames ignore case`);

  const rename = (to: string) => citra.users.from("users").update({ username: to }).eq("id", citra.id);
  refused("Citra tries to take the same username", await rename(username.toUpperCase()), "username_taken");
  refused('Citra tries the username "ci tra"', await rename("ci tra"), "invalid_username");

  const [account] = granted(
    "Ani edits her profile",
    await ani.users
      .from("users")
      .update({ bio: "Slow coffee, long walks.", location: "Menteng, Jakarta", interests: ["coffee", "art"] })
      .eq("id", ani.id)
      .select("email,interests"),
  );
  expectThat(account?.email === ani.email, "Ani reads her own account");
  tell(
    `Ani fills in her profile. She can read her account: ${account.email}, interests ${account.interests.join(" and ")}`,
  );

  const [profile] = granted(
    "Budi opens Ani's profile",
    await budi.users.rpc("profile", { username: username.toUpperCase() }),
  );
  expectThat(profile?.id === ani.id, "Budi sees Ani's profile");
  const others = granted("Budi reads accounts", await budi.users.from("users").select("id"));
  expectThat(others.length === 1 && others[0]?.id === budi.id, "Budi reads only his own account");
  tell(
    `Budi opens Ani's profile: "${profile.bio}" (${profile.location}). He cannot read her account or her email address`,
  );
  return { ani, budi, citra, dewi, eko, visitor };
}
