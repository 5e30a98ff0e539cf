import { vi } from "vitest";

export type Mail = { to: string; subject: string; code: string; link: string };

/** Collects the mails that the stack prints. */
export class Mailbox {
  readonly #mails: Mail[] = [];

  constructor() {
    vi.spyOn(console, "info").mockImplementation((text: string) => {
      const field = (pattern: RegExp) => pattern.exec(text)?.[1] ?? "";
      this.#mails.push({
        to: field(/^To: (.*)$/m),
        subject: field(/^Subject: (.*)$/m),
        code: field(/^Your code: (\d+)$/m),
        link: field(/(http\S+)$/m),
      });
    });
  }

  /** The newest mail to an address. */
  last(to: string): Mail {
    const mail = this.#mails.findLast((one) => one.to === to);
    if (!mail) throw new Error(`No mail to ${to}`);
    return mail;
  }

  count(to: string): number {
    return this.#mails.filter((mail) => mail.to === to).length;
  }
}
