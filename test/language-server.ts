// The yaml-language-server that editors run, over stdio and without a network.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import {
  type CompletionItem,
  CompletionRequest,
  ConfigurationRequest,
  createProtocolConnection,
  type Diagnostic,
  DidOpenTextDocumentNotification,
  ExitNotification,
  type Hover,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type MarkupContent,
  type Position,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node.js";

const SERVER = createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server");

const SETTINGS: Readonly<Record<string, unknown>> = {
  yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false } },
};

export interface LanguageServer {
  /** `file` need not be there; paths in the text start at its folder. */
  diagnose(text: string, file: string): Promise<readonly Diagnostic[]>;
  /** At the | in the text. */
  complete(text: string, file: string): Promise<readonly CompletionItem[]>;
  hover(text: string, file: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startLanguageServer(): Promise<LanguageServer> {
  const server = spawn(process.execPath, [SERVER, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  connection.onRequest(ConfigurationRequest.type, ({ items }) =>
    items.map(({ section = "" }) => SETTINGS[section] ?? {}),
  );
  connection.onRequest(RegistrationRequest.type, () => undefined);
  connection.listen();
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      workspace: { configuration: true },
      textDocument: {
        completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
        hover: { contentFormat: ["markdown"] },
      },
    },
  });
  await connection.sendNotification(InitializedNotification.type, {});
  return clientOf(connection, server);
}

function clientOf(connection: ProtocolConnection, server: ChildProcess): LanguageServer {
  const waiting = new Map<string, (found: Diagnostic[]) => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) =>
    waiting.get(uri)?.(diagnostics),
  );
  let opened = 0;
  /** Each text is a document of its own. */
  const open = (text: string, file: string) => {
    const uri = `${pathToFileURL(file)}?${opened++}`;
    const diagnostics = new Promise<Diagnostic[]>((resolve) => waiting.set(uri, resolve));
    connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: "yaml", version: 1, text },
    });
    return { uri, diagnostics };
  };
  const at = (text: string, file: string) => {
    const before = text.slice(0, text.indexOf("|"));
    const lines = before.split("\n");
    const position: Position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
    return { textDocument: { uri: open(text.replace("|", ""), file).uri }, position };
  };
  return {
    diagnose: (text, file) => open(text, file).diagnostics,
    async complete(text, file) {
      const found = await connection.sendRequest(CompletionRequest.type, at(text, file));
      return Array.isArray(found) ? found : (found?.items ?? []);
    },
    async hover(text, file) {
      const found: Hover | null = await connection.sendRequest(HoverRequest.type, at(text, file));
      return (found?.contents as MarkupContent | undefined)?.value ?? "";
    },
    async stop() {
      await connection.sendRequest(ShutdownRequest.type);
      const exit = once(server, "exit");
      await connection.sendNotification(ExitNotification.type);
      await exit;
      connection.dispose();
    },
  };
}
