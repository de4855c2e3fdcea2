"""Which Ray cluster is meant, whether it answers, and what is said where it does not. Only ports of this machine are asked."""

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.detection import find_faces
from fairdesk.faces.params import DetectParams
from fairdesk.jobs import ray_connection
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.ray_connection import Wanted, silence, wanted_cluster
from fairdesk.project import Project

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")
SETTINGS = bytes.fromhex("00000c040000000000000300000064000400010000")  # as RFC 9113, 6.5 lays it out


@pytest.fixture(autouse=True)
def _no_cluster(tmp_path, monkeypatch):
    """No cluster of this machine is found, and none is named."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "ray"))
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)


def begun_here(tmp_path, address):
    (tmp_path / "ray" / "ray").mkdir(parents=True)
    (tmp_path / "ray" / "ray" / "ray_current_cluster").write_text(address)


@contextlib.contextmanager
def answering(answer):
    """A program on this machine that accepts connections, and sends something, or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held, over = [], threading.Event()
        server.settimeout(0.05)

        def serve():
            while not over.is_set():
                with contextlib.suppress(OSError):  # nobody came meanwhile, or went away
                    held.append(server.accept()[0])
                    held[-1].sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            serving.join()
            for one in held:
                one.close()


def closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_what_the_variable_may_say(tmp_path, monkeypatch):
    assert wanted_cluster() == Wanted(None)
    for value in ("10.1.2.3:6379", "head.example:6379", "[::1]:6379", "localhost:1"):
        monkeypatch.setenv("RAY_ADDRESS", f" {value} ")
        assert wanted_cluster() == Wanted(value)
    monkeypatch.setenv("RAY_ADDRESS", "local")
    assert wanted_cluster() == Wanted(None)
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    with pytest.raises(JobFailed, match=r"no Ray cluster was begun on this machine\. Begin one with: ray start --head"):
        wanted_cluster()
    begun_here(tmp_path, "192.168.0.7:6379")
    assert wanted_cluster() == Wanted("192.168.0.7:6379")
    monkeypatch.delenv("RAY_ADDRESS")
    assert wanted_cluster() == Wanted("192.168.0.7:6379", found=True)
    monkeypatch.setenv("RAY_ADDRESS", "local")
    assert wanted_cluster() == Wanted(None)


@pytest.mark.parametrize(
    "value", ["garbage", "host:", ":6379", "1.2.3.4", "h:0", "h:65536", "http://h:6379", "a b:3", "h:6379/x", "u@h:1", "AUTO", "::1:5"]
)  # fmt: skip
def test_what_is_no_address_is_refused_by_the_variables_name(monkeypatch, value):
    monkeypatch.setenv("RAY_ADDRESS", value)
    with pytest.raises(
        RequestError, match=f"^RAY_ADDRESS={re.escape(value)} is no address .* HOST:PORT .* auto .* local"
    ):
        wanted_cluster()


