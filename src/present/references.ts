// What a sweep used -> BibTeX of where it was published.

import { entry } from "./bibtex-entry.js";
import { NETWORK_ENTRIES } from "./network-references.js";

/** Entries by key, without fields that nobody needs to find the work. */
const ENTRIES = {
  ...NETWORK_ENTRIES,
  lecun1998: entry("article", "lecun1998", {
    author: "LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick",
    title: "Gradient-Based Learning Applied to Document Recognition",
    journal: "Proceedings of the IEEE",
    year: "1998",
  }),
  krizhevsky2009: entry("techreport", "krizhevsky2009", {
    author: "Krizhevsky, Alex",
    title: "Learning Multiple Layers of Features from Tiny Images",
    institution: "University of Toronto",
    year: "2009",
  }),
  fisher1935: entry("book", "fisher1935", {
    author: "Fisher, Ronald A.",
    title: "The Design of Experiments",
    publisher: "Oliver and Boyd",
    year: "1935",
  }),
  holm1979: entry("article", "holm1979", {
    author: "Holm, Sture",
    title: "A Simple Sequentially Rejective Multiple Test Procedure",
    journal: "Scandinavian Journal of Statistics",
    year: "1979",
  }),
  jamieson2016: entry("inproceedings", "jamieson2016", {
    author: "Jamieson, Kevin and Talwalkar, Ameet",
    title: "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
    booktitle: "International Conference on Artificial Intelligence and Statistics",
    year: "2016",
  }),
  ville1939: entry("book", "ville1939", {
    author: "Ville, Jean",
    title: "{\\'E}tude critique de la notion de collectif",
    publisher: "Gauthier-Villars",
    year: "1939",
  }),
  delapena1999: entry("article", "delapena1999", {
    author: "de la Pe{\\~n}a, Victor H.",
    title: "A General Class of Exponential Inequalities for Martingales and Ratios",
    journal: "The Annals of Probability",
    year: "1999",
  }),
  howard2021: entry("article", "howard2021", {
    author: "Howard, Steven R. and Ramdas, Aaditya and McAuliffe, Jon and Sekhon, Jasjeet",
    title: "Time-Uniform, Nonparametric, Nonasymptotic Confidence Sequences",
    journal: "The Annals of Statistics",
    year: "2021",
  }),
  ramdas2023: entry("article", "ramdas2023", {
    author: 'Ramdas, Aaditya and Gr{\\"u}nwald, Peter and Vovk, Vladimir and Shafer, Glenn',
    title: "Game-Theoretic Statistics and Safe Anytime-Valid Inference",
    journal: "Statistical Science",
    year: "2023",
  }),
  guo2017: entry("inproceedings", "guo2017", {
    author: "Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.",
    title: "On Calibration of Modern Neural Networks",
    booktitle: "International Conference on Machine Learning",
    year: "2017",
  }),
  smilkov2019: entry("inproceedings", "smilkov2019", {
    author: "Smilkov, Daniel and Thorat, Nikhil and Assogba, Yannick and others",
    title: "{TensorFlow.js}: Machine Learning for the Web and Beyond",
    booktitle: "Conference on Machine Learning and Systems",
    year: "2019",
  }),
};

export type Reference = keyof typeof ENTRIES;

/** Of datasets with a name of their own. */
export const OF_DATASETS: Readonly<Record<string, Reference>> = {
  mnist: "lecun1998",
  cifar10: "krizhevsky2009",
  cifar100: "krizhevsky2009",
};

/** Each entry once, sorted by key. */
export function bibtex(references: readonly Reference[]): string {
  return [...new Set(references)]
    .sort()
    .map((key) => ENTRIES[key])
    .join("\n\n");
}
