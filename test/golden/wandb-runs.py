"""Runs as they are read from the tables of sweeps -> what Weights & Biases would keep of them: records made of its own protocol buffers,
in files written by its own DataStore. Writes wandb-runs.json: python3 test/golden/wandb-runs.py (made with wandb 0.22.0)."""

import base64
import datetime
import hashlib
import json
import tempfile
from pathlib import Path

import wandb
from wandb.proto import wandb_internal_pb2 as pb
from wandb.sdk.internal import datastore

wandb._assert_is_internal_process = True

LONG = "se-" + "wide-" * 30
EPOCHS = [
    {"epoch": 1, "step": 10, "learning_rate": 0.1, "train_loss": 2.25, "validation_error": 0.9, "seconds": 2.75},
    {"epoch": 2, "step": 20, "learning_rate": 0.05, "train_loss": None, "validation_error": 0.625, "seconds": 3.063},
]
OUTCOME = {
    **{"fingerprint": "f", "checksum": "c", "params": 1000, "params_total": 1010, "macs": 5000000000, "epochs": 2},
    **{"validation_error": 0.625, "test_error": 0.25, "test_errors_by_class": [0.25, None], "predictions": None},
    "seconds": 5.813,
}
CONFIG = {"dataset": {"name": "mnist", "train": "all"}, "network": {"stages": [{"filters": [16, 16]}]}, "größe": None}
PLANNED = {"variant": "plain", "seed": 1, "axes": {}, "params": 1000, "macs": 5000000000, "fingerprint": "f", "reason": ""}


def run(**own):
    whole = {**PLANNED, "epochs": EPOCHS, "config": CONFIG, "outcome": None, "changed": 1700000005678, **own}
    return {**whole, "run": f"{whole['variant']}/seed-{whole['seed']}"}


RUNS = [
    run(sweep="s", status="finished", outcome=OUTCOME),
    run(sweep="s", status="running", seed=2, epochs=EPOCHS[:1], fingerprint=None),
    run(sweep="s", status="unneeded", seed=3, axes={"r": 4, "bias": True}, reason="decided without it"),
    run(sweep="runs/a: 100 %?", status="failed", variant=LONG, config=None, reason="the loss is not a number"),
    run(sweep=LONG, status="pending"),
]
LENGTHS = [
    [0, 1, 100],
    # Records that just fit into the first block and just do not, and those that leave too little of it for another one.
    *[[32768 - 7 - 7 - short, 50, 40000] for short in range(-2, 17)],
    [100000, 5, 70000],
]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def limited(name):
    return name if len(name) <= 128 else f"{name[:119]}-{sha(name)[:8]}"


def items(message, values):
    for key, value in values.items():
        message.add(key=key, value_json=json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def numbers(row, *without):
    return {key: value for key, value in row.items() if type(value) in (int, float) and key not in without}


def seconds(milliseconds):
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def records_of(run, run_id):
    start = run["changed"] - round(1000 * sum(row["seconds"] for row in run["epochs"]))
    header = pb.Record()
    header.header.version_info.producer = "squeezebox"
    header.header.version_info.min_consumer = "0.40.0"
    first = pb.Record()
    first.run.run_id = run_id
    project = run["sweep"]
    for character in "/\\#?%:":
        project = project.replace(character, "-")
    if project != run["sweep"]:
        project += f"-{sha(run['sweep'])[:8]}"
    first.run.project = limited(project)
    first.run.run_group = limited(run["variant"])
    first.run.display_name = limited(run["run"])
    first.run.notes = run["reason"]
    first.run.start_time.FromMilliseconds(start)
    settings = {key: run[key] for key in ["variant", "seed", "params", "macs", "axes"]}
    items(
        first.run.config.update,
        {"_wandb": {}, **settings, **(run["config"] or {}), "fingerprint": run["fingerprint"]},
    )
    records = [header, first]
    time = start
    row = {}
    for epoch in run["epochs"]:
        time += round(1000 * epoch["seconds"])
        row = numbers(epoch, "epoch", "seconds")
        row |= {"_step": epoch["epoch"], "_runtime": seconds(time - start), "_timestamp": seconds(time)}
        record = pb.Record()
        items(record.history.item, row)
        record.history.step.num = epoch["epoch"]
        records.append(record)
    runtime = round((run["changed"] - start) / 1000)
    summary = pb.Record()
    row |= numbers(run["outcome"] or {}, "params", "macs")
    items(summary.summary.update, {**row, "_wandb": {"runtime": runtime}})
    records.append(summary)
    if run["status"] not in ("running", "pending"):
        end = pb.Record()
        end.exit.exit_code = 1 if run["status"] == "failed" else 0
        end.exit.runtime = runtime
        final = pb.Record()
        final.final.SetInParent()
        records += [end, final]
    for index, record in enumerate(records):
        record.num = index + 1
    return start, records


def log(records):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        store = datastore.DataStore()
        store.open_for_write(str(file))
        for record in records:
            store._write_data(record)
        store.close()
        return file.read_bytes()


def file_of(run):
    run_id = sha(run["sweep"])[:8] + sha(f"{run['sweep']}/{run['run']}")[:24]
    start, records = records_of(run, run_id)
    date = datetime.datetime.fromtimestamp(start // 1000, datetime.timezone.utc).strftime("%Y%m%d_%H%M%S")
    content = log([record.SerializeToString() for record in records])
    return f"offline-run-{date}-{run_id}/run-{run_id}.wandb", base64.b64encode(content).decode()


def pattern(length, index):
    return bytes((7 * index + at) % 251 for at in range(length))


logs = [
    {
        "lengths": lengths,
        "sha256": hashlib.sha256(log([pattern(length, index) for index, length in enumerate(lengths)])).hexdigest(),
    }
    for lengths in LENGTHS
]
golden = {"runs": RUNS, "files": [file_of(run) for run in RUNS], "logs": logs}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
