import { relative, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");

/** Compiles sources that are in memory only, by their paths in the repository, and returns the compiler's complaints. */
export function compile(sources: Record<string, string>): string[] {
  const { config } = ts.readConfigFile(resolve(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const files = new Map(Object.entries(sources).map(([path, source]) => [resolve(root, path), source]));
  const { fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  const program = ts.createProgram([...files.keys()], options, host);
  const problems = [...files.keys()].flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
  return problems.map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    if (!file) return message;
    const { line } = ts.getLineAndCharacterOfPosition(file, start);
    return `${relative(root, file.fileName)}: ${file.text.split("\n")[line]!.trim()}: ${message}`;
  });
}
