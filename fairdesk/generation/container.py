"""The job that runs an external trainer in a container, through the Docker SDK (podman serves the same interface)."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path
from typing import Any

from fairdesk.errors import JobFailed
from fairdesk.generation.params import ContainerParams
from fairdesk.generation.results import ContainerResult
from fairdesk.jobs.context import Context
from fairdesk.runs.training_logs import read_log
from fairdesk.words import tr

_LOOK = 2.0  # seconds between two looks at stats.jsonl


def _client() -> Any:
    import docker
    from docker.constants import DEFAULT_UNIX_SOCKET
    from docker.errors import DockerException

    client = None
    try:
        kind, _, path = (os.environ.get("DOCKER_HOST") or DEFAULT_UNIX_SOCKET).partition("://")
        if "unix" in kind and not os.path.exists(path):
            raise FileNotFoundError(path)  # the library would leave its own half of the line open
        client = docker.from_env()
        client.ping()
    except (DockerException, FileNotFoundError) as error:
        if client is not None:
            client.close()
        raise JobFailed(
            tr(
                "No container engine answers ({why}). Start Docker (or podman's service: systemctl --user start podman.socket, then set "
                "DOCKER_HOST to its socket) and try again.",
                why=_reason(error),
            )
        ) from error
    return client


def _reason(error: Exception) -> str:
    """Say what went wrong between here and the engine, without the names of libraries."""
    from docker.errors import APIError

    if isinstance(error, APIError) and error.explanation:
        said = error.explanation if isinstance(error.explanation, str) else str(error.explanation)
        return said.strip().splitlines()[0][:300].rstrip(".")
    cause: BaseException | None = error
    seen = str(error)
    while cause is not None:
        seen += f" {cause!r}"
        cause = cause.__cause__ or cause.__context__
    for word, told in (
        ("PermissionError", tr("its socket is not yours to use: join the group docker, or use podman")),
        ("FileNotFoundError", tr("its socket is not there")),
        ("refused", tr("nobody listens at its address")),
        ("timed out", tr("it did not answer in time")),
        ("Invalid bind address", tr("DOCKER_HOST is no address of an engine")),
    ):
        if word in seen:
            return told
    return tr("the connection failed")


def arguments(params: ContainerParams) -> dict[str, Any]:
    """Return what the container is made with: the folder at /scratch, HOME there, the person's own uid and gid, no network."""
    from docker.types import DeviceRequest

    environment = {"HOME": "/scratch"} | dict(one.split("=", 1) for one in params.env)
    out: dict[str, Any] = {
        "command": params.command or None, "shm_size": params.shm, "working_dir": "/scratch",
        "volumes": params.all_mounts(), "environment": environment,
    }  # fmt: skip
    if not params.network:
        out["network_mode"] = "none"
    if params.user is not None:
        out["user"] = params.user
    elif hasattr(os, "getuid"):
        out["user"] = f"{os.getuid()}:{os.getgid()}"
    if params.gpu == "all":
        out["device_requests"] = [DeviceRequest(count=-1, capabilities=[["gpu"]])]
    elif params.gpu != "none":
        out["device_requests"] = [DeviceRequest(device_ids=params.gpu.split(","), capabilities=[["gpu"]])]
    return out


class _Stats:
    """Passes on what a StyleGAN in the container writes to its newest stats.jsonl."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._started = folder, time.time()
        self._sent: dict[str, int] = {}
        self._next = 0.0
        self._told: Path | None = None

    def look(self, context: Context, *, now: bool = False) -> None:
        if not now and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _LOOK
        fresh = [p for p in self._folder.rglob("stats.jsonl") if p.stat().st_mtime >= self._started - 1]
        if not fresh:
            return
        newest = max(fresh, key=lambda p: p.stat().st_mtime)
        if newest != self._told:
            self._told = newest
            context.artifact(newest)
        curves = read_log(newest)
        for name, points in curves.series.items():
            for step, value in points[self._sent.get(name, 0) :]:
                context.scalar(name, int(step), value)
            self._sent[name] = len(points)


class _Output:
    """The lines of a container as they come; its two streams apart, since either may break off within a line."""

    def __init__(self, container: Any) -> None:
        self.open = 2
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._follow, args=(container, name), daemon=True) for name in ("stdout", "stderr")
        ]
        for thread in self._threads:
            thread.start()

    def _follow(self, container: Any, name: str) -> None:
        from docker.errors import DockerException

        rest = b""
        try:
            wanted = {"stdout": name == "stdout", "stderr": name == "stderr"}
            stream = container.logs(stream=True, follow=True, **wanted)
            for chunk in stream:
                *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
                for line in whole:
                    self._put(line)
            stream.close()
        except (DockerException, OSError) as error:  # also when a stopped container is removed; then nobody reads on
            self._put(rest)
            rest = tr("The container's {name} broke off: {why}", name=name, why=_reason(error)).encode()
        self._put(rest)
        self._lines.put(None)

    def _put(self, line: bytes) -> None:
        if line.strip():
            self._lines.put(line.decode("utf-8", errors="replace"))

    def line(self) -> str | None:
        """Return the next line, or None where none came for a moment or a stream ended."""
        try:
            line = self._lines.get(timeout=0.2)
        except queue.Empty:
            return None
        self.open -= line is None
        return line

    def close(self) -> None:
        """Wait for both streams to end; a removed container's do."""
        for thread in self._threads:
            thread.join(5)


def run_container(params: ContainerParams, context: Context) -> ContainerResult:
    """Job: run a container to its end; a stop stops it; it is removed whatever happens."""
    stats = _Stats(params.workdir)  # before anything that takes long: what is written from now on is the container's
    from docker.errors import DockerException, ImageNotFound

    client = _client()
    context.progress(0, 1, tr("container"))
    container = None
    try:
        container = client.containers.create(params.image, **arguments(params))
        container.start()
    except DockerException as error:
        if container is not None:
            container.remove(force=True)
        client.close()
        if isinstance(error, ImageNotFound) and container is None:
            raise JobFailed(
                tr("There is no container image {image}. Build or pull it first.", image=params.image)
            ) from error
        raise JobFailed(tr("The container could not be started: {error}", error=_reason(error))) from error
    output = _Output(container)
    count = 0
    try:
        while output.open:
            context.check()
            stats.look(context)
            line = output.line()
            if line is not None:
                count += 1
                context.message(line)
        code = int(container.wait()["StatusCode"])
        stats.look(context, now=True)
    finally:
        try:
            container.remove(force=True)
        except DockerException as error:
            context.message(
                tr(
                    "The container {container} is still there ({error}). Remove it by hand.",
                    container=container.name,
                    error=_reason(error),
                )
            )
        output.close()
        client.close()
    context.progress(1, 1, tr("container"))
    if code:
        raise JobFailed(
            tr(
                "The container {image} ended with exit code {code}; its last lines are above.",
                image=params.image,
                code=code,
            )
        )
    return ContainerResult(
        image=params.image,
        exit_code=code,
        lines=count,
        summary=tr("{image} ended with exit code 0", image=params.image),
    )
