// Where gates, blocks and normalisations were published.

import { entry } from "./bibtex-entry.js";

export const NETWORK_ENTRIES = {
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
  li2019: entry("inproceedings", "li2019", {
    author: "Li, Xiang and Wang, Wenhai and Hu, Xiaolin and Yang, Jian",
    title: "Selective Kernel Networks",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2019",
  }),
  zhang2022: entry("inproceedings", "zhang2022", {
    author: "Zhang, Hang and Wu, Chongruo and Zhang, Zhongyue and others",
    title: "{ResNeSt}: Split-Attention Networks",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops",
    year: "2022",
  }),
  zhang2022pyramid: entry("inproceedings", "zhang2022pyramid", {
    author: "Zhang, Hu and Zu, Keke and Lu, Jian and Zou, Yuru and Meng, Deyu",
    title: "{EPSANet}: An Efficient Pyramid Squeeze Attention Block on Convolutional Neural Network",
    booktitle: "Asian Conference on Computer Vision",
    year: "2022",
  }),
  cao2019: entry("inproceedings", "cao2019", {
    author: "Cao, Yue and Xu, Jiarui and Lin, Stephen and Wei, Fangyun and Hu, Han",
    title: "{GCNet}: Non-Local Networks Meet Squeeze-Excitation Networks and Beyond",
    booktitle: "IEEE/CVF International Conference on Computer Vision Workshops",
    year: "2019",
  }),
  qin2021: entry("inproceedings", "qin2021", {
    author: "Qin, Zequn and Zhang, Pengyi and Wu, Fei and Li, Xi",
    title: "{FcaNet}: Frequency Channel Attention Networks",
    booktitle: "IEEE/CVF International Conference on Computer Vision",
    year: "2021",
  }),
  ruan2020: entry("inproceedings", "ruan2020", {
    author: "Ruan, Dongsheng and Wen, Jun and Zheng, Nenggan and Zheng, Min",
    title: "Linear Context Transform Block",
    booktitle: "AAAI Conference on Artificial Intelligence",
    year: "2020",
  }),
  misra2021: entry("inproceedings", "misra2021", {
    author: "Misra, Diganta and Nalamada, Trikay and Arasanipalai, Ajay Uppili and Hou, Qibin",
    title: "Rotate to Attend: Convolutional Triplet Attention Module",
    booktitle: "IEEE/CVF Winter Conference on Applications of Computer Vision",
    year: "2021",
  }),
  liu2021: entry("misc", "liu2021", {
    author: "Liu, Huajun and Liu, Fuqiang and Fan, Xinyi and Huang, Dong",
    title: "Polarized Self-Attention: Towards High-Quality Pixel-Wise Regression",
    howpublished: "arXiv:2107.00782",
    year: "2021",
  }),
  he2016identity: entry("inproceedings", "he2016identity", {
    author: "He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
    title: "Identity Mappings in Deep Residual Networks",
    booktitle: "European Conference on Computer Vision",
    year: "2016",
  }),
  sandler2018: entry("inproceedings", "sandler2018", {
    author: "Sandler, Mark and Howard, Andrew and Zhu, Menglong and Zhmoginov, Andrey and Chen, Liang-Chieh",
    title: "{MobileNetV2}: Inverted Residuals and Linear Bottlenecks",
    booktitle: "IEEE Conference on Computer Vision and Pattern Recognition",
    year: "2018",
  }),
  liu2022: entry("inproceedings", "liu2022", {
    author:
      "Liu, Zhuang and Mao, Hanzi and Wu, Chao-Yuan and Feichtenhofer, Christoph and Darrell, Trevor and Xie, Saining",
    title: "A {ConvNet} for the 2020s",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2022",
  }),
  gao2021: entry("article", "gao2021", {
    author:
      "Gao, Shang-Hua and Cheng, Ming-Ming and Zhao, Kai and Zhang, Xin-Yu and Yang, Ming-Hsuan and Torr, Philip",
    title: "{Res2Net}: A New Multi-Scale Backbone Architecture",
    journal: "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    year: "2021",
  }),
  he2019: entry("inproceedings", "he2019", {
    author: "He, Tong and Zhang, Zhi and Zhang, Hang and Zhang, Zhongyue and Xie, Junyuan and Li, Mu",
    title: "Bag of Tricks for Image Classification with Convolutional Neural Networks",
    booktitle: "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    year: "2019",
  }),
  wu2018: entry("inproceedings", "wu2018", {
    author: "Wu, Yuxin and He, Kaiming",
    title: "Group Normalization",
    booktitle: "European Conference on Computer Vision",
    year: "2018",
  }),
  ba2016: entry("misc", "ba2016", {
    author: "Ba, Jimmy Lei and Kiros, Jamie Ryan and Hinton, Geoffrey E.",
    title: "Layer Normalization",
    howpublished: "arXiv:1607.06450",
    year: "2016",
  }),
  huang2016: entry("inproceedings", "huang2016", {
    author: "Huang, Gao and Sun, Yu and Liu, Zhuang and Sedra, Daniel and Weinberger, Kilian Q.",
    title: "Deep Networks with Stochastic Depth",
    booktitle: "European Conference on Computer Vision",
    year: "2016",
  }),
};

type NetworkReference = keyof typeof NETWORK_ENTRIES;

/** Of each type of gate; placebos have none. */
export const OF_GATES: Readonly<Record<string, NetworkReference>> = {
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
  gc: "cao2019",
  fca: "qin2021",
  lct: "ruan2020",
  triplet: "misra2021",
  polarized: "liu2021",
  sk: "li2019",
  "split-attention": "zhang2022",
  psa: "zhang2022pyramid",
};

/** What a configuration, as JSON, contains if it uses something other than gates. */
export const OF_NETWORKS: readonly (readonly [used: RegExp, NetworkReference])[] = [
  [/"block":"(?:basic|bottleneck)"/, "he2016"],
  [/"block":"preact-/, "he2016identity"],
  [/"block":"inverted-bottleneck"/, "sandler2018"],
  [/"block":"convnext"/, "liu2022"],
  [/"scale":(?!1[,}])\d+,"shortcut"/, "gao2021"],
  [/"shortcut":"avg-projection"/, "he2019"],
  [/"norm":\{"type":"group"/, "wu2018"],
  [/"norm":\{"type":"layer"/, "ba2016"],
  [/"dropPath":0\.\d/, "huang2016"],
];
