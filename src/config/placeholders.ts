// Placeholders such as `${axis}` in the strings of a variant.

/** Names in ${...}, except ${HOME}, which is used in paths. */
export function placeholders(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

export const PLACEHOLDER = /\$\{(?!HOME\})(\w+)\}/g;
