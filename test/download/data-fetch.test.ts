// The command, in processes of its own: what it prints, its exit codes, interruptions, proxies, and encrypted connections.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { before, describe, it } from "mocha";
import type { Catalogue } from "../../src/download/downloadable.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { fileOf, type Handler, send, withServer } from "./file-server.js";

const CLI = resolve("dist/src/cli.js");
const PROGRAM = fileURLToPath(new URL("fetch-process.js", import.meta.url));
const ARCHIVE = readFileSync("test/golden/medmnist.npz");

/** Without the settings of the machine that runs the tests. */
const NO_PROXIES = Object.fromEntries(
  ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].map((name) => [
    name,
    undefined,
  ]),
);

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `interruptWhen`: the process gets SIGINT once this is true. */
function run(
  words: readonly string[],
  { env = {}, interruptWhen }: { env?: NodeJS.ProcessEnv; interruptWhen?: () => boolean } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, words, { env: { ...process.env, ...NO_PROXIES, ...env } });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (piece: Buffer) => {
      output[name] += piece;
    });
  const timer = setInterval(() => {
    if (interruptWhen?.()) {
      clearInterval(timer);
      child.kill("SIGINT");
    }
  }, 20);
  return new Promise((done) =>
    child.on("close", (status) => {
      clearInterval(timer);
      done({ status, ...output });
    }),
  );
}

function catalogueAt(url: string): Catalogue {
  const files = [fileOf("small.npz", ARCHIVE, [`${url}small.npz`])];
  const versions = [{ size: 28, files }] as const;
  return {
    datasets: [{ name: "small", kind: "npz", page: "https://example.org/terms", versions }],
    unsupported: {},
  };
}

