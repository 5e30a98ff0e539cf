// Preloaded into every edge function's process: exits when the stack that started it is gone, even if that was killed.
declare const Deno: { ppid: number; exit(code: number): never; unrefTimer(timer: number): void };

const stack = Deno.ppid;
const timer = setInterval(() => {
  if (Deno.ppid !== stack) Deno.exit(0);
}, 500);
// Deno completes preloaded modules before it runs the function, and a referenced timer would delay it forever.
Deno.unrefTimer(timer as unknown as number);

export {};
