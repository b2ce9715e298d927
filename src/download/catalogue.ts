// The public datasets that can be downloaded: their files, as their publishers name, offer and check them.
//
// Sources of the numbers:
// - MD5: torchvision/datasets/mnist.py (MNIST, Fashion-MNIST, KMNIST; Fashion-MNIST's are also in its own README) and
//   https://www.cs.toronto.edu/~kriz/cifar.html (the binary versions).
// - Sizes and SHA-256: tensorflow_datasets/url_checksums/{mnist,fashion_mnist,kmnist,cifar10,cifar100}.txt.
// MedMNIST's have their own file.

import type { Catalogue, Downloadable, RemoteFile } from "./downloadable.js";
import { MEDMNIST } from "./medmnist.js";

export const CATALOGUE: Catalogue = {
  datasets: [
    idx("mnist", {
      page: "http://yann.lecun.com/exdb/mnist/",
      folders: [
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
      ],
      files: [
        [
          "train-images-idx3",
          9912422,
          "f68b3c2dcbeaaa9fbdd348bbdeb94873",
          "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ],
        [
          "train-labels-idx1",
          28881,
          "d53e105ee54ea40749a09fcbcd1e9432",
          "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ],
        [
          "t10k-images-idx3",
          1648877,
          "9fb629c4189551a2d022fa330f9573f3",
          "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ],
        [
          "t10k-labels-idx1",
          4542,
          "ec29112dd5afa0611ce80d1b7f02629c",
          "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ],
      ],
    }),
    idx("fashion-mnist", {
      page: "https://github.com/zalandoresearch/fashion-mnist",
      folders: [
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      ],
      files: [
        [
          "train-images-idx3",
          26421880,
          "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
          "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ],
        [
          "train-labels-idx1",
          29515,
          "25c81989df183df01b3e8a0aad5dffbe",
          "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ],
        [
          "t10k-images-idx3",
          4422102,
          "bef4ecab320f06d8554ea6380940ec79",
          "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ],
        [
          "t10k-labels-idx1",
          5148,
          "bb300cfdad3c16e7a12a480ee83cd310",
          "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ],
      ],
    }),
    idx("kmnist", {
      page: "http://codh.rois.ac.jp/kmnist/",
      folders: [
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      ],
      files: [
        [
          "train-images-idx3",
          18165135,
          "bdb82020997e1d708af4cf47b453dcf7",
          "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ],
        [
          "train-labels-idx1",
          29497,
          "e144d726b3acfaa3e44228e80efcd344",
          "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ],
        [
          "t10k-images-idx3",
          3041136,
          "5c965bf0a639b31b8f53240b1b52f4d7",
          "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ],
        [
          "t10k-labels-idx1",
          5120,
          "7320c461ea6c1c855c0b718fb2a4b134",
          "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ],
      ],
    }),
    cifar(
      "cifar10",
      "cifar-10-binary.tar.gz",
      170052171,
      "c32a1d4ab5d03f1284b67883e8d87530",
      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    cifar(
      "cifar100",
      "cifar-100-binary.tar.gz",
      168513733,
      "03b5dce01913d631647c71ecec9e9cb8",
      "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
    ...MEDMNIST,
  ],
  unsupported: {
    chestmnist: "its images have several labels each, and a network here predicts one",
  },
};

type File = readonly [name: string, size: number, md5: string, sha256: string];

interface IdxFiles {
  readonly page: string;
  /** The same files are in each of them. */
  readonly folders: readonly string[];
  readonly files: readonly File[];
}

function idx(name: string, { page, folders, files }: IdxFiles): Downloadable {
  const ofGzip = ([content, ...rest]: File) => {
    const file = `${content}-ubyte.gz`;
    return fileOf(
      [file, ...rest],
      folders.map((folder) => folder + file),
    );
  };
  return { name, kind: "idx", page, versions: [{ size: 28, files: files.map(ofGzip) }] };
}

function cifar(name: "cifar10" | "cifar100", ...file: File): Downloadable {
  const urls = [`https://www.cs.toronto.edu/~kriz/${file[0]}`];
  const page = "https://www.cs.toronto.edu/~kriz/cifar.html";
  return { name, kind: name, page, versions: [{ size: 32, files: [fileOf(file, urls)] }] };
}

function fileOf([name, size, md5, sha256]: File, urls: readonly string[]): RemoteFile {
  return { name, urls, size, mostBytes: size, md5, sha256 };
}
