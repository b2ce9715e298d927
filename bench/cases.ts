// What is measured: networks, image sizes and batches, described once for us and for our peers.

export interface BenchCase {
  readonly name: string;
  /** The PyTorch script knows the same networks by these words. */
  readonly network: "resnet20" | "se-resnet20" | "se-resnet50";
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
    name: "SE-ResNet-50 28x28",
    network: "se-resnet50",
    size: 28,
    channels: 1,
    batch: 128,
    optimizer: "adam",
  },
  {
    name: "SE-ResNet-50 224x224",
    network: "se-resnet50",
    size: 224,
    channels: 3,
    batch: 8,
    optimizer: "adam",
  },
];

const RESNET20 = `
  stem: { filters: 16 }
  stages:
    - { block: basic, repeat: 3, filters: 16 }
    - { block: basic, repeat: 3, filters: 32, stride: 2 }
    - { block: basic, repeat: 3, filters: 64, stride: 2 }`;

const RESNET50 = `
  stem: { filters: 64, kernel: 7, stride: 2, pool: { type: max, kernel: 3, stride: 2 } }
  stages:
    - { block: bottleneck, repeat: 3, filters: 64 }
    - { block: bottleneck, repeat: 4, filters: 128, stride: 2 }
    - { block: bottleneck, repeat: 6, filters: 256, stride: 2 }
    - { block: bottleneck, repeat: 3, filters: 512, stride: 2 }`;

/** The experiment of a case, as a user would write it. */
export function yamlOf({ network, size, channels, batch, optimizer }: BenchCase): string {
  const optimizers = {
    sgd: "{ name: sgd, learningRate: 0.01, momentum: 0.9, weightDecay: 0.0001 }",
    adam: "{ name: adam, learningRate: 0.0001 }",
  };
  return `name: bench
dataset: { name: synthetic, size: ${size}, channels: ${channels}, classes: 10 }
network:${network === "se-resnet50" ? RESNET50 : RESNET20}
  se: ${network === "resnet20" ? "off" : "{ r: 16 }"}
training: { batchSize: ${batch}, optimizer: ${optimizers[optimizer]} }
`;
}
