// Downloads from a server that misbehaves in every way that one has seen servers misbehave.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { InputError } from "../../src/diagnostic.js";
import { connect } from "../../src/download/connection.js";
import { DownloadError, download } from "../../src/download/download.js";
import type { RemoteFile } from "../../src/download/downloadable.js";
import { diskProblem } from "../../src/download/part.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { breakAfter, fileOf, type Handler, send, withServer } from "./file-server.js";

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 8)) % 256));
const OTHER = Buffer.from(CONTENT.map((byte) => 255 - byte));
const HALF = 100_000;

const PATIENCE = { tries: 3, waitMs: 5, silenceMs: 300 };

interface Outcome {
  /** How the download ended, or the message with which it failed. */
  readonly ended: string;
  /** `/path` or `/path bytes=5-`. */
  readonly requests: readonly string[];
  readonly retries: readonly string[];
  readonly progress: readonly number[];
  /** The names and contents of the files in the folder. */
  readonly files: Readonly<Record<string, Buffer>>;
}

interface Case {
  readonly paths?: readonly string[];
  readonly file?: Partial<RemoteFile>;
  /** The content of files that are there before. */
  readonly before?: Readonly<Record<string, Buffer | string>>;
}

/** Downloads `file` from the paths of a server into a temporary folder. */
function outcomeOf(
  handler: Handler,
  { paths = ["a/file"], file = {}, before = {} }: Case = {},
): Promise<Outcome> {
  return withServer(handler, ({ url, requests }) =>
    inTemporaryFolder(async (folder) => {
      for (const [name, content] of Object.entries(before))
        writeFileSync(
          join(folder, name),
          typeof content === "string" ? content.replace("URL/", url) : content,
        );
      const connection = connect(PATIENCE.silenceMs);
      const retries: string[] = [];
      const progress: number[] = [];
      const remote = {
        ...fileOf(
          "file",
          CONTENT,
          paths.map((path) => url + path),
        ),
        ...file,
      };
      const ended = await download(remote, {
        ...{ folder, connection, patience: PATIENCE, signal: new AbortController().signal },
        onProgress: (arrived) => progress.push(arrived),
        onRetry: (reason) => retries.push(reason),
      })
        .catch((error: unknown) => {
          assert.ok(error instanceof InputError || error instanceof DownloadError, String(error));
          return error.message.replaceAll(url, "").replaceAll(folder, "FOLDER");
        })
        .finally(() => connection.close());
      const files = Object.fromEntries(
        readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
      );
      return { ended, requests, retries, progress, files };
    }),
  );
}

/** The file has arrived, and nothing else is left in the folder. */
function checkArrived({ ended, files }: Outcome): void {
  assert.equal(ended, "downloaded");
  assert.deepEqual(Object.keys(files), ["file"]);
  assert.ok(files.file?.equals(CONTENT));
}

