// What a sweep used -> BibTeX of where it was published.

/** Entries by key, without fields that nobody needs to find the work. */
const ENTRIES = {
  hu2018: entry("inproceedings", "hu2018", {
    author: "Hu, Jie and Shen, Li and Sun, Gang",
    title: "Squeeze-and-Excitation Networks",
    booktitle: "IEEE Conference on Computer Vision and Pattern Recognition",
    year: "2018",
  }),
  he2016: entry("inproceedings", "he2016", {
    author: "He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
    title: "Deep Residual Learning for Image Recognition",
    booktitle: "IEEE Conference on Computer Vision and Pattern Recognition",
    year: "2016",
  }),
  wang2020: entry("inproceedings", "wang2020", {
    author: "Wang, Qilong and Wu, Banggu and Zhu, Pengfei and Li, Peihua and Zuo, Wangmeng and Hu, Qinghua",
    title: "{ECA-Net}: Efficient Channel Attention for Deep Convolutional Neural Networks",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2020",
  }),
  lee2020: entry("inproceedings", "lee2020", {
    author: "Lee, Youngwan and Park, Jongyoul",
    title: "{CenterMask}: Real-Time Anchor-Free Instance Segmentation",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2020",
  }),
  woo2018: entry("inproceedings", "woo2018", {
    author: "Woo, Sanghyun and Park, Jongchan and Lee, Joon-Young and Kweon, In So",
    title: "{CBAM}: Convolutional Block Attention Module",
    booktitle: "European Conference on Computer Vision",
    year: "2018",
  }),
  park2018: entry("inproceedings", "park2018", {
    author: "Park, Jongchan and Woo, Sanghyun and Lee, Joon-Young and Kweon, In So",
    title: "{BAM}: Bottleneck Attention Module",
    booktitle: "British Machine Vision Conference",
    year: "2018",
  }),
  hu2018gather: entry("inproceedings", "hu2018gather", {
    author: "Hu, Jie and Shen, Li and Albanie, Samuel and Sun, Gang and Vedaldi, Andrea",
    title: "Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks",
    booktitle: "Advances in Neural Information Processing Systems",
    year: "2018",
  }),
  hou2021: entry("inproceedings", "hou2021", {
    author: "Hou, Qibin and Zhou, Daquan and Feng, Jiashi",
    title: "Coordinate Attention for Efficient Mobile Network Design",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2021",
  }),
  roy2018: entry("inproceedings", "roy2018", {
    author: "Roy, Abhijit Guha and Navab, Nassir and Wachinger, Christian",
    title: "Concurrent Spatial and Channel `Squeeze \\& Excitation' in Fully Convolutional Networks",
    booktitle: "Medical Image Computing and Computer Assisted Intervention",
    year: "2018",
  }),
  yang2020: entry("inproceedings", "yang2020", {
    author: "Yang, Zongxin and Zhu, Linchao and Wu, Yu and Yang, Yi",
    title: "Gated Channel Transformation for Visual Recognition",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2020",
  }),
  yang2021: entry("inproceedings", "yang2021", {
    author: "Yang, Lingxiao and Zhang, Ru-Yuan and Li, Lida and Xie, Xiaohua",
    title: "{SimAM}: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
    booktitle: "International Conference on Machine Learning",
    year: "2021",
  }),
  lee2019: entry("inproceedings", "lee2019", {
    author: "Lee, HyunJae and Kim, Hyo-Eun and Nam, Hyeonseob",
    title: "{SRM}: A Style-Based Recalibration Module for Convolutional Neural Networks",
    booktitle: "IEEE/CVF International Conference on Computer Vision",
    year: "2019",
  }),
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

/** Of each type of gate; placebos have none. */
export const OF_GATES: Readonly<Record<string, Reference>> = {
  se: "hu2018",
  eca: "wang2020",
  ese: "lee2020",
  cbam: "woo2018",
  bam: "park2018",
  ge: "hu2018gather",
  coordinate: "hou2021",
  sse: "roy2018",
  scse: "roy2018",
  gct: "yang2020",
  simam: "yang2021",
  srm: "lee2019",
};

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

function entry(type: string, key: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}},`);
  return [`@${type}{${key},`, ...lines, "}"].join("\n");
}
