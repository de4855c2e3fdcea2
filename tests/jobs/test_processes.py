"""Cores, priorities and ends of processes, the same on every system."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from fairdesk.jobs.kinds import Lane
from fairdesk.jobs.pool import processes
from fairdesk.jobs.processes import CORES, LANE, PARENT, cores, end, environment_of, memory_of, set_free


def python(code, **more):
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, **more)


def test_a_light_job_gets_a_share_of_the_cores(monkeypatch):
    monkeypatch.setattr("fairdesk.jobs.processes.cores", lambda: 16)
    monkeypatch.setattr("fairdesk.jobs.pool.cores", lambda: 16)
    monkeypatch.delenv(CORES, raising=False)
    light, heavy = environment_of(Lane.LIGHT), environment_of(Lane.HEAVY)
    assert light[CORES] == light["OMP_NUM_THREADS"] == "4" and CORES not in heavy
    assert processes() == 8
    monkeypatch.setenv(CORES, light[CORES])
    assert processes() == 4
    assert environment_of(Lane.PREVIEW)[CORES] == "4"
    assert cores() >= 1


def test_heavy_jobs_stand_behind_light_ones():
    told = {}
    for lane in (Lane.LIGHT, Lane.HEAVY):
        code = "from fairdesk.jobs.processes import lower_priority as f; import psutil; f(); print(psutil.Process().nice())"
        process = python(code, env={**os.environ, LANE: lane.value})
        told[lane] = int(process.communicate(timeout=30)[0])
    before = int(psutil.Process().nice())
    assert before <= told[Lane.LIGHT] < told[Lane.HEAVY] or before > 0


def test_a_kill_takes_the_children_along():
    code = "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print(c.pid, flush=True); time.sleep(600)"
    parent = python(code, **set_free())
    child = psutil.Process(int(parent.stdout.readline()))
    assert memory_of(psutil.Process(parent.pid)) > memory_of(child) > 0
    end(psutil.Process(parent.pid), kill=True)
    parent.wait(10)
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], 10)
    assert not alive


def test_a_process_ends_with_another():
    other = python("import time; time.sleep(600)")
    code = f"import os, time; from fairdesk.jobs.processes import end_with; end_with(int(os.environ['{PARENT}'])); print('watches', flush=True); time.sleep(600)"
    watcher = python(code, env={**os.environ, PARENT: str(other.pid)})
    assert watcher.stdout.readline().strip() == "watches"
    time.sleep(1.2)
    assert watcher.poll() is None
    other.kill()  # not waited for: a dead process that nobody has waited for counts as gone
    assert watcher.wait(15) == 1
    other.wait()
    other.stdout.close()
    watcher.stdout.close()


def ready():
    """The initializer of a pool that works for ever."""


def sleep(batch):
    time.sleep(600)


def test_helpers_at_work_end_with_a_killed_job():
    """Also in the middle of a batch, when nothing tells them that nobody waits for it."""
    code = (
        "from fairdesk.jobs.context import QuietContext; from fairdesk.jobs.pool import map_batches\n"
        "from tests.jobs.test_processes import ready, sleep\n"
        "print('begins', flush=True); list(map_batches(sleep, list(range(100)), 5, QuietContext(), ready))"
    )
    job = python(code, cwd=Path(__file__).resolve().parents[2])
    assert job.stdout.readline().strip() == "begins"
    end_at = time.monotonic() + 30
    busy = []
    while len(busy) < min(2, cores()) and time.monotonic() < end_at:
        time.sleep(0.2)
        helpers = psutil.Process(job.pid).children(recursive=True)
        busy = [p for p in helpers if p.num_threads() > 1]  # the one that watches has begun
    time.sleep(1.0)
    assert busy
    job.kill()
    job.wait(10)
    job.stdout.close()
    _, alive = psutil.wait_procs(busy, 10)
    for one in alive:
        one.kill()
    assert not alive


def seen(batch):
    """What a helper finds: a variable, what is in memory already, and who its parent is."""
    return os.environ.get("SAID"), "fairdesk.faces.ready_to_align" in sys.modules, "torch" in sys.modules


def test_helpers_have_the_environment_of_now_and_what_was_made_ready():
    code = """if True:
        import os, sys, threading
        os.environ["SAID"] = "before"
        from fairdesk.jobs.context import QuietContext
        from fairdesk.jobs.helper_server import make_ready
        from fairdesk.jobs.pool import map_batches
        from tests.jobs.test_processes import ready, seen
        make_ready("fairdesk.faces.ready_to_align")
        import torch
        wait = threading.Event()
        threading.Thread(target=wait.wait).start()
        for said in ("first", "second", None):
            os.environ.pop("SAID", None)
            os.environ |= {"SAID": said} if said else {}
            print({found for _, found in map_batches(seen, list(range(60)), 5, QuietContext(), ready)})
        wait.set()
    """
    job = python(code, cwd=Path(__file__).resolve().parents[2])
    told = job.communicate(timeout=120)[0].splitlines()
    has = sys.platform == "linux"
    assert told == [str({(said, has, False)}) for said in ("first", "second", None)]
