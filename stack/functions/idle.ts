/** Counts the requests in progress, and calls `end` when there was none for a while. */
export class IdleTimer {
  #active = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #end: () => void;
  readonly #limitMs: number;

  constructor(limitMs: number, end: () => void) {
    this.#limitMs = limitMs;
    this.#end = end;
  }

  /** Returns what to call once when the request is done. */
  begin(): () => void {
    this.#active += 1;
    clearTimeout(this.#timer);
    return () => {
      this.#active -= 1;
      if (this.#active === 0) this.#timer = setTimeout(this.#end, this.#limitMs).unref();
    };
  }
}

/** Calls `done` when the client has read the response, or has gone. */
export function whenRead(response: Response, done: () => void): Response {
  const reader = response.body?.getReader();
  if (!reader) {
    done();
    return response;
  }
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { done: isEnd, value } = await reader.read();
        if (!isEnd) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      done();
    },
    cancel(reason) {
      done();
      return reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
