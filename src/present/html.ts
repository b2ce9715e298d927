// Parts of a page -> HTML that is readable on a phone, in dark mode and on paper.

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
.answer { font-size: 1.25rem; font-weight: 600; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
table + table { margin-top: 1.5rem; }
th, td { padding: 0.25rem 0.5rem; text-align: right; border-bottom: 1px solid #8884; }
th { vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
td, th:first-child { white-space: nowrap; }
tr.best { font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; }
figure { margin: 1rem 0; break-inside: avoid; }
svg, img { max-width: 100%; height: auto; }
figcaption, .legend { font-size: 0.9rem; opacity: 0.8; }
.note, .damaged { border-left: 4px solid #8888; padding-left: 0.75rem; }
.damaged { border-color: #D55E00; }
pre { overflow-x: auto; font-size: 0.85rem; }
@media (max-width: 40rem) {
  table, thead, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-bottom: 1px solid #8888; padding: 0.5rem 0; }
  td { border: 0; padding: 0.1rem 0; display: flex; justify-content: space-between; gap: 1rem; white-space: normal; }
  td:first-child { font-weight: 600; }
  td:not(:first-child)::before { content: attr(data-head); opacity: 0.7; text-align: left; }
  td:empty { display: none; }
}
@media print { details { display: none; } body { max-width: none; margin: 0; } }
`;

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** On a narrow screen, each row becomes a list of its cells under the first one. `bold`: indices of rows. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { bold = new Set() }: { bold?: ReadonlySet<number> } = {},
): string {
  const heads = head.map((cell) => `<th>${escapeHtml(cell)}</th>`).join("");
  const body = rows.map((row, index) => {
    const cells = row.map(
      (cell, column) => `<td data-head="${escapeHtml(head[column] ?? "")}">${escapeHtml(cell)}</td>`,
    );
    return `<tr${bold.has(index) ? ' class="best"' : ""}>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${heads}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

export function figure(svg: string, caption: string): string {
  // A function, because `$'` and the like have a special meaning in a replacement text.
  const named = svg.replace("<svg", () => `<svg role="img" aria-label="${escapeHtml(caption)}"`);
  return `<figure>${named}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** A PNG that is part of the page. */
export function imageFigure(png: Buffer, caption: string): string {
  const text = escapeHtml(caption);
  return `<figure><img src="data:image/png;base64,${png.toString("base64")}" alt="${text}"><figcaption>${text}</figcaption></figure>`;
}

/** Text below a summary that unfolds it. Empty if there is no text. */
export function foldedText(summary: string, text: string): string {
  if (text.trim() === "") return "";
  return `<details><summary>${escapeHtml(summary)}</summary><pre>${escapeHtml(text)}</pre></details>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
