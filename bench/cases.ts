// What is measured: networks, image sizes and batches, described once for us and for our peers.

export interface BenchCase {
  readonly name: string;
  readonly network: keyof typeof NETWORKS;
  readonly size: number;
  readonly channels: number;
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
}

export const CASES: readonly BenchCase[] = [
  { name: "SE-ResNet-20 28x28", network: "se-resnet20", size: 28, channels: 1, batch: 128, optimizer: "sgd" },
  { name: "ResNet-20 28x28", network: "resnet20", size: 28, channels: 1, batch: 128, optimizer: "sgd" },
  { name: "SE-ResNet-20 32x32", network: "se-resnet20", size: 32, channels: 3, batch: 128, optimizer: "sgd" },
  {
    name: "SE-ResNet-20 of 17, 33 and 66 filters 32x32",
    ...{ network: "se-resnet20-odd", size: 32, channels: 3, batch: 128, optimizer: "sgd" },
  },
  {
    name: "CBAM-ResNet-20 32x32",
    ...{ network: "cbam-resnet20", size: 32, channels: 3, batch: 128, optimizer: "sgd" },
  },
  {
    name: "SE-ResNet-50 28x28",
    ...{ network: "se-resnet50", size: 28, channels: 1, batch: 128, optimizer: "adam" },
  },
  { name: "MobileNetV2 64x64", network: "mobilenet-v2", size: 64, channels: 3, batch: 32, optimizer: "sgd" },
  {
    name: "SE-ResNeXt-50 64x64",
    network: "se-resnext50",
    size: 64,
    channels: 3,
    batch: 32,
    optimizer: "sgd",
  },
  {
    name: "SE-ResNet-50 224x224",
    network: "se-resnet50",
    size: 224,
    channels: 3,
    batch: 8,
    optimizer: "adam",
  },
  {
    name: "SE-ResNet-50 224x224, batch 32",
    ...{ network: "se-resnet50", size: 224, channels: 3, batch: 32, optimizer: "adam" },
  },
];

export const CLASSES = 10;

/** A multiply-accumulate is two operations, and the gradients of inputs and weights take as many as the forward pass each. */
export const OPERATIONS_PER_MAC = 2 * 3;

interface BenchNetwork {
  readonly stem: {
    readonly filters: number;
    readonly kernel: number;
    readonly stride: number;
    readonly pool: boolean;
  };
  readonly stages: readonly Stage[];
  readonly gate: "none" | "se" | "cbam";
  readonly activation: "relu" | "relu6";
}

interface Stage {
  /** `conv`: a single 1x1 convolution. */
  readonly block: "basic" | "bottleneck" | "inverted" | "conv";
  readonly repeat: number;
  /** Of the output; those of an inverted bottleneck's inner convolutions are `expansion` times those of its input. */
  readonly filters: number;
  /** Of a bottleneck's 3x3 convolution. */
  readonly inner?: number;
  readonly groups?: number;
  readonly expansion?: number;
  readonly stride: number;
}

const NETWORKS = {
  resnet20: resNet20([16, 32, 64], "none"),
  "se-resnet20": resNet20([16, 32, 64], "se"),
  "se-resnet20-odd": resNet20([17, 33, 66], "se"),
  "cbam-resnet20": resNet20([16, 32, 64], "cbam"),
  "se-resnet50": resNet50(64, 1),
  "se-resnext50": resNet50(128, 32),
  "mobilenet-v2": {
    stem: { filters: 32, kernel: 3, stride: 2, pool: false },
    stages: [
      ...[
        [1, 16, 1, 1],
        [6, 24, 2, 2],
        [6, 32, 3, 2],
        [6, 64, 4, 2],
        [6, 96, 3, 1],
        [6, 160, 3, 2],
        [6, 320, 1, 1],
      ].map((row): Stage => {
        const [expansion, filters, repeat, stride] = row as [number, number, number, number];
        return { block: "inverted", repeat, filters, expansion, stride };
      }),
      { block: "conv", repeat: 1, filters: 1280, stride: 1 },
    ],
    gate: "none",
    activation: "relu6",
  },
} satisfies Record<string, BenchNetwork>;

function resNet20(widths: readonly [number, number, number], gate: BenchNetwork["gate"]): BenchNetwork {
  const stages = widths.map((filters, index) => ({
    block: "basic" as const,
    ...{ repeat: 3, filters, stride: index === 0 ? 1 : 2 },
  }));
  return {
    stem: { filters: widths[0], kernel: 3, stride: 1, pool: false },
    stages,
    ...{ gate, activation: "relu" },
  };
}

/** `width`: of the 3x3 convolutions of the first stage. */
function resNet50(width: number, groups: number): BenchNetwork {
  const stages = [3, 4, 6, 3].map((repeat, index) => ({
    block: "bottleneck" as const,
    ...{ repeat, filters: 256 * 2 ** index, inner: width * 2 ** index, groups, stride: index === 0 ? 1 : 2 },
  }));
  const stem = { filters: 64, kernel: 7, stride: 2, pool: true };
  return { stem, stages, gate: "se", activation: "relu" };
}

