"""What all peers do: take the arguments of a case, and time steps for some seconds -> a line of JSON."""

import json
import resource
import sys
import time


def arguments():
    """case (as in cases.ts), threads, seconds, mode; the modes are those of each peer."""
    case, threads, seconds, mode = sys.argv[1:5]
    return json.loads(case), int(threads), float(seconds), mode


def cpu_seconds():
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def report(step, case, seconds, engine, warm_up=1):
    """`step` must return when its result is on the host."""

    def timed():
        start = time.perf_counter()
        step()
        return time.perf_counter() - start

    for _ in range(warm_up):
        timed()
    times = []
    start, used = time.perf_counter(), cpu_seconds()
    while len(times) < 1 or time.perf_counter() - start < seconds:
        times.append(timed())
    elapsed = time.perf_counter() - start
    print(
        json.dumps(
            {
                "medianMs": 1000 * sorted(times)[len(times) // 2],
                "imagesPerSecond": len(times) * case["batch"] / elapsed,
                "cpuMs": 1000 * (cpu_seconds() - used) / len(times),
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "engine": engine,
            }
        )
    )
