// Starts `getdsl lsp` for the specs of a trusted folder, and says how to install it where it is missing.

import { commands, type ExtensionContext, window, workspace } from "vscode";
import { CloseAction, ErrorAction, LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";
import { commandOf, serve } from "./server";

/** Keeps its troubles to its channel of output: what a user can mend is said by `report`. */
class Client extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

let client: Client | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand("getdsl.restart", restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("getdsl.server")) void restart();
    }),
    workspace.onDidGrantWorkspaceTrust(restart),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  const running = client;
  client = undefined;
  if (running?.isRunning()) await running.stop();
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  if (!workspace.isTrusted) return;
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const setting = workspace.getConfiguration("getdsl").get<string[]>("server.command", []);
  const command = commandOf(setting, folder);
  client = new Client("getdsl", "getdsl", () => serve(command, folder, report), options());
  try {
    await client.start();
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
  }
}

function options(): LanguageClientOptions {
  return {
    documentSelector: [
      { language: "getdsl", scheme: "file" },
      { language: "getdsl", scheme: "untitled" },
    ],
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.get") },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }), // it has said why
    },
    initializationFailedHandler: () => false,
  };
}

let reported = "";

/** Says a thing once, with ways on. */
async function report(why: string): Promise<void> {
  if (why === reported) return;
  reported = why;
  const chosen = await window.showErrorMessage(why, "Settings", "Try again");
  reported = "";
  if (chosen === "Settings") await commands.executeCommand("workbench.action.openSettings", "getdsl.server");
  if (chosen === "Try again") await restart();
}