/** The experiment of a case, as a user would write it. */
export function yamlOf({ network, size, channels, batch, optimizer }: BenchCase): string {
  const optimizers = {
    sgd: "{ name: sgd, learningRate: 0.01, momentum: 0.9, weightDecay: 0.0001 }",
    adam: "{ name: adam, learningRate: 0.0001 }",
  };
  const { stem, stages, gate, activation }: BenchNetwork = NETWORKS[network];
  const pool = stem.pool ? ", pool: { type: max, kernel: 3, stride: 2 }" : "";
  const attention = { none: "off", se: "{ type: se, r: 16 }", cbam: "{ type: cbam, r: 16 }" }[gate];
  return `name: bench
dataset: { name: synthetic, size: ${size}, channels: ${channels}, classes: ${CLASSES} }
network:
  activation: ${activation}
  stem: { filters: ${stem.filters}, kernel: ${stem.kernel}, stride: ${stem.stride}${pool} }
  stages:
${stages.map((stage) => `    - ${stageYaml(stage)}\n`).join("")}  attention: ${attention}${stages.some(stridesInside) ? "\n  strideIn: 3x3" : ""}
training: { batchSize: ${batch}, optimizer: ${optimizers[optimizer]} }
`;
}

/** Bottlenecks with groups have their stride in the 3x3 convolution, as published; others in the first 1x1. */
function stridesInside({ groups = 1 }: Stage): boolean {
  return groups > 1;
}

function stageYaml({ block, repeat, filters, inner, groups, expansion, stride }: Stage): string {
  if (block === "conv") return `modules: [{ conv: { filters: ${filters} } }]`;
  const parts = {
    basic: `block: basic, filters: ${filters}`,
    bottleneck: `block: bottleneck, filters: [${inner}, ${inner}, ${filters}], groups: ${groups}`,
    inverted: `block: inverted-bottleneck, filters: ${filters}, expansion: ${expansion}`,
  };
  return `{ ${parts[block]}, repeat: ${repeat}, stride: ${stride} }`;
}

/** Convolutions with BatchNorm, then a gate, then the sum with the shortcut. What peers build networks of. */
interface Unit {
  readonly convs: readonly {
    readonly filters: number;
    readonly kernel: number;
    readonly stride: number;
    readonly groups: number;
    readonly isActivated: boolean;
  }[];
  readonly gate: BenchNetwork["gate"];
  readonly shortcut: "none" | "identity" | { readonly filters: number; readonly stride: number };
  /** Whether the activation follows the sum. */
  readonly isActivated: boolean;
  /** Whether a max pool of 3x3 with stride 2 follows. */
  readonly isPooled: boolean;
}

/** The case as peers read it. */
export function peerCase({ network, ...benchCase }: BenchCase) {
  const { stem, stages, gate, activation }: BenchNetwork = NETWORKS[network];
  const first: Unit = {
    convs: [
      { filters: stem.filters, kernel: stem.kernel, stride: stem.stride, groups: 1, isActivated: true },
    ],
    ...{ gate: "none", shortcut: "none", isActivated: false, isPooled: stem.pool },
  };
  const units = [first];
  let width = stem.filters;
  for (const stage of stages)
    for (let index = 0; index < stage.repeat; index++) {
      units.push(unitOf({ ...stage, stride: index === 0 ? stage.stride : 1 }, width, gate));
      width = stage.filters;
    }
  return { ...benchCase, activation, units, classes: CLASSES };
}

function unitOf(stage: Stage, width: number, gate: Unit["gate"]): Unit {
  const { block, filters, inner = filters, groups = 1, expansion = 1, stride } = stage;
  const [outside, inside] = stridesInside(stage) ? [1, stride] : [stride, 1];
  const conv = (filters: number, kernel: number, isActivated: boolean, stride = 1, groups = 1) => ({
    ...{ filters, kernel, stride, groups, isActivated },
  });
  const isSame = stride === 1 && width === filters;
  const wide = width * expansion;
  if (block === "conv" || block === "inverted") {
    const convs =
      block === "conv"
        ? [conv(filters, 1, true)]
        : [
            ...(expansion > 1 ? [conv(wide, 1, true)] : []),
            conv(wide, 3, true, stride, wide),
            conv(filters, 1, false),
          ];
    const shortcut = block === "inverted" && isSame ? "identity" : "none";
    return { convs, gate: "none", shortcut, isActivated: false, isPooled: false };
  }
  const convs =
    block === "basic"
      ? [conv(filters, 3, true, stride), conv(filters, 3, false)]
      : [conv(inner, 1, true, outside), conv(inner, 3, true, inside, groups), conv(filters, 1, false)];
  return {
    convs,
    gate,
    shortcut: isSame ? "identity" : { filters, stride },
    isActivated: true,
    isPooled: false,
  };
}
