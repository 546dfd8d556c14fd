// The language server as a process, and why there is none. Knows nothing of VS Code.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const MOST = 2000; // characters of what a server that fails has said

/** The command that is asked for, or that of the folder's `.venv`, or that of PATH. */
export function commandOf(setting: readonly string[], folder: string | undefined): string[] {
  if (setting.length > 0) return [...setting];
  const scripts = process.platform === "win32" ? ["Scripts", "getdsl.exe"] : ["bin", "getdsl"];
  const own = folder === undefined ? "" : join(folder, ".venv", ...scripts);
  return [own !== "" && existsSync(own) ? own : "getdsl"];
}

/** What is said where the command is not there. */
export function missing(command: readonly string[]): string {
  return (
    `getdsl: the command "${command[0]}" is not there, so specs have colours only. ` +
    "Run: pip install 'getdsl[lsp]', or name the command in the setting getdsl.server.command."
  );
}

/** A running server; rejects with a sentence where it cannot start, and tells `ended` of one that gives up. */
export function serve(
  command: readonly string[],
  folder: string | undefined,
  ended: (why: string) => void,
): Promise<ChildProcess> {
  const [program, ...args] = command;
  const child = spawn(program ?? "", [...args, "lsp"], { cwd: folder, stdio: "pipe" });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST);
  });
  child.on("exit", (code) => {
    if (code) ended(`getdsl: the language server stopped. ${said.trim()}`);
  });
  return new Promise((resolve, reject) => {
    child.on("spawn", () => resolve(child));
    child.on("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(error.code === "ENOENT" ? missing(command) : `getdsl: ${error.message}`));
    });
  });
}
