"""Which jobs may start beside which."""

import pytest

from fairdesk.gui.jobs.scheduling import Machine, places, plan
from fairdesk.gui.jobs.state import JobState
from fairdesk.jobs.kinds import Lane
from fairdesk.jobs.lanes import lane_of, wanted_gpus
from fairdesk.jobs.messages import JobSpec
from fairdesk.jobs.registry import job_kinds


@pytest.fixture
def job(tmp_path):
    def make(number, kind, **params):
        spec = JobSpec(kind, params, None, "auto", job_kinds()[kind].title)
        return JobState(number, tmp_path / number, spec)

    return make


def train(job, tmp_path, number, **more):
    (tmp_path / "faces").mkdir(exist_ok=True)
    return job(number, "train-gan", data=str(tmp_path / "faces"), out=str(tmp_path / number), **more)


def started(found):
    return [(one.id, sorted(taken)) for one, taken in found.start]


def test_each_kind_has_its_lane():
    assert lane_of(job_kinds()["inspect"], {}) is Lane.PREVIEW
    assert lane_of(job_kinds()["pairs"], {}) is Lane.LIGHT and lane_of(job_kinds()["detect"], {}) is Lane.HEAVY
    assert lane_of(job_kinds()["divide"], {"dry_run": True}) is Lane.PREVIEW
    assert lane_of(job_kinds()["label"], {"csv": "x"}) is Lane.LIGHT
    assert lane_of(job_kinds()["label"], {"backend": "deepface"}) is Lane.HEAVY
    assert {kind.name for kind in job_kinds().values() if kind.gpu and kind.lane is not Lane.GPU} == {"score"}


def test_heavy_jobs_queue_and_light_ones_pass(job, tmp_path):
    one, two = job("a", "detect"), job("b", "import", folder="x")
    light = job("c", "pairs")
    found = plan([one, two, light], [], Machine())
    assert started(found) == [("a", ["heavy"]), ("c", ["light"])]
    assert [other.id for other in found.behind["b"]] == ["a"]


def test_so_many_light_ones_at_once(job):
    waiting = [job(str(number), "pairs") for number in range(4)]
    found = plan(waiting, [], Machine())
    assert [one.id for one, _ in found.start] == ["0", "1"]
    assert set(found.behind) == {"2", "3"}
    assert [one.id for one, _ in plan([job("p", "inspect")], found.start, Machine()).start] == ["p"]


def test_on_the_processor_a_training_is_a_heavy_job(job, tmp_path):
    machine = Machine()
    assert places(train(job, tmp_path, "a", device="cpu").spec, machine) == [{"heavy"}]
    assert places(job("b", "encode", encoder="dlib-reference").spec, machine) == [{"heavy"}]  # dlib itself knows no GPU
    assert places(job("c", "encode").spec, machine) != [{"heavy"}]
    assert places(train(job, tmp_path, "c").spec, machine) == [{"heavy", "cuda:0"}]  # not known yet
    machine.learn("auto", "cpu", 1)
    assert places(train(job, tmp_path, "d").spec, machine) == [{"heavy"}]


def test_one_training_on_each_gpu_and_a_heavy_job_beside(job, tmp_path):
    machine = Machine()
    machine.learn("auto", "cuda", 2)
    waiting = [train(job, tmp_path, name) for name in "abc"] + [job("h", "detect")]
    found = plan(waiting, [], machine)
    assert started(found) == [("a", ["cuda:0"]), ("b", ["cuda:1"]), ("h", ["heavy"])]
    assert found.behind["c"][0].id == "a"


def test_who_wants_all_gpus_is_not_passed_for_ever(job, tmp_path):
    machine = Machine("cuda", 2)
    running = [(train(job, tmp_path, "a"), frozenset({"cuda:0"}))]
    both, small = train(job, tmp_path, "b", devices=2, batch_size=64), train(job, tmp_path, "c")
    found = plan([both, small], running, machine)
    assert not found.start
    assert [one.id for one in found.behind["b"]] == ["a"] and "b" in [one.id for one in found.behind["c"]]


def test_a_container_takes_the_gpus_it_is_given(job, tmp_path):
    params = {"image": "x", "command": [], "workdir": str(tmp_path)}
    machine = Machine("cuda", 2)
    assert places(job("a", "container", gpu="none", **params).spec, machine) == [{"heavy"}]
    assert places(job("b", "container", gpu="all", **params).spec, machine) == [{"cuda:0", "cuda:1"}]
    assert wanted_gpus(job_kinds()["container"].params(gpu="0,1", **params)) == 2


def test_wrong_parameters_and_unknown_kinds_start_to_fail(job, tmp_path):
    wrong = JobState("w", tmp_path, JobSpec("train", {"family": "nothing"}))
    unknown = JobState("u", tmp_path, JobSpec("nothing", {}))
    assert len(plan([wrong, unknown], [], Machine()).start) == 2


def test_what_a_forged_folder_says_of_gpus_is_bounded():
    machine = Machine()
    machine.learn("auto", "cuda", 10**9)
    assert machine.gpus <= 64
