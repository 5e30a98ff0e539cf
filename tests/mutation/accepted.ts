/** Mutants that no test can notice, by kind and name, with the reason. */
export const accepted: { kind: string; name: string | RegExp; reason: string }[] = [
  {
    kind: "view condition",
    name: /^ticket_private\.money: (p\.amount > \(0\)::numeric|b\.transaction_id IS NOT NULL( \[2\])?|LEAST\(b\.gone, b\.amount\) > b\.done) -> true$/,
    reason:
      "A payment has a row of transactions once it is paid, nothing is beside all there was before, and 0 is no entry.",
  },
];
