// `${axis}` in the texts of a variant.

/** Names in ${...}, but for ${HOME}, which belongs to paths. */
export function placeholders(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

export const PLACEHOLDER = /\$\{(?!HOME\})(\w+)\}/g;
