// The pages of a row group, before they are unpacked: a page must not announce more values than there are rows, because memory is
// allocated for them.

import type { AsyncBuffer, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** Rejects with Error if a page of one of the columns announces too much, or is not where the one before it ends. */
export async function checkPages(
  file: AsyncBuffer,
  { columns, num_rows }: RowGroup,
  wanted: readonly string[],
): Promise<void> {
  for (const { meta_data: column } of columns) {
    const [name = ""] = column?.path_in_schema ?? [];
    if (!column || !wanted.includes(name)) continue;
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const end = start + Number(column.total_compressed_size);
    if (!(start >= 0 && start <= end && end <= file.byteLength))
      throw new Error(`column ${name} is said to be from byte ${start} to ${end}`);
    checkColumn(new DataView(await file.slice(start, end)), name, Number(num_rows));
  }
}

function checkColumn(view: DataView, name: string, rows: number): void {
  const reader = { view, offset: 0 };
  while (reader.offset < view.byteLength) {
    const { compressed_page_size: size, ...page } = parquetHeader(reader);
    const { data_page_header, data_page_header_v2, dictionary_page_header } = page;
    const header = data_page_header ?? data_page_header_v2 ?? dictionary_page_header;
    if (!(size >= 0 && reader.offset + size <= view.byteLength))
      throw new Error(`a page of column ${name} is said to have ${size} bytes`);
    if (header && !(header.num_values >= 0 && header.num_values <= rows))
      throw new Error(`a page of column ${name} is said to have ${header.num_values} of ${rows} values`);
    reader.offset += size;
  }
}
