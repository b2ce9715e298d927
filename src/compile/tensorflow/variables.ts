// The state of a program, in variables of TensorFlow: how it is read, and how it is written after that.

import type { Value } from "../graph/kernels.js";
import type { TfBuilder } from "./builder.js";
import { FLOAT, type TfNode, type TfTensor } from "./graph.js";
import type { Update } from "./updates.js";

export class TfVariables {
  readonly #reads = new Map<string, TfTensor>();
  readonly #updates = new Map<Update, TfNode>();

  /** `handles`: by the names of the state. */
  constructor(
    private readonly builder: TfBuilder,
    private readonly handles: ReadonlyMap<string, TfTensor>,
  ) {}

  /** What the program finds. A variable is read once, and written after that: what has been read stays what it was. */
  read(name: string): TfTensor {
    const known = this.#reads.get(name) ?? this.#readNode(name);
    this.#reads.set(name, known);
    return known;
  }

  assign(name: string, value: TfTensor): TfNode {
    const inputs = [this.#handle(name), value];
    return this.builder.node(
      "AssignVariableOp",
      inputs,
      { dtype: FLOAT },
      { control: this.#readsOf([name]) },
    );
  }

  /** Everything that reads what was there before must have been lowered, or its variables read. */
  update(update: Update, tensor: (value: Value) => TfTensor): TfNode {
    const known = this.#updates.get(update) ?? this.#updateNode(update, tensor);
    this.#updates.set(update, known);
    return known;
  }

  /** What a variable contains after a node has written it. */
  readAfter(name: string, written: TfNode): TfTensor {
    return this.#readNode(name, [written]);
  }

  #updateNode({ name, rate, difference, velocity }: Update, tensor: (value: Value) => TfTensor): TfNode {
    const attributes = { T: FLOAT, use_locking: { bool: false } };
    if (velocity === null) {
      const inputs = [this.#handle(name), tensor(rate), tensor(difference)];
      const control = this.#readsOf([name]);
      return this.builder.node("ResourceApplyGradientDescent", inputs, attributes, { control });
    }
    const variables = [name, velocity.name];
    return this.builder.node(
      "ResourceApplyMomentum",
      [...variables.map((one) => this.#handle(one)), ...[rate, difference, velocity.momentum].map(tensor)],
      { ...attributes, use_nesterov: { bool: velocity.nesterov } },
      { control: this.#readsOf(variables) },
    );
  }

  #readNode(name: string, control: readonly TfNode[] = []): TfTensor {
    return this.builder.op("ReadVariableOp", [this.#handle(name)], { dtype: FLOAT }, { control });
  }

  #readsOf(names: readonly string[]): TfNode[] {
    return names.flatMap((name) => this.#reads.get(name)?.node ?? []);
  }

  #handle(name: string): TfTensor {
    const handle = this.handles.get(name);
    if (!handle) throw new Error(`there is no state ${name}`);
    return handle;
  }
}