describe("download", () => {
  it("verifies a file and gives it its name", async () => {
    const outcome = await outcomeOf((request, response) => send(request, response, CONTENT));
    checkArrived(outcome);
    assert.equal(outcome.progress.at(-1), CONTENT.length);
  });

  describe("continues", () => {
    it("when the connection breaks", async () => {
      const outcome = await outcomeOf((request, response, times) =>
        times === 0 ? breakAfter(response, CONTENT, HALF) : send(request, response, CONTENT),
      );
      checkArrived(outcome);
      assert.deepEqual(outcome.requests, ["/a/file", `/a/file bytes=${HALF}-`]);
      assert.deepEqual(outcome.retries, ["the connection was lost"]);
    });

    it("what an earlier process left", async () => {
      const outcome = await outcomeOf((request, response) => send(request, response, CONTENT), {
        before: {
          "file.part": CONTENT.subarray(0, HALF),
          "file.part.from": '{"url":"URL/a/file","etag":"\\"1\\""}',
        },
      });
      checkArrived(outcome);
      assert.deepEqual(outcome.requests, [`/a/file bytes=${HALF}-`]);
      assert.equal(outcome.progress[0], HALF);
    });

    it("from the next address", async () => {
      const outcome = await outcomeOf(
        (request, response) =>
          request.url === "/a/file" && !request.headers.range
            ? breakAfter(response, CONTENT, HALF)
            : request.url === "/a/file"
              ? response.writeHead(404).end()
              : send(request, response, CONTENT, '"2"'),
        { paths: ["a/file", "b/file"] },
      );
      checkArrived(outcome);
      assert.deepEqual(outcome.requests.slice(1), [`/a/file bytes=${HALF}-`, `/b/file bytes=${HALF}-`]);
    });

    it("not if the part is whole, even if the length was unknown", async () => {
      const before = { "file.part": CONTENT };
      const known = await outcomeOf((_, response) => response.writeHead(500).end(), { before });
      checkArrived(known);
      assert.deepEqual(known.requests, []);
      const unknown = await outcomeOf((request, response) => send(request, response, CONTENT), {
        ...{ before, file: { size: null, mostBytes: 1e6 } },
      });
      checkArrived(unknown);
    });
  });

  describe("begins again", () => {
    const BEFORE = { "file.part": CONTENT.subarray(0, HALF) };

    it("if the server ignores the range", async () => {
      const outcome = await outcomeOf((_, response) => response.writeHead(200).end(CONTENT), {
        before: BEFORE,
      });
      checkArrived(outcome);
      assert.equal(outcome.progress[0], 0);
    });

    it("if the server has another version by now, as its ETag shows", async () => {
      const outcome = await outcomeOf((request, response, times) =>
        times === 0 ? breakAfter(response, OTHER, HALF, '"old"') : send(request, response, CONTENT, '"new"'),
      );
      checkArrived(outcome);
      assert.equal(outcome.requests.length, 2);
    });

    it("if the server has another version by now and no ETag", async () => {
      const outcome = await outcomeOf((request, response, times) =>
        times === 0 ? breakAfter(response, OTHER, HALF, 'W/"1"') : send(request, response, CONTENT),
      );
      checkArrived(outcome);
      assert.deepEqual(outcome.requests, ["/a/file", `/a/file bytes=${HALF}-`, "/a/file"]);
      assert.match(
        outcome.retries[1] ?? "",
        /^what it sent is not the published file \(removed\): its MD5 is/,
      );
    });

    it("if the server sends another range", async () => {
      const outcome = await outcomeOf(
        (request, response) =>
          request.headers.range
            ? response.writeHead(206, { "content-range": "bytes 7-199999/200000" }).end(CONTENT.subarray(7))
            : send(request, response, CONTENT),
        { before: BEFORE },
      );
      checkArrived(outcome);
    });

    it("if the part is longer than the file", async () => {
      const outcome = await outcomeOf((request, response) => send(request, response, CONTENT), {
        before: { "file.part": Buffer.concat([CONTENT, CONTENT]) },
      });
      checkArrived(outcome);
    });
  });

  describe("tries again", () => {
    const twice =
      (first: Handler) =>
      (...[request, response, times]: Parameters<Handler>) =>
        times < 2 ? first(request, response, times) : send(request, response, CONTENT);

    for (const [name, first, reason] of [
      [
        "after 500",
        (_, response) => response.writeHead(500).end(),
        "the server answered 500 (internal error)",
      ],
      [
        "after 429",
        (_, response) => response.writeHead(429).end(),
        "the server answered 429 (too many requests)",
      ],
      ["if nothing is answered", () => {}, "nothing arrived for 0.3 s"],
      [
        "if the body stalls",
        (_, response) => {
          response.writeHead(200, { "content-length": CONTENT.length }).write(CONTENT.subarray(0, 9));
        },
        "nothing arrived for 0.3 s",
      ],
      ["if the connection is reset", (_, response) => response.destroy(), "the connection was lost"],
      [
        "if the body ends early",
        (_, response) => response.writeHead(200).end(CONTENT.subarray(0, HALF)),
        `ended after ${HALF} of 200000 bytes`,
      ],
    ] as const satisfies readonly (readonly [string, Handler, string])[])
      it(name, async () => {
        const outcome = await outcomeOf(twice(first));
        checkArrived(outcome);
        assert.deepEqual(outcome.retries, [reason, reason]);
      });

    it("only a few times, and keeps the part", async () => {
      const outcome = await outcomeOf((request, response) =>
        request.headers.range ? response.destroy() : breakAfter(response, CONTENT, HALF),
      );
      assert.equal(outcome.ended, "a/file: the connection was lost");
      assert.equal(outcome.requests.length, PATIENCE.tries);
      assert.ok(outcome.files["file.part"]?.equals(CONTENT.subarray(0, HALF)));
    });
  });

  describe("follows redirects", () => {
    const to =
      (location: string): Handler =>
      (_, response) =>
        response.writeHead(302, { location }).end();

    it("relative ones and between hosts", async () => {
      const outcome = await outcomeOf((request, response, times) =>
        request.url === "/c"
          ? send(request, response, CONTENT)
          : to(request.url === "/b" ? "c" : "/b")(request, response, times),
      );
      checkArrived(outcome);
    });

    for (const [name, location, reason] of [
      ["not in a loop", "/a/file", "more than 5 redirects"],
      ["not to a file", "file:///etc/passwd", "redirected to file:///etc/passwd, which is not a web address"],
      ["not to nowhere", "http://", "redirected to http://, which is not a web address"],
    ] as const)
      it(name, async () => {
        const { ended, requests, files } = await outcomeOf(to(location));
        assert.equal(ended, `a/file: ${reason}`);
        assert.ok(requests.length <= 6);
        assert.deepEqual(files, {});
      });
  });

  describe("gives up at once", () => {
    for (const [name, handler, reason] of [
      [
        "if there is no such file",
        (_, response) => response.writeHead(404).end(),
        "the server answered 404 (not found)",
      ],
      [
        "if there is a web page instead",
        (_, response) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(CONTENT),
        "the server sent a web page instead of the file",
      ],
      [
        "if the announced length is wrong",
        (_, response) => response.writeHead(200, { "content-length": 9 }).end("too short"),
        "the server has a file of 9 bytes; expected 200000",
      ],
      [
        "if there is more than the file",
        (_, response) => {
          response.writeHead(200);
          const more = () => response.write(CONTENT, (error) => error || setTimeout(more, 1));
          more();
        },
        "the server sends more than the 200 kB that were expected",
      ],
      [
        "if the file is another one",
        (request, response) => send(request, response, OTHER),
        /^what it sent is not the published file \(removed\): its MD5 is [0-9a-f]{32}; expected [0-9a-f]{32}$/,
      ],
    ] as const satisfies readonly (readonly [string, Handler, string | RegExp])[])
      it(name, async () => {
        const { ended, requests, files } = await outcomeOf(handler);
        const found = ended.replace("a/file: ", "");
        if (typeof reason === "string") assert.equal(found, reason);
        else assert.match(found, reason);
        assert.equal(requests.length, 1);
        assert.ok(!("file" in files));
        assert.ok((files["file.part"]?.length ?? 0) <= CONTENT.length);
      });

    it("if the length was unknown and there is more than can be", async () => {
      const file = { size: null, mostBytes: HALF };
      const { ended } = await outcomeOf((request, response) => send(request, response, CONTENT), { file });
      assert.equal(ended, "a/file: the server has a file of 200000 bytes; expected at most 100000");
      const { ended: later } = await outcomeOf((_, response) => response.writeHead(200).end(CONTENT), {
        file,
      });
      assert.equal(later, "a/file: the server sends more than the 100 kB that were expected");
    });

    it("if the SHA-256 is wrong although the MD5 is right", async () => {
      const { ended } = await outcomeOf((request, response) => send(request, response, CONTENT), {
        file: { sha256: "0".repeat(64) },
      });
      assert.match(ended, /its SHA-256 is [0-9a-f]{64}; expected 0{64}$/);
    });

    it("and names every address", async () => {
      const { ended } = await outcomeOf((_, response) => response.writeHead(404).end(), {
        paths: ["a/file", "b/file"],
      });
      assert.equal(
        ended,
        "a/file: the server answered 404 (not found)\nb/file: the server answered 404 (not found)",
      );
    });
  });

  describe("with a file that is there", () => {
    it("verifies it and downloads nothing", async () => {
      const outcome = await outcomeOf((_, response) => response.end(), { before: { file: CONTENT } });
      assert.equal(outcome.ended, "present");
      assert.deepEqual(outcome.requests, []);
    });

    it("does not replace another one", async () => {
      const outcome = await outcomeOf((_, response) => response.end(), { before: { file: OTHER } });
      assert.match(outcome.ended, /^FOLDER.file is not the published file: its MD5 is .* --to$/);
      assert.ok(outcome.files.file?.equals(OTHER));
      assert.deepEqual(outcome.requests, []);
    });
  });

  describe("names what is wrong with the disk", () => {
    it("if it has too little room", async () => {
      const { ended } = await outcomeOf(
        (_, response) => {
          response.writeHead(200, { "content-length": 1e15 }).flushHeaders();
        },
        { file: { size: null, mostBytes: 1e16 } },
      );
      assert.match(ended, /^FOLDER.file needs .* GB more, but the disk has only .* free; /);
    });

    it("if something is in the way of the part", () =>
      inTemporaryFolder(async (folder) => {
        mkdirSync(join(folder, "file.part"));
        const connection = connect(100);
        await assert.rejects(
          download(fileOf("file", CONTENT, ["http://127.0.0.1:9/file"]), {
            ...{ folder, connection, patience: PATIENCE, signal: new AbortController().signal },
            onProgress: () => {},
            onRetry: () => {},
          }),
          /file\.part is in the way/,
        );
        await connection.close();
        assert.ok(existsSync(join(folder, "file.part")));
      }));

    for (const [code, words] of [
      ["ENOSPC", "the disk is full"],
      ["EROFS", "the disk is read-only"],
      ["EACCES", "permission denied"],
    ] as const)
      it(`as in ${code}`, () => {
        const { message } = diskProblem("/data/file", Object.assign(new Error(), { code }));
        assert.ok(message.startsWith(`cannot write /data/file: ${words}`), message);
      });
  });
});
