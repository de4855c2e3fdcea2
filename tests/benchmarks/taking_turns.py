"""Programs that are timed in turn, each in a process of its own, so that neither what else the machine does nor the other's settings favour one."""

import multiprocessing as mp
import statistics
import time

TURNS = 7


def _serve(make, arguments, pipe):
    import torch

    torch.set_num_threads(2)
    torch.manual_seed(0)
    step = make(*arguments)
    step()
    pipe.send(step())  # twice: the first warms up, the second's answer is kept
    while pipe.recv():
        start = time.perf_counter()
        step()
        pipe.send(time.perf_counter() - start)


def medians(programs):
    """Return for each program of {name: (make, arguments)} its median seconds a step, and what its step answered.

    `make(*arguments)` returns the step. Only one program runs at a time.
    """
    spawn, running, answers = mp.get_context("spawn"), {}, {}
    for name, (make, arguments) in programs.items():
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(make, arguments, theirs), daemon=True)
        process.start()
        answers[name] = ours.recv()
        running[name] = (process, ours)
    seconds = {name: [] for name in programs}
    for _ in range(TURNS):
        for name, (_, pipe) in running.items():
            pipe.send(True)
            seconds[name].append(pipe.recv())
    for process, pipe in running.values():
        pipe.send(False)
        process.join()
    return {name: statistics.median(values) for name, values in seconds.items()}, answers
