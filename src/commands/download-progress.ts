// Progress of a download for people who watch: a bar for each file, or plain lines if there is no terminal.

import { SingleBar } from "cli-progress";
import { formatBytes } from "../format.js";
import { BAR_STYLE } from "./bar-style.js";
import { lineWidth, print, printError } from "./output.js";

export interface DownloadView {
  started(name: string): void;
  /** `total`: null if it is not known. */
  progressed(arrived: number, total: number | null): void;
  retries(reason: string, waitMs: number): void;
  ended(how: "downloaded" | "present"): void;
  close(): void;
}

export function watchDownload(silent: boolean): DownloadView {
  if (silent) return silentView();
  return process.stdout.isTTY ? barView() : lineView();
}

function silentView(): DownloadView {
  const nothing = () => {};
  return { started: nothing, progressed: nothing, retries: nothing, ended: nothing, close: nothing };
}

const words = { downloaded: "verified", present: "already there, verified" } as const;

const retryWords = (reason: string, waitMs: number) => `${reason}; trying again in ${waitMs / 1000} s`;

function barView(): DownloadView {
  const bar = new SingleBar({ ...BAR_STYLE, format: "{bar} {text}", gracefulExit: false });
  let [name, size] = ["", ""];
  const show = (text: string) => ({ text: `${name}  ${text}`.slice(0, lineWidth() - BAR_STYLE.barsize - 2) });
  return {
    started: (file) => {
      [name, size] = [file, ""];
      bar.start(1, 0, show("connecting"));
    },
    progressed: (arrived, total) => {
      size = formatBytes(arrived);
      if (total !== null) bar.setTotal(Math.max(1, total));
      bar.update(
        total === null ? 0 : arrived,
        show(total === null ? size : `${size} of ${formatBytes(total)}`),
      );
    },
    retries: (reason, waitMs) => bar.update(show(retryWords(reason, waitMs))),
    ended: (how) => {
      bar.update(bar.getTotal(), show([size, words[how]].filter(Boolean).join("  ")));
      bar.stop();
    },
    close: () => bar.stop(),
  };
}

/** Seconds between two lines about the same file. */
const LINE_SECONDS = 10;

function lineView(): DownloadView {
  let name = "";
  let last = 0;
  return {
    started: (file) => {
      [name, last] = [file, performance.now()];
    },
    progressed: (arrived, total) => {
      if (performance.now() - last < 1000 * LINE_SECONDS) return;
      last = performance.now();
      print(`${name}  ${formatBytes(arrived)}${total === null ? "" : ` of ${formatBytes(total)}`}`);
    },
    retries: (reason, waitMs) => printError(`${name}: ${retryWords(reason, waitMs)}`),
    ended: (how) => print(`${name}  ${words[how]}`),
    close: () => {},
  };
}
