"""Weights are fetched only with consent; broken downloads go on, damaged ones are thrown away."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairdesk.errors import JobFailed, MissingWeights, Stopped
from fairdesk.faces.downloads import about, fetch
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext

DATA = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture
def server():
    """A server on this machine; `plan` says what it does wrong."""
    plan = {"cut": None, "publish": None, "data": DATA, "ranges": True, "asked": [], "chunked": False}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.send_response(302)
            if plan["publish"]:
                self.send_header("X-Linked-ETag", f'"{plan["publish"]}"')
                self.send_header("X-Linked-Size", str(len(DATA)))
            self.end_headers()

        def do_GET(self):
            if self.path == "/gone":
                self.send_error(404)
                return
            asked = self.headers.get("Range")
            plan["asked"].append(asked)
            start = int(asked.split("=")[1].rstrip("-")) if asked and plan["ranges"] else 0
            self.send_response(206 if start else 200)
            body = plan["data"][start:]
            if plan["chunked"]:  # how much comes is not said
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for at in range(0, len(body[: plan["cut"]]), 1 << 19):
                    piece = body[at : at + (1 << 19)]
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                if plan["cut"] is None:
                    self.wfile.write(b"0\r\n\r\n")
                return
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: plan["cut"]])

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/weights.onnx", plan
    http.shutdown()
    http.server_close()


def test_whole_with_a_published_checksum(server, tmp_path):
    url, plan = server
    plan["publish"] = hashlib.sha256(DATA).hexdigest()
    context = QuietContext()
    assert fetch([url], tmp_path / "w" / "weights.onnx", context) == plan["publish"]
    assert (tmp_path / "w" / "weights.onnx").read_bytes() == DATA
    assert context.done == context.total == 5
    assert "published one" in context.messages[-1]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on(server, tmp_path, ranges):
    url, plan = server
    plan |= {"cut": 2_000_000, "ranges": ranges}
    with pytest.raises(JobFailed, match=r"broke after 2 of 5 MB\. 2 MB are kept and the next try resumes"):
        fetch([url], tmp_path / "weights.onnx")
    assert not (tmp_path / "weights.onnx").exists()
    plan["cut"] = None
    context = QuietContext()
    fetch([url], tmp_path / "weights.onnx", context)
    assert (tmp_path / "weights.onnx").read_bytes() == DATA
    assert plan["asked"] == [None, "bytes=1835008-"]
    assert "no checksum" in context.messages[-1]


def test_a_broken_download_of_unknown_size_is_not_taken_for_whole(server, tmp_path):
    url, plan = server
    plan |= {"cut": 2_000_000, "chunked": True}
    with pytest.raises(JobFailed, match=r"the connection broke after 2 MB"):
        fetch([url], tmp_path / "weights.onnx")
    assert not (tmp_path / "weights.onnx").exists()
    plan["cut"] = None
    fetch([url], tmp_path / "weights.onnx")
    assert (tmp_path / "weights.onnx").read_bytes() == DATA


def test_stopping_keeps_what_came(server, tmp_path):
    url, _ = server
    with pytest.raises(Stopped):
        fetch([url], tmp_path / "weights.onnx", QuietContext(stop_after=2))
    assert (tmp_path / "weights.onnx.part").stat().st_size >= 1 << 18
    fetch([url], tmp_path / "weights.onnx")
    assert (tmp_path / "weights.onnx").read_bytes() == DATA


def test_damaged_is_thrown_away_and_the_next_address_is_tried(server, tmp_path):
    url, plan = server
    plan["publish"] = "0" * 64
    with pytest.raises(JobFailed, match="came damaged"):
        fetch([url], tmp_path / "weights.onnx")
    assert list(tmp_path.iterdir()) == []
    plan["publish"] = None
    fetch([url.replace("weights.onnx", "gone"), url], tmp_path / "weights.onnx")
    with pytest.raises(JobFailed, match="404"):
        fetch([url.replace("weights.onnx", "gone")], tmp_path / "other.onnx")


def test_nothing_is_fetched_without_consent(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("requests.sessions.Session.request", refuse)
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "deepface"))
    for encoder, file in (
        ("resnet50", "resnet50-0676ba61.pth"),
        ("deepface:SFace", "face_recognition_sface_2021dec.onnx"),
    ):
        with pytest.raises(MissingWeights) as caught:
            make_encoder(EncodeParams(encoder=encoder), "cpu")
        assert caught.value.details["file"] == file
        assert all(
            word in str(caught.value) for word in (file, "about", "licence", "https://", "--download", "--weights")
        )


def test_truncated_weights_say_so(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "deepface"))
    (tmp_path / "arcface_weights.onnx").write_bytes(b"\x08\x07not a graph")
    with pytest.raises(JobFailed, match="ArcFace cannot be loaded: its weights are damaged"):
        make_encoder(EncodeParams(encoder="deepface:ArcFace", weights=tmp_path), "cpu")


def test_licences_are_named():
    assert about("facenet512_weights.onnx") == ("MIT (github.com/davidsandberg/facenet)", 95)
    assert about("unheard_of.onnx") == ("see the model's authors", None)
