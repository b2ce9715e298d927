// What there is to know of a dataset before it is downloaded: its files, and where and how large they are.

export interface RemoteFile {
  readonly name: string;
  /** Where it can be found, to be tried in this order. */
  readonly urls: readonly string[];
  /** In bytes; null if the publisher does not say. */
  readonly size: number | null;
  /** No more bytes than these are accepted. */
  readonly mostBytes: number;
  readonly md5: string;
  /** Null if nobody has published it. */
  readonly sha256: string | null;
}

/** A dataset in one size of its images. */
export interface Version {
  /** Height and width of the images, in pixels. */
  readonly size: number;
  readonly files: readonly RemoteFile[];
}

/** A dataset whose files a `dataset` of an experiment reads as they are. */
export interface Downloadable {
  readonly name: string;
  /** The `name` of that `dataset`. */
  readonly kind: "idx" | "cifar10" | "cifar100" | "npz";
  /** Where its terms of use are, and what to cite. */
  readonly page: string;
  /** The first is the usual one. */
  readonly versions: readonly [Version, ...Version[]];
}

export interface Catalogue {
  readonly datasets: readonly Downloadable[];
  /** Why a dataset that one may look for is not among them. */
  readonly unsupported: Readonly<Record<string, string>>;
}
