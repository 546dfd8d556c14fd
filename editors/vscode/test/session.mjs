// What the extension does on its start, without VS Code: it starts the server by the built code, and speaks with it by
// VS Code's own client of the protocol. The arguments are a folder with a `.venv`, and the command; what was said goes
// to stdout as JSON.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { commandOf, serve } = require("../dist/server.js");
const rpc = require("vscode-jsonrpc/node");

const why = (command) => new Promise((said) => serve(command, undefined, said).catch((error) => said(error.message)));

async function session(command) {
  const child = await serve(command, undefined, () => {});
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new rpc.StreamMessageWriter(child.stdin),
  );
  const published = new Promise((resolve) =>
    connection.onNotification("textDocument/publishDiagnostics", ({ diagnostics }) => resolve(diagnostics)),
  );
  connection.onUnhandledNotification(() => {});
  connection.listen();
  const { capabilities } = await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  await connection.sendNotification("initialized", {});
  const uri = "file:///a.get";
  const text = "model M {\n    input x: [B, 8]\n    head = x -> Lineer(4)\n    output y = head\n}\n";
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "getdsl", version: 1, text },
  });
  const codes = (await published).map((each) => each.code);
  const hover = await connection.sendRequest("textDocument/hover", {
    textDocument: { uri },
    position: { line: 1, character: 10 },
  });
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
  const code = await new Promise((resolve) => child.on("exit", resolve));
  return { capabilities: Object.keys(capabilities), codes, hover: hover.contents.value, code };
}

const [folder, ...command] = process.argv.slice(2);
console.log(
  JSON.stringify({
    session: await session(command),
    missing: await why(["getdsl-that-is-not-there"]),
    failing: await why([process.execPath, "-e", "console.error('error: no lsp'); process.exit(1)"]),
    asked: commandOf(["python", "-m", "getdsl"], "/nowhere"),
    from_venv: commandOf([], folder),
    from_path: commandOf([], "/nowhere"),
  }),
);