/** Fetches the dataset `small` from a server into a folder that does not exist yet. */
function fetchSmall(
  handler: Handler,
  check: (
    fetch: (...flags: string[]) => ReturnType<typeof run>,
    folder: string,
    requests: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  return withServer(handler, ({ url, requests }) =>
    inTemporaryFolder((parent) => {
      const folder = join(parent, "new", "small");
      const words = [PROGRAM, JSON.stringify(catalogueAt(url)), "small", folder];
      return check((...flags) => run([...words, ...flags]), folder, requests);
    }),
  );
}

const whole: Handler = (request, response) => send(request, response, ARCHIVE);

describe("squeezebox data fetch", function () {
  this.timeout(60_000);

  it("downloads a dataset and prints lines that an experiment can use", () =>
    fetchSmall(whole, async (fetch, folder, requests) => {
      const { status, stdout, stderr } = await fetch();
      assert.equal(status, 0, stderr);
      assert.deepEqual(readdirSync(folder), ["small.npz"]);
      assert.match(stdout, /^small\.npz {2}verified\n/);
      assert.match(stdout, /https:\/\/example\.org\/terms/);
      const yaml = stdout.slice(stdout.indexOf("dataset:"));
      const network = "network: { stem: { filters: 4 }, stages: [{ block: basic, filters: 4 }] }";
      const experiment = join(folder, "experiment.yaml");
      writeFileSync(experiment, `name: e\n${yaml}${network}\n`);
      assert.equal(spawnSync(process.execPath, [CLI, "describe", experiment]).status, 0);

      const again = await fetch();
      assert.match(again.stdout, /^small\.npz {2}already there, verified\n/);
      assert.equal(requests.length, 1);
    }));

  it("prints JSON", () =>
    fetchSmall(whole, async (fetch, folder) => {
      const file = join(folder, "small.npz");
      assert.deepEqual(JSON.parse((await fetch("--json")).stdout), {
        files: [file],
        dataset: { name: "npz", path: file },
      });
    }));

  it("keeps the part when it is interrupted, and continues it", () => {
    const half = Math.floor(ARCHIVE.length / 2);
    const stalling: Handler = (request, response, times) => {
      if (times > 0) send(request, response, ARCHIVE);
      else response.writeHead(200, { "content-length": ARCHIVE.length }).write(ARCHIVE.subarray(0, half));
    };
    return withServer(stalling, ({ url, requests }) =>
      inTemporaryFolder(async (folder) => {
        const words = [PROGRAM, JSON.stringify(catalogueAt(url)), "small", folder];
        const part = join(folder, "small.npz.part");
        const interruptWhen = () => (statSync(part, { throwIfNoEntry: false })?.size ?? 0) === half;
        const { status, stderr } = await run(words, { interruptWhen });
        assert.equal(status, 130, stderr);
        assert.match(stderr, /^\ninterrupted; run the same command again to continue/);
        assert.deepEqual(readdirSync(folder), ["small.npz.part"]);
        assert.equal((await run(words)).status, 0);
        assert.deepEqual(readdirSync(folder), ["small.npz"]);
        assert.equal(requests[1], `/small.npz bytes=${half}-`);
      }),
    );
  });

  it("says what to do by hand if no server can be reached", () =>
    inTemporaryFolder(async (folder) => {
      const env = { HTTPS_PROXY: "http://127.0.0.1:9", HOME: folder };
      const { status, stderr } = await run([CLI, "data", "fetch", "cifar10"], { env });
      assert.equal(status, 2);
      assert.match(stderr, /^cifar10 could not be downloaded:\n {2}https:.*: the connection was refused\n/);
      assert.ok(stderr.includes(`put them into ${join(folder, "datasets", "cifar10")}:`), stderr);
      assert.match(stderr, /cifar-10-binary\.tar\.gz {2}170 MB \(170,052,171 bytes\), MD5 c32a1d4a/);
    }));

  it("leaves a folder alone that another process uses", () =>
    fetchSmall(whole, async (fetch, folder) => {
      mkdirSync(folder, { recursive: true });
      const holder = { pid: 1, host: "elsewhere", started: "", id: "1" };
      writeFileSync(join(folder, ".lock"), JSON.stringify(holder));
      assert.match((await fetch()).stderr, /is in use by process 1 on elsewhere/);
      assert.ok(!existsSync(join(folder, "small.npz")));
    }));

  for (const [words, message] of [
    ["mnits", /^no dataset is called mnits; the names are mnist, .*; did you mean `mnist`\?\n$/],
    ["chestmnist", /^chestmnist is not supported: its images have several labels each/],
    ["pathmnist --size 224", /^--size of pathmnist must be one of 28, 64 \(larger .*; found 224\n$/],
    ["mnist --size 64", /^--size of mnist must be 28; found 64\n$/],
    ["mnist --to package.json", /^cannot write .*package\.json: a file is in the place of a folder/],
  ] as const)
    it(`refuses ${words}`, async () => {
      const { status, stderr } = await run([CLI, "data", "fetch", ...words.split(" ")]);
      assert.equal(status, 2);
      assert.match(stderr, message);
    });

  describe("through a proxy", () => {
    before(function () {
      if (spawnSync("openssl", ["version"]).status === 0) return;
      this.test?.parent?.tests.forEach((test) => {
        test.title += " (skipped: there is no openssl)";
      });
      this.skip();
    });

    /** Runs the command with a proxy that answers for every host itself. */
    function throughProxy(
      words: readonly string[],
      answer: RequestListener,
      check: (ended: Ended, hosts: readonly string[], folder: string) => void,
    ): Promise<void> {
      return inTemporaryFolder(async (folder) => {
        const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
        const hosts = ["zenodo.org", "mirror.example.org"];
        const made = spawnSync("openssl", [
          ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
          ...["-keyout", key, "-out", certificate, "-subj", "/CN=test"],
          ...["-addext", `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`],
        ]);
        assert.equal(made.status, 0, String(made.stderr ?? made.error));
        const secure = createSecureServer(
          { key: readFileSync(key), cert: readFileSync(certificate) },
          answer,
        );
        const proxy = createServer();
        const asked: string[] = [];
        proxy.on("connect", ({ url }, socket) => {
          asked.push(url ?? "");
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          secure.emit("connection", socket);
        });
        const port = await listening(proxy);
        const env = {
          HTTPS_PROXY: `http://127.0.0.1:${port}`,
          NODE_EXTRA_CA_CERTS: certificate,
        };
        const target = join(folder, "target");
        try {
          check(await run([CLI, "data", "fetch", ...words, "--to", target], { env }), asked, target);
        } finally {
          proxy.closeAllConnections();
          proxy.close();
        }
      });
    }

    async function listening(server: Server): Promise<number> {
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      return (server.address() as AddressInfo).port;
    }

    it("names and removes a file that is not the published one", () =>
      throughProxy(
        ["breastmnist"],
        (request, response) =>
          request.headers.host === "zenodo.org"
            ? response.writeHead(302, { location: `https://mirror.example.org${request.url}` }).end()
            : response.end("another file"),
        ({ status, stderr }, hosts, folder) => {
          assert.equal(status, 2);
          assert.match(
            stderr,
            /breastmnist\.npz\?download=1: what it sent is not the published file \(removed\): its MD5 is 50e55790ffe629eab86d207fc98bf710; expected 750601b1f35ba3300ea97c75c52ff8f6\n/,
          );
          assert.deepEqual(hosts, ["zenodo.org:443", "mirror.example.org:443"]);
          assert.deepEqual(readdirSync(folder), []);
        },
      ));

    it("does not follow a redirect to a connection that is not encrypted", () =>
      throughProxy(
        ["breastmnist"],
        (_, response) => response.writeHead(301, { location: "http://mirror.example.org/file" }).end(),
        ({ status, stderr }, hosts) => {
          assert.equal(status, 2);
          assert.match(
            stderr,
            /: redirected from https to http:\/\/mirror\.example\.org\/file, which is not encrypted\n/,
          );
          assert.deepEqual(hosts, ["zenodo.org:443"]);
        },
      ));
  });
});
