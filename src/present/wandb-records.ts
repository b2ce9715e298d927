// What happens in a run -> Records, which W&B keeps of it. The numbers of fields are those of
// https://github.com/wandb/wandb/blob/v0.22.0/wandb/proto/wandb_internal.proto

import { PbfWriter } from "pbf";

/** Writes a field of a Record. */
export type Content = (record: PbfWriter) => void;

/** A run as it starts. */
export interface StartedRun {
  readonly id: string;
  readonly project: string;
  readonly group: string;
  readonly name: string;
  readonly notes: string;
  readonly config: object;
  /** In milliseconds since 1970. */
  readonly start: number;
}

/** The version of W&B that reads these records at least, as W&B itself declares it. */
const OLDEST_READER = "0.40.0";

/** Record { int64 num = 1; one of the fields below } */
export function encodeRecords(contents: readonly Content[]): Uint8Array[] {
  return contents.map((write, index) => {
    const record = new PbfWriter();
    record.writeVarintField(1, index + 1);
    write(record);
    return record.finish();
  });
}

/** HeaderRecord header = 21 { VersionInfo version_info = 1 { string producer = 1, min_consumer = 2 } } */
export function header(): Content {
  return (record) =>
    writeMessage(record, 21, (message) =>
      writeMessage(message, 1, (version) => {
        version.writeStringField(1, "squeezebox");
        version.writeStringField(2, OLDEST_READER);
      }),
    );
}

/**
 * RunRecord run = 17 { string run_id = 1, project = 3; ConfigRecord config = 4 { repeated ConfigItem update = 1 };
 * string run_group = 6, display_name = 8, notes = 9; Timestamp start_time = 17 { int64 seconds = 1; int32 nanos = 2 } }
 */
export function started({ id, project, group, name, notes, config, start }: StartedRun): Content {
  return (record) =>
    writeMessage(record, 17, (run) => {
      run.writeStringField(1, id);
      run.writeStringField(3, project);
      writeMessage(run, 4, (message) => writeItems(message, config));
      run.writeStringField(6, group);
      run.writeStringField(8, name);
      if (notes !== "") run.writeStringField(9, notes);
      writeMessage(run, 17, (time) => {
        writeNumber(time, 1, Math.floor(start / 1000));
        writeNumber(time, 2, 1e6 * (start % 1000));
      });
    });
}

/** HistoryRecord history = 2 { repeated HistoryItem item = 1; HistoryStep step = 2 { int64 num = 1 } } */
export function history(values: object, step: number): Content {
  return (record) =>
    writeMessage(record, 2, (message) => {
      writeItems(message, values);
      writeMessage(message, 2, (own) => writeNumber(own, 1, step));
    });
}

/** SummaryRecord summary = 3 { repeated SummaryItem update = 1 } */
export function summary(values: object): Content {
  return (record) => writeMessage(record, 3, (message) => writeItems(message, values));
}

/** RunExitRecord exit = 18 { int32 exit_code = 1, runtime = 2 }. `runtime` is in seconds. */
export function exit(code: number, runtime: number): Content {
  return (record) =>
    writeMessage(record, 18, (message) => {
      writeNumber(message, 1, code);
      writeNumber(message, 2, runtime);
    });
}

/** FinalRecord final = 20 {}. Without it, `wandb sync` of 0.22 takes failed runs for finished ones; that of 0.31 does not need it. */
export function final(): Content {
  return (record) => writeMessage(record, 20, () => {});
}

/** ConfigItem, HistoryItem and SummaryItem { string key = 1, value_json = 16 } */
function writeItems(message: PbfWriter, values: object): void {
  for (const [key, value] of Object.entries(values))
    writeMessage(message, 1, (item) => {
      item.writeStringField(1, key);
      item.writeStringField(16, JSON.stringify(value));
    });
}

/** Numbers that are 0 are left out. */
function writeNumber(message: PbfWriter, field: number, value: number): void {
  if (value !== 0) message.writeVarintField(field, value);
}

function writeMessage(outer: PbfWriter, field: number, write: (message: PbfWriter) => void): void {
  outer.writeMessage(field, (_, message) => write(message), null);
}