def test_an_address_for_rays_client_is_refused_with_what_works(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(RequestError, match="ray start --address=HOST:PORT"):
        wanted_cluster()


def test_who_answers():
    assert silence(closed(), 5) == "Connection refused"
    with answering(b"") as address:
        begin = time.monotonic()
        assert silence(address, 0.5) == "nothing came back within 0.5 seconds" and time.monotonic() - begin < 2
    for other in (
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"-NOAUTH Authentication required.\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ):
        with answering(other) as address:
            assert silence(address, 5) == "what answers there is no Ray cluster"
    with answering(SETTINGS) as address:
        assert silence(address, 5) is None


def project_of(tmp_path, drawn):
    made = Project.create(tmp_path / "p.fairdesk")
    import_images(ImportParams(folder=drawn), QuietContext(made))
    return made


@needs_ray
@pytest.mark.parametrize("kind", ["closed", "silent", "another"])
def test_no_cluster_is_one_line_soon(tmp_path, drawn, monkeypatch, kind):
    monkeypatch.setattr(ray_connection, "_PATIENCE", 1.0)
    monkeypatch.setattr(silence, "__defaults__", (1.0,))
    project = project_of(tmp_path, drawn)
    other = {
        "closed": contextlib.nullcontext(closed()),
        "silent": answering(b""),
        "another": answering(b"SSH-2.0-x\r\n"),
    }
    with other[kind] as address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        begin, context = time.monotonic(), QuietContext(project)
        with pytest.raises(JobFailed) as failed:
            find_faces(DetectParams(engine="ray"), context)
    port = address.partition(":")[2]
    assert time.monotonic() - begin < 10
    assert str(failed.value).startswith(f"No Ray cluster answers at RAY_ADDRESS={address}: ")
    begin_one = f"ray start --head --port={port}"  # but not at a port that another program has
    assert (begin_one in str(failed.value)) == (kind != "another") and "\n" not in str(failed.value)
    assert ("another program has this port" in str(failed.value)) == (kind == "another")
    assert project.db.value("SELECT count(*) FROM detection") == 0
    project.close()


@needs_ray
@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ValueError("odd"), "Ray could not connect to the cluster at {a}: odd. This machine has to be one of"),
        (RuntimeError("first\n\nVersion mismatch: 2.40. See"), "at {a}: Version mismatch: 2.40. This machine"),
        (KeyError("x"), "Ray could not connect to the cluster at {a}: 'x'."),
        (
            ConnectionError("InvalidAuthToken: none"),
            "The Ray cluster at {a} wants a token: InvalidAuthToken: none. Copy",
        ),
    ],
)
def test_whatever_ray_raises_is_told(tmp_path, drawn, monkeypatch, raised, told):
    import ray

    def init(**_):
        os.write(2, b"a line of a library\n")
        raise raised

    monkeypatch.setattr(ray, "init", init)
    project = project_of(tmp_path, drawn)
    with answering(SETTINGS) as address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(JobFailed) as failed:
            find_faces(DetectParams(engine="ray"), QuietContext(project))
    text = str(failed.value)
    assert told.format(a=address) in text
    log = text.rpartition("What Ray said is in ")[2].rstrip(".")
    assert Path(log).read_text() == "a line of a library\n"
    project.close()


@needs_ray
def test_one_that_cannot_start_here_is_told(tmp_path, drawn, monkeypatch):
    import ray

    given = {}

    def init(**options):
        given.update(options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ray, "init", init)
    begun_here(tmp_path, closed())  # and is gone since
    project = project_of(tmp_path, drawn)
    context = QuietContext(project)
    with pytest.raises(JobFailed, match=r"Ray could not start on this machine: .*No space left.*--engine local"):
        find_faces(DetectParams(engine="ray"), context)
    assert given["address"] == "local"
    assert "does not answer any more (Connection refused)" in context.messages[-2]
    assert "RAY_ADDRESS=HOST:PORT" in context.messages[-1]
    project.close()


@needs_ray
@pytest.mark.parametrize("token", [False, True])
def test_one_that_refuses_work_is_told_with_the_token_that_was_shown(project, tmp_path, monkeypatch, token):
    """Ray Data puts an exception without a text behind the one that says why; a token that nobody asked for may be the reason."""
    import ray
    from ray.data.exceptions import SystemException

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(ray, "init", lambda **_: None)
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 1.0})
    monkeypatch.setenv("RAY_AUTH_MODE", "gone after the test")
    monkeypatch.delenv("RAY_AUTH_MODE")
    if token:
        (tmp_path / ".ray").mkdir()
        (tmp_path / ".ray" / "auth_token").write_text("a" * 64)
    with answering(SETTINGS) as address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(JobFailed) as told, ray_connection.connected(QuietContext(project)):
            raise ray.exceptions.RayError("pages of calls\nThe actor never ran.") from SystemException()
    text = str(told.value)
    assert text.startswith(
        "The Ray cluster could not go on: The actor never ran. What was finished is kept; run it again."
    )
    assert ("begun without tokens: set RAY_AUTH_MODE=disabled" in text) == token and "\n" not in text


