// A thread begins with plain JavaScript on Node 20; from here on TypeScript is understood.
import { tsImport } from "tsx/esm/api";

await tsImport("./worker.ts", import.meta.url);
