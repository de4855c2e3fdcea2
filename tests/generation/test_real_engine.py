"""Containers run by podman, a real engine behind the same interface, with an image made of busybox alone."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from fairdesk.errors import JobFailed, Stopped
from fairdesk.generation.container import run_container as run
from fairdesk.generation.params import ContainerParams
from fairdesk.jobs.context import QuietContext

pytestmark = pytest.mark.filterwarnings("ignore")
IMAGE = "localhost/fairdesk-test:1"
CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def root_file_system():
    """A tar of /bin with busybox and some of its commands."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(shutil.which("busybox"), "bin/busybox")
        for name in ("sh", "echo", "sleep", "cat", "id", "df", "env", "ls", "true"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return packed.getvalue()


@pytest.fixture
def podman(tmp_path_factory):
    """podman with storage of its own, and its service; skipped where none can run."""
    for name in ("podman", "runc", "busybox"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    home = tmp_path_factory.mktemp("podman")
    (home / "containers.conf").write_text(CONF)
    environment = os.environ | {"CONTAINERS_CONF": str(home / "containers.conf")}
    start = ["podman", "--root", str(home / "root"), "--runroot", str(home / "run"), "--storage-driver", "vfs"]

    def call(*words, **more):
        return subprocess.run([*start, *words], env=environment, capture_output=True, timeout=60, check=False, **more)

    made = call("import", "-", IMAGE, input=root_file_system())
    tried = call("run", "--rm", "--network=none", IMAGE, "/bin/true")
    if made.returncode or tried.returncode:
        pytest.skip(f"podman runs nothing here: {(made.stderr + tried.stderr).decode(errors='replace')[-300:]}")
    socket = home / "socket"
    service = subprocess.Popen([*start, "system", "service", "--time=0", f"unix://{socket}"], env=environment)
    for _ in range(100):
        if socket.exists():
            break
        time.sleep(0.1)
    if not socket.exists():
        service.kill()
        service.wait()
        pytest.skip("podman's service does not start here")
    yield call, socket
    service.terminate()
    service.wait(10)
    call("system", "reset", "--force")


SCRIPT = """
echo "user $(id -u)"; echo "home $HOME, key $KEY"; df /dev/shm | cat; ls /sys/class/net
cat /data/in.txt
echo gone > /data/out.txt || echo "read-only"
for k in 0 1 2 3 4; do
  echo '{"Loss/G/loss": {"mean": '$k'}, "Progress/kimg": {"mean": '$k'}}' >> stats.jsonl
  echo "tick $k"
  sleep 1
done
"""


def a_trainer_with_everything(tmp_path):
    work, data = tmp_path / "work folder", tmp_path / "data"
    work.mkdir()
    data.mkdir()
    (data / "in.txt").write_text("the faces\n")
    for folder in (work, data):
        folder.chmod(0o777)
    seen = []

    class Watching(QuietContext):
        def scalar(self, name, step, value):
            seen.append((step, self.messages[-1:]))
            super().scalar(name, step, value)

    context = Watching()
    params = ContainerParams(image=IMAGE, command=["/bin/sh", "-c", SCRIPT], workdir=work, gpu="none", shm="64m", mount=[f"{data}:/data:ro"],
                             env=["KEY=a b"], user="1234:1234")  # fmt: skip
    result = run(params, context)
    told = context.messages
    assert result.exit_code == 0 and result.lines == len(told)
    assert "user 1234" in told and "home /scratch, key a b" in told and "the faces" in told and "read-only" in told
    assert any("65536" in line and "/dev/shm" in line for line in told)  # 1,024-byte blocks
    assert "lo" in told and not any(line.startswith("eth") for line in told)
    assert context.scalars == [("Loss/G/loss", k, float(k)) for k in range(5)]
    assert seen[0][1] != ["tick 4"]  # while it ran
    assert json.loads((work / "stats.jsonl").read_text().splitlines()[0])["Loss/G/loss"] == {"mean": 0}


def exit_code_and_no_image(tmp_path):
    with pytest.raises(JobFailed, match="exit code 7"):
        run(
            ContainerParams(image=IMAGE, command=["/bin/sh", "-c", "exit 7"], workdir=tmp_path, gpu="none"),
            QuietContext(),
        )
    with pytest.raises(JobFailed, match="no container image localhost/nothing:1"):
        run(ContainerParams(image="localhost/nothing:1", workdir=tmp_path, gpu="none"), QuietContext())
    with pytest.raises(JobFailed, match=r"could not be started.*no-such-program"):
        run(
            ContainerParams(image=IMAGE, command=["/bin/no-such-program"], workdir=tmp_path, gpu="none"), QuietContext()
        )


def a_stop(tmp_path):
    params = ContainerParams(
        image=IMAGE, command=["/bin/sh", "-c", "echo begun; sleep 6000"], workdir=Path(tmp_path), gpu="none"
    )
    with pytest.raises(Stopped):
        run(params, QuietContext(stop_after=8))
    # had the stop not ended it, this would have lasted longer than a test run may


def test_a_real_engine(podman, monkeypatch, tmp_path):
    """One test: podman's processes share locks, so that two workers of pytest must not each have one."""
    call, socket = podman
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    for part in (a_trainer_with_everything, exit_code_and_no_image, a_stop):
        home = tmp_path / part.__name__
        home.mkdir()
        part(home)
        assert call("ps", "--all", "--quiet").stdout.decode().split() == [], part.__name__  # nothing is left behind
