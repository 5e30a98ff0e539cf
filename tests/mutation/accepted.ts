/** Mutants that no test can notice, by kind and name, with the reason. */
export const accepted: { kind: string; name: string | RegExp; reason: string }[] = [];
