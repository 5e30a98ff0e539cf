// On Node 20, a worker must start from plain JavaScript; tsx then loads the TypeScript.
import { tsImport } from "tsx/esm/api";

await tsImport("./worker.ts", import.meta.url);
