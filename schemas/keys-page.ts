// The schemas -> docs/keys.md: every key, what it means, and which values it takes.

import { resolve, type Schema, type Schemas } from "./json-schema.js";

export function keysPage(experiment: Schema, sweep: Schema): string {
  return `# Keys

Every key of experiments and sweeps, generated from the schemas by \`npm run types\`. Keys in **bold** are required.

## Experiment

${sections(experiment)}

## Sweep

${sections(sweep)}
`;
}

/** A table for the document itself, and one for each mapping in its definitions. */
function sections(root: Schema): string {
  const titled = Object.values((root.definitions ?? {}) as Schemas).flatMap(mappingsIn);
  return [table(root, root), ...titled.map((schema) => section(schema, root))].join("\n\n");
}

/** All mappings with keys, including nested ones. */
function mappingsIn(schema: Schema): Schema[] {
  const alternatives = [...((schema.oneOf ?? []) as Schema[])];
  const inner = Object.values((schema.properties ?? {}) as Schemas).filter(({ properties }) => properties);
  const own = schema.properties && schema.title ? [schema] : [];
  return [...own, ...alternatives.flatMap(mappingsIn), ...inner.flatMap(mappingsIn)];
}

function section(schema: Schema, root: Schema): string {
  const tag = Object.entries((schema.properties ?? {}) as Schemas).find(([, { const: value }]) => value);
  const name = words(String(schema.title)) + (tag ? ` (\`${tag[0]}: ${String(tag[1].const)}\`)` : "");
  return [
    `### ${name}`,
    ...(schema.description ? [String(schema.description)] : []),
    table(schema, root),
  ].join("\n\n");
}

/** `SqueezeExcitation` -> Squeeze excitation */
function words(title: string): string {
  const spaced = title.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function table(schema: Schema, root: Schema): string {
  const required = (schema.required ?? []) as string[];
  const rows = Object.entries((schema.properties ?? {}) as Schemas)
    .filter(([, { const: value }]) => value === undefined)
    .map(([key, child]) => {
      const resolved = resolve(child, root);
      const description = child.description ?? resolved.description ?? "";
      const fallback = child.default ?? resolved.default;
      return [
        required.includes(key) ? `**\`${key}\`**` : `\`${key}\``,
        kindOf(child, root),
        fallback === undefined || typeof fallback === "object" ? "" : `\`${String(fallback)}\``,
        String(description).replaceAll("|", "\\|"),
      ];
    });
  if (rows.length === 0) return "It has no other keys.";
  return [["key", "value", "default", ""], ["---", "---", "---", "---"], ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function kindOf(schema: Schema, root: Schema): string {
  const resolved = resolve(schema, root);
  if (resolved.enum) return (resolved.enum as unknown[]).map((value) => `\`${String(value)}\``).join(", ");
  if (resolved.const !== undefined) return `\`${String(resolved.const)}\``;
  if (resolved.anyOf) return (resolved.anyOf as Schema[]).map((one) => kindOf(one, root)).join(" or ");
  if (resolved.oneOf) return "a mapping";
  if (resolved.type === "array") return `a list: ${kindOf((resolved.items ?? {}) as Schema, root)}`;
  if (resolved.type === "object") return "a mapping";
  return `${[resolved.type ?? "anything"].flat().join(" or ")}${range(resolved)}`;
}

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  const bounds = [
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${String(exclusiveMinimum)}`]),
    ...(maximum === undefined ? [] : [`to ${String(maximum)}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${String(exclusiveMaximum)}`]),
  ];
  return bounds.length === 0 ? "" : ` ${bounds.join(" ")}`;
}
