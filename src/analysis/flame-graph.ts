// Durations of nested parts -> a flame graph (Gregg 2016) as SVG, with the whole at the top.

import { formatDuration } from "../format.js";
import { escapeHtml } from "../present/html.js";

export interface Flame {
  /** From the whole to the part: `["stage1", "stage1.block1.conv1", "Conv2D"]`. */
  readonly path: readonly string[];
  readonly seconds: number;
}

const WIDTH = 1200;
const ROW = 18;
/** Narrower parts are left out, in pixels. */
const LEAST_WIDTH = 0.5;
/** Of a letter, in pixels. */
const LETTER = 6.6;
const COLOURS = ["#e8a33d", "#e3874b", "#d9c24a", "#dd6f52"];

/** Each part has its name, its duration and its share of the whole as a tooltip. */
export function flameGraph(title: string, flames: readonly Flame[]): string {
  const total = flames.reduce((sum, { seconds }) => sum + seconds, 0);
  const depth = 1 + Math.max(0, ...flames.map(({ path }) => path.length));
  const bars = [
    bar({ name: title, at: 0, seconds: total, level: 0 }, total),
    ...barsOf(flames, { at: 0, level: 1, total }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${depth * ROW}" font-family="system-ui, sans-serif" font-size="11">\n${bars.join("\n")}\n</svg>\n`;
}

function barsOf(
  flames: readonly Flame[],
  { at, level, total }: { readonly at: number; readonly level: number; readonly total: number },
): string[] {
  const groups = new Map<string, Flame[]>();
  for (const flame of flames) {
    const name = flame.path[level - 1];
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), flame]);
  }
  let start = at;
  return [...groups].flatMap(([name, own]) => {
    const seconds = own.reduce((sum, flame) => sum + flame.seconds, 0);
    const place = { at: start, level: level + 1, total };
    const made = [bar({ name, at: start, seconds, level }, total), ...barsOf(own, place)];
    start += seconds;
    return (seconds / total) * WIDTH < LEAST_WIDTH ? [] : made;
  });
}

interface Bar {
  readonly name: string;
  readonly at: number;
  readonly seconds: number;
  readonly level: number;
}

function bar({ name, at, seconds, level }: Bar, total: number): string {
  const [x, width] = [at, seconds].map((time) => (total > 0 ? time / total : 0) * WIDTH) as [number, number];
  const letters = Math.floor((width - 6) / LETTER);
  const text = letters < 3 ? "" : name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  const about = `${name}: ${formatDuration(seconds)}, ${((100 * seconds) / total).toFixed(1)} %`;
  const fill = COLOURS[level % COLOURS.length];
  return `<g><title>${escapeHtml(about)}</title><rect x="${x.toFixed(2)}" y="${level * ROW}" width="${width.toFixed(2)}" height="${ROW - 1}" fill="${fill}"/><text x="${(x + 3).toFixed(2)}" y="${level * ROW + 12}">${escapeHtml(text)}</text></g>`;
}
