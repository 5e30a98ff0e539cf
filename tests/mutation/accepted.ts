/** Mutants that no test can detect, by kind and name, with the reason. */
export const accepted: { kind: string; name: string | RegExp; reason: string }[] = [
  {
    kind: "view condition",
    name: /^ticket_private\.money: (p\.amount > \(0\)::numeric|b\.transaction_id IS NOT NULL( \[2\])?|LEAST\(b\.gone, b\.amount\) > b\.done) -> true$/,
    reason:
      "A paid payment always has a transaction, and the journal has no entries of 0, so these conditions change no entry.",
  },
];
