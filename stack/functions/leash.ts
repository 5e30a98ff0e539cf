// Preloaded into every edge function's process: ends it when the stack that started it is gone, also when that was killed
// without a chance to say goodbye.
declare const Deno: { ppid: number; exit(code: number): never; unrefTimer(timer: number): void };

const stack = Deno.ppid;
const timer = setInterval(() => {
  if (Deno.ppid !== stack) Deno.exit(0);
}, 500);
// Deno runs what is preloaded to its end before the function itself; a timer that counts would hold it up for ever.
Deno.unrefTimer(timer as unknown as number);

export {};
