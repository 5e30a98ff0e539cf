import { resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");

/** Compiles a source that is in memory only, as if it were at this path, and returns the compiler's complaints. */
export function compile(path: string, source: string): string[] {
  const { config } = ts.readConfigFile(resolve(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const file = resolve(root, path);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source : readFile(name));
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map((problem) => {
    const line =
      problem.file && problem.start !== undefined
        ? ts.getLineAndCharacterOfPosition(problem.file, problem.start).line
        : 0;
    return `${source.split("\n")[line]?.trim()}: ${ts.flattenDiagnosticMessageText(problem.messageText, " ")}`;
  });
}
