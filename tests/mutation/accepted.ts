/** Mutants that no test can notice, by kind and name, with the reason. */
export const accepted: { kind: string; name: string | RegExp; reason: string }[] = [
  {
    kind: "view condition",
    name: /^ticket_private\.money: (p\.amount > \(0\)::numeric|b\.transaction_id IS NOT NULL) -> true$/,
    reason: "A payment has a row of transactions once it is paid, and the journal takes no entry of 0.",
  },
];
