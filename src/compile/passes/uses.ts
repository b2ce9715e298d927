// How often the values of a graph are used, traced or as ONNX nodes.

/** Each result of the graph counts as a use. */
export function countUses<Name>(
  nodes: readonly { readonly inputs: readonly Name[] }[],
  results: Iterable<Name>,
): ReadonlyMap<Name, number> {
  const uses = new Map<Name, number>();
  for (const name of [...results, ...nodes.flatMap(({ inputs }) => inputs)])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
