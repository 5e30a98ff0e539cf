import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import ts from "typescript";
import { root } from "./catalogue.ts";
import type { Scope } from "./example-scope.ts";

/** A block of TypeScript in the documentation. One that is marked `no-run` after `ts` is only compiled. */
export type Example = { name: string; code: string; runs: boolean };

export function readExamples(): Example[] {
  const pages = readdirSync(resolve(root, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...pages.map((name) => `docs/${name}`)].flatMap((page) => {
    const text = readFileSync(resolve(root, page), "utf8");
    return [...text.matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(([, marks, code], index) => ({
      name: `${page}, example ${index + 1}`,
      code: code!,
      runs: !/\bno-run\b/.test(marks!),
    }));
  });
}

/** The sources to compile: each example as a module in the root, and the scope as global names, in a browser. */
export function sourcesOf(examples: Example[], names: string[]): Record<string, string> {
  const globals = names.map(
    (name) => `  const ${name}: import("./tests/api/support/example-scope.ts").Scope["${name}"];`,
  );
  return {
    "example-globals.d.ts": `/// <reference lib="dom" />\ndeclare global {\n${globals.join("\n")}\n}\nexport {};\n`,
    ...Object.fromEntries(
      examples.map(({ name, code }) => [`${name.replace("docs/", "")}.ts`, `${code}\nexport {};\n`]),
    ),
  };
}

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;

/** Runs an example in a block of its own, so that it may declare a name of the scope anew. */
export async function run({ code }: Example, scope: Scope): Promise<void> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  });
  const names = { require: createRequire(import.meta.url), exports: {}, ...scope };
  await new AsyncFunction(...Object.keys(names), `{ ${outputText} }`)(...Object.values(names));
}
