// What all progress bars look like.

export const BAR_STYLE = {
  barsize: 20,
  barCompleteChar: "#",
  barIncompleteChar: "-",
  hideCursor: true,
  fps: 5,
} as const;
