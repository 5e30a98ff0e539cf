import { escape } from "@std/html/entities";
import { readText } from "../_shared/http.ts";
import {
  readCheckout,
  type SandboxCheckout,
  type SandboxNotice,
  SIGNATURE_HEADER,
  signNotice,
} from "../_shared/providers/sandbox.ts";

export type Dependencies = {
  /** Undefined if the sandbox is off. */
  sandbox: { secret: string } | undefined;
  /** Where notices are sent. */
  webhookUrl: string;
};

const ACTIONS = {
  pay: "Pay",
  decline: "Decline",
  late: "Pay late",
  twice: "Pay twice",
} as const;
type Action = keyof typeof ACTIONS;
const REPORTED: Record<Action, string> = {
  pay: "A payment was reported.",
  decline: "A failed payment was reported, which ends the hold.",
  late: "The expiry of this page was reported, and then a payment.",
  twice: "Two payments were reported.",
};

/** The sandbox's checkout page: GET shows it, POST performs the action of the button pressed. */
export async function handle(request: Request, { sandbox, webhookUrl }: Dependencies): Promise<Response> {
  const checkout = sandbox &&
    await readCheckout(sandbox.secret, new URL(request.url).searchParams.get("checkout") ?? "");
  if (!sandbox || !checkout) {
    return page(404, "Checkout not found", "<p>The sandbox is off, or this is not one of its URLs.</p>");
  }
  if (request.method === "GET") return page(200, "Sandbox checkout", form(checkout));
  const action = new URLSearchParams(await readText(request)).get("action") ?? "";
  if (!Object.hasOwn(ACTIONS, action)) return page(400, "Unknown action", "<p>The page has no such button.</p>");
  if (action !== "late" && Date.parse(checkout.expires_at) <= Date.now()) {
    return page(410, "This checkout has expired", "<p>Start a new one in the app.</p>");
  }
  for (const notice of noticesOf(action as Action, checkout)) {
    const body = JSON.stringify(notice);
    const headers = { "Content-Type": "application/json", [SIGNATURE_HEADER]: await signNotice(sandbox.secret, body) };
    const answer = await fetch(webhookUrl, { method: "POST", headers, body });
    const text = await answer.text();
    if (!answer.ok) {
      return page(
        502,
        "The notice was not accepted",
        `<p>payment-webhook answered ${answer.status}: ${escape(text)}</p>${form(checkout)}`,
      );
    }
  }
  const back = `<p>${REPORTED[action as Action]} The ticket's new status is in <code>my_tickets</code>.</p>
    <p><a href="${escape(checkout.return_url)}">Back to the app</a></p>`;
  return page(200, `Done: ${ACTIONS[action as Action]}`, back);
}

/** The notices that a provider would send. Their ids are fixed, so that a second click changes nothing. */
function noticesOf(action: Action, { attempt_id, amount, currency }: SandboxCheckout): SandboxNotice[] {
  const notice = (state: "paid" | "failed" | "expired", number = 1): SandboxNotice => ({
    id: `sandbox_${attempt_id}_${state}_${number}`,
    attempt_id,
    payment: { id: `sandbox_${attempt_id}_${number}`, state, amount, currency, method: "sandbox" },
  });
  switch (action) {
    case "pay":
      return [notice("paid")];
    case "decline":
      return [notice("failed")];
    case "late":
      return [notice("expired", 0), notice("paid")];
    case "twice":
      return [notice("paid"), notice("paid", 2)];
  }
}

function form({ title, amount, currency }: SandboxCheckout): string {
  const price = new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
  const buttons = Object.entries(ACTIONS).map(([name, label]) =>
    `<button name="action" value="${name}">${label}</button>`
  );
  return `<p>${escape(title)}</p><p class="price">${escape(price)}</p><form method="post">${buttons.join(" ")}</form>
    <p class="hint">No money moves here. <b>Decline</b> fails the payment and frees the seat. <b>Pay late</b> pays after
    the hold has ended: the ticket becomes active if a seat is still free, else the payment is refunded.
    <b>Pay twice</b> sends two payments. Unlike a real provider's page, this one still works after its checkout has
    ended: paying then is paying late.</p>`;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#222}
  .price{font-size:2rem;margin:.5rem 0 1.5rem}button{font:inherit;padding:.5rem 1rem;margin:0 .25rem .5rem 0;cursor:pointer}.hint{color:#666;font-size:.875rem}`;

function page(status: number, title: string, content: string): Response {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${content}</html>`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
  return new Response(html, {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy },
  });
}
