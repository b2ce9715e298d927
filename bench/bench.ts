// Us beside our peers, in turns: bench/README.md. Prints tables and writes bench/results/bench.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { formatTable } from "../src/format.js";
import { type BenchCase, CASES, OPERATIONS_PER_MAC } from "./cases.js";
import { type Contestant, median, ours, peers, Side } from "./contestant.js";
import { QuietCheck } from "./quiet.js";
import { type Rounds, takeTurns } from "./rounds.js";

/** How many processes work at the same time, on how many threads each. */
const WAYS = {
  "one-thread": { processes: 1, threads: 1 },
  "two-threads": { processes: 1, threads: 2 },
  "side-by-side": { processes: 2, threads: 1 },
} as const;
type Way = keyof typeof WAYS;

interface Result extends Rounds {
  readonly case: string;
  readonly way: Way;
  readonly peer: string;
  readonly oursFirstStepSeconds: number;
  readonly theirsFirstStepSeconds: number;
  readonly gemmShare: number;
}

const { values } = parseArgs({
  options: {
    case: { type: "string", multiple: true, default: [] },
    way: { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    before: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
});
const named = (words: readonly string[]) => (name: string) =>
  words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
const before = values.before && ours("before", [], pathToFileURL(`${resolve(values.before, "dist")}/`));
const others = [...(before ? [before] : []), ...(before && values.peer.length === 0 ? [] : allPeers())];
const cases = CASES.filter(({ name }) => named(values.case)(name));
const ways = (Object.keys(WAYS) as Way[]).filter(named(values.way));
const quiet = await QuietCheck.create();
const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), quiet };
const results: Result[] = [];
for (const benchCase of cases) for (const way of ways) results.push(...(await compare(benchCase, way)));
save();

function allPeers(): Contestant[] {
  const all = [
    ...peers("torch", "pytorch_peer.py", {
      PyTorch: "contiguous",
      "PyTorch, channels last": "channels_last",
      "PyTorch, compiled": "compile",
      "PyTorch, compiled, channels last": "compile+channels_last",
    }),
    ...peers("tensorflow.keras", "keras_peer.py", { Keras: "graph" }),
    ...peers("jax", "jax_peer.py", { JAX: "float32" }),
  ];
  return all.filter(({ name }) => values.peer.length === 0 || values.peer.includes(name));
}

async function compare(benchCase: BenchCase, way: Way): Promise<Result[]> {
  const { processes, threads } = WAYS[way];
  const own = await started(ours("Squeezebox"), benchCase, way);
  if (own === null) return [];
  const [first] = own;
  const found: Result[] = [];
  for (const peer of others) {
    process.stderr.write(`${benchCase.name}, ${way}: ${peer.name}\n`);
    const theirs = await started(peer, benchCase, way);
    if (theirs === null) continue;
    const { parameters } = theirs[0].ready;
    if (parameters !== first.ready.parameters)
      throw new Error(`${peer.name} has ${parameters} parameters, and we ${first.ready.parameters}`);
    const rounds = await takeTurns(own, theirs, options);
    const operations = OPERATIONS_PER_MAC * (first.ready.macs ?? 0) * benchCase.batch;
    found.push({
      ...{ case: benchCase.name, way, peer: peer.name },
      ...rounds,
      oursFirstStepSeconds: first.firstStepSeconds,
      theirsFirstStepSeconds: theirs[0].firstStepSeconds,
      gemmShare:
        operations / (median(rounds.ours) / 1000) / quiet.operationsPerSecond / (processes * threads),
    });
    await Promise.all(theirs.map((side) => side.stop()));
  }
  await Promise.all(own.map((side) => side.stop()));
  print(benchCase, way, found);
  return found;
}

async function started(
  contestant: Contestant,
  benchCase: BenchCase,
  way: Way,
): Promise<[Side, ...Side[]] | null> {
  const { processes, threads } = WAYS[way];
  const sides: Side[] = [];
  for (let index = 0; index < processes; index++) {
    const side = await Side.start(contestant, benchCase, threads);
    if (side === null) return null;
    sides.push(side);
  }
  return sides as [Side, ...Side[]];
}

function print(benchCase: BenchCase, way: Way, found: readonly Result[]): void {
  const head = ["", "ms a step", "ours", "our speed", "from", "to", "first step", "ours", "MB", "ours"];
  const rows = found.map((result) => {
    const ratios = result.theirs.map((ms, round) => ms / (result.ours[round] as number));
    const times = (ratio: number) => `${ratio.toFixed(2)}x`;
    return [
      `${result.peer}${result.disturbed > 0 ? ` (${result.disturbed} rounds not quiet)` : ""}`,
      ...[result.theirs, result.ours].map((all) => median(all).toFixed(0)),
      ...[median(ratios), Math.min(...ratios), Math.max(...ratios)].map(times),
      ...[result.theirsFirstStepSeconds, result.oursFirstStepSeconds].map((s) => `${s.toFixed(1)} s`),
      ...[result.theirsMegabytes, result.oursMegabytes].map((megabytes) => megabytes.toFixed(0)),
    ];
  });
  const [first] = found;
  const share = first ? `, ${(100 * first.gemmShare).toFixed(0)} % of the matrix product's rate` : "";
  process.stdout.write(`\n${benchCase.name}, batches of ${benchCase.batch}, ${way}${share}\n`);
  process.stdout.write(`${formatTable(head, rows, { right: [1, 2, 3, 4, 5, 6, 7, 8, 9] })}\n`);
}

function save(): void {
  const file = fileURLToPath(new URL("../../bench/results/bench.json", import.meta.url));
  mkdirSync(fileURLToPath(new URL("../../bench/results", import.meta.url)), { recursive: true });
  const machine = {
    processor: cpus()[0]?.model,
    cores: availableParallelism(),
    gemm: quiet.operationsPerSecond,
  };
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
  process.stdout.write(`\nmatrix product, one thread: ${(machine.gemm / 1e9).toFixed(0)} GFLOP/s\n${file}\n`);
}
