"""What all peers do: take the arguments of a case, and run training steps whenever they are asked to."""

import json
import resource
import sys
import time


def arguments():
    """case (as peerCase in cases.ts returns it), threads, mode; the modes are those of each peer."""
    case, threads, mode = sys.argv[1:4]
    return json.loads(case), int(threads), mode


def cpu_seconds():
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def answer(values):
    print(json.dumps(values), flush=True)


def serve(step, engine, parameters, warm_up=1):
    """Answers as side.ts does: once after the first step, then after each burst. A line of input is the seconds of a burst.

    `step` must return when its result is on the host. `parameters`: the number of those that are learned.
    """
    step()
    answer({"engine": engine, "parameters": parameters})
    for _ in range(warm_up):
        step()
    for line in sys.stdin:
        times = []
        start, used = time.perf_counter(), cpu_seconds()
        while len(times) < 1 or time.perf_counter() - start < float(line):
            before = time.perf_counter()
            step()
            times.append(1000 * (time.perf_counter() - before))
        answer(
            {
                "times": times,
                "seconds": time.perf_counter() - start,
                "cpuMs": 1000 * (cpu_seconds() - used) / len(times),
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
