// Preloaded into every edge function's process: ends it when the stack that holds the other end of its standard input is
// gone, also when that was killed without a chance to say goodbye.
declare const Deno: { stdin: { readable: AsyncIterable<Uint8Array> }; exit(code: number): never };

(async () => {
  for await (const _ of Deno.stdin.readable) {
    // Nothing is ever sent; the end of the stream is the message.
  }
  Deno.exit(0);
})();

export {};
