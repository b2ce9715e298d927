// The names of what persists between steps: a weight's own, or that of a weight and of what belongs to it.

const SEPARATOR = ":";

/** Of something that the optimizer keeps for a weight. */
export function slotName(weight: string, slot: string): string {
  return `${weight}${SEPARATOR}${slot}`;
}

export function averageName(weight: string): string {
  return slotName(weight, "average");
}

/** The sum of the gradients of the batches of a group so far. */
export function gradientSumName(weight: string): string {
  return slotName(weight, "gradient_sum");
}

/** Whether the name is that of a weight itself. */
export function isWeight(name: string): boolean {
  return !name.includes(SEPARATOR);
}