@needs_ray
def test_a_cluster_begun_by_hand(tmp_path, drawn):
    """Named by RAY_ADDRESS and found: the terminal has our own lines alone, and the token that Ray made is used."""
    port = closed().partition(":")[2]
    short = tempfile.TemporaryDirectory(
        prefix="ray", ignore_cleanup_errors=True
    )  # a socket's path has 107 letters at most
    own = Path(short.name)
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | {
        "HOME": str(own), "RAY_TMPDIR": str(own), "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_USAGE_STATS_ENABLED": "0",
    }  # fmt: skip
    start = [
        sys.executable,
        "-m",
        "ray.scripts.scripts",
        "start",
        "--head",
        "--block",
        f"--port={port}",
        "--num-cpus=1",
    ]
    head = subprocess.Popen(
        [*start, "--include-dashboard=false", "--object-store-memory=100000000"],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        known = own / "ray" / "ray_current_cluster"
        while not known.exists() or silence(f"127.0.0.1:{port}", 2) is not None:
            assert time.monotonic() < end and head.poll() is None
            time.sleep(0.2)
        for detector, more in (("hog", {"RAY_ADDRESS": f"127.0.0.1:{port}"}), ("whole", {})):
            project = project_of(tmp_path / detector, drawn)
            project.close()
            verb = [
                sys.executable,
                "-m",
                "fairdesk",
                "detect",
                str(project.folder),
                "--engine",
                "ray",
                "--detector",
                detector,
            ]
            done = subprocess.run(verb, env=env | more, capture_output=True, text=True, timeout=120)
            said = [line for line in done.stderr.splitlines() if not re.search("of 24 images|s so far", line)]
            assert done.returncode == 0, done.stderr
            which = (
                f"at 127.0.0.1:{port}: 1 core." if more else rf"that was begun on this machine, [\d.]+:{port}: 1 core."
            )
            assert len(said) == 1 and re.fullmatch(f"Working on the Ray cluster {which}", said[0]), done.stderr
            assert "24" in done.stdout
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)
        head.wait(30)
        short.cleanup()


def test_a_stream_that_was_taken_meanwhile_can_be_written_to_later():
    """A progress bar that begins beside Ray puts its stream back when Ray is done: nothing of Python's own is on the terminal at the end."""
    code = (
        "import sys\nfrom fairdesk.jobs.ray_connection import _lines_kept\n"
        "with _lines_kept():\n    taken = sys.stderr\n"
        "sys.stderr = taken\nprint('after', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "after\n")


@needs_ray
def test_lines_of_other_processes_go_where_rays_own_do(monkeypatch, capsys):
    from ray._private import worker

    monkeypatch.setattr(worker, "print_to_stdstream", worker.print_to_stdstream)  # put back afterwards
    away = io.StringIO()
    ray_connection._move_lines(away)
    worker.print_to_stdstream(
        {"is_err": True, "pid": "raylet", "ip": "1", "lines": ["it died", "so"]}, ignore_prefix=False
    )
    assert away.getvalue() == "it died\nso\n" and capsys.readouterr() == ("", "")


@needs_ray
def test_a_cluster_that_is_half_started_is_told_in_time_and_that_it_is_waited_for(tmp_path, drawn, monkeypatch):
    """It answers as a head does, and takes nobody in; without a limit Ray tries for two minutes."""
    import ray

    class Told(QuietContext):
        def progress(self, done, total, unit=""):
            self.messages.append(unit)

    go_on = threading.Event()
    monkeypatch.setattr(ray, "init", lambda **_: go_on.wait(60))
    monkeypatch.setattr(ray_connection, "_TAKEN_IN", 1.0)
    project = project_of(tmp_path, drawn)
    context = Told(project)
    with answering(SETTINGS) as address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        ray_connection._ray()
        begin = time.monotonic()
        with pytest.raises(JobFailed, match=f"{address} answers, but did not take this program in within 1 seconds"):
            find_faces(DetectParams(engine="ray"), context)
    assert time.monotonic() - begin < 20
    assert f"connecting to the Ray cluster at {address}" in context.messages
    go_on.set()
    project.close()
