"""Containers against a small server that speaks the engine's interface on loopback."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairdesk.errors import JobFailed, Stopped
from fairdesk.generation.container import run_container as run
from fairdesk.generation.params import ContainerParams
from fairdesk.jobs.context import QuietContext

pytestmark = pytest.mark.filterwarnings("ignore")


class Engine(BaseHTTPRequestHandler):
    """Answers as dockerd does (API 1.43) for one container."""

    protocol_version = "HTTP/1.1"

    def _answer(self, body, status=200):
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        pass

    def _route(self):
        server = self.server
        path = re.sub(r"^/v[\d.]+", "", self.path).split("?")[0]
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        server.calls.append((self.command, path, body))
        if path == "/version":
            self._answer({"ApiVersion": "1.43", "Version": "test"})
        elif path == "/_ping":
            self._answer("OK")
        elif path == "/containers/create":
            if body["Image"] == "missing":
                self._answer({"message": "No such image: missing"}, 404)
            else:
                self._answer({"Id": "c1", "Warnings": []}, 201)
        elif path.startswith("/images/"):
            self._answer({"message": "no such image"}, 404)
        elif path == "/containers/c1/json":
            self._answer(
                {
                    "Id": "c1",
                    "Config": {"Tty": True, "Image": "x"},
                    "State": {"Status": "running"},
                    "HostConfig": {"LogConfig": {"Type": "json-file"}},
                }
            )
        elif path == "/containers/c1/logs":
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in server.output if "stdout=1" in self.path or "stdout=True" in self.path else []:
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                self.wfile.flush()
            if server.hang is not None:
                server.hang.wait(10)
            self.wfile.write(b"0\r\n\r\n")
        elif path == "/containers/c1/wait":
            self._answer({"StatusCode": server.code})
        else:
            self._answer(None, 204)
            if self.command == "DELETE" and server.hang is not None:
                server.hang.set()

    do_GET = do_POST = do_DELETE = do_HEAD = _route  # noqa: N815


@pytest.fixture
def engine(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    server.calls, server.output, server.code, server.hang = [], [], 0, None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


def test_a_run_to_its_end(engine, tmp_path):
    engine.output = [b"tick 0\r\nti", b"ck 1\n"]
    (tmp_path / "out").mkdir()
    rows = [{"Loss/G/loss": {"mean": 1.0 - k}, "Progress/kimg": {"mean": k}} for k in range(2)]
    (tmp_path / "out" / "stats.jsonl").write_text("\n".join(map(json.dumps, rows)))
    context = QuietContext()
    more = {"mount": [f"{tmp_path / 'out'}:/out:ro"], "env": ["KEY=a=b"], "user": "7:8"}
    params = ContainerParams(image="sg2ada", command=["python", "train.py"], workdir=tmp_path, gpu="0,1", **more)
    result = run(params, context)
    assert context.messages == ["tick 0", "tick 1"] and result.exit_code == 0
    assert context.artifacts == [tmp_path / "out" / "stats.jsonl"]
    assert context.scalars == [("Loss/G/loss", 0, 1.0), ("Loss/G/loss", 1, 0.0)]
    created = next(body for method, path, body in engine.calls if path == "/containers/create")
    assert created["Cmd"] == ["python", "train.py"] and created["WorkingDir"] == "/scratch"
    assert {"HOME=/scratch", "KEY=a=b"} <= set(created["Env"]) and created["User"] == "7:8"
    host = created["HostConfig"]
    assert host["ShmSize"] == 2 * 1024**3 and host["Binds"] == [
        f"{tmp_path}:/scratch:rw",
        f"{tmp_path / 'out'}:/out:ro",
    ]
    assert host["NetworkMode"] == "none"  # the faces it sees cannot leave
    assert host["DeviceRequests"][0]["DeviceIDs"] == ["0", "1"]
    assert ("DELETE", "/containers/c1", None) in engine.calls  # nothing is left behind


def test_a_failure_tells_the_exit_code_and_removes_it(engine, tmp_path):
    engine.code = 137
    with pytest.raises(JobFailed, match="exit code 137"):
        run(ContainerParams(image="x", workdir=tmp_path, gpu="none"), QuietContext())
    assert ("DELETE", "/containers/c1", None) in engine.calls


def test_a_stop_removes_it(engine, tmp_path):
    engine.output, engine.hang = [b"begun\n"], threading.Event()
    with pytest.raises(Stopped):
        run(ContainerParams(image="x", workdir=tmp_path, gpu="all"), QuietContext(stop_after=3))
    assert ("DELETE", "/containers/c1", None) in engine.calls


def test_no_image_and_no_engine(engine, tmp_path, monkeypatch):
    with pytest.raises(JobFailed, match=r"no container image missing|could not be started"):
        run(ContainerParams(image="missing", workdir=tmp_path), QuietContext())
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(JobFailed, match="No container engine answers"):
        run(ContainerParams(image="x", workdir=tmp_path), QuietContext())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"mount": ["/nowhere:/a"]}, "no folder /nowhere"),
        ({"mount": ["/"]}, "FOLDER:PLACE"),
        ({"mount": ["/:a"]}, "FOLDER:PLACE"),
        ({"env": ["KEY"]}, "NAME=VALUE"),
        ({"env": ["=1"]}, "NAME=VALUE"),
    ],
)
def test_wrong_mounts_and_variables(wrong, why):
    with pytest.raises(ValueError, match=why):
        ContainerParams(**wrong)
