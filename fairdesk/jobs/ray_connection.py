"""The Ray cluster to work on: which one it is, whether it answers, and a connection that says in plain words why there is none."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from fairdesk.errors import JobFailed, RequestError, Stopped, reason
from fairdesk.jobs.last_words import last_words
from fairdesk.jobs.ray_nodes import Machines, NoMachineError
from fairdesk.jobs.ray_start import Held, NotBegunError
from fairdesk.logfile import log_folder
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.jobs.context import Context

NAME = "RAY_ADDRESS"
_TOKEN = "RAY_AUTH_MODE"
_TAKEN_IN = 40.0  # seconds in which a cluster that answers has to take this program in; it takes three to ten
_PATIENCE = 10.0  # seconds in which a cluster has to answer
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(?P<port>[0-9]{1,5})")
_HELLO = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
)  # RFC 9113, 3.4: preface and empty SETTINGS
_FRAME, _SETTINGS = 9, 4  # bytes of a frame's head, and the kind of the first one that a server sends
_OTHER_PROGRAM = mark("what answers there is no Ray cluster")
_LARGEST = 1_000_000  # bytes of the file of Ray's lines


@dataclass(frozen=True)
class Wanted:
    """A cluster to connect to (`address`), or None: one is started on this machine; `found`: nobody named it."""

    address: str | None
    found: bool = False


def wanted_cluster() -> Wanted:
    """Return the cluster that RAY_ADDRESS names, else one that `ray start` began on this machine, else none.

    Raises
    ------
    RequestError
        If RAY_ADDRESS is none of HOST:PORT, auto and local.
    JobFailed
        If it is auto and no cluster was begun here.
    """
    text = os.environ.get(NAME, "").strip()
    if text == "local":
        return Wanted(None)
    if text in ("", "auto"):
        here = _begun_here()
        if here is None and text:
            raise JobFailed(
                tr(
                    "{name}=auto, and no Ray cluster was begun on this machine. Begin one with: ray start --head. Or unset {name}.",
                    name=NAME,
                )
            )
        return Wanted(here, found=here is not None and not text)
    if text.startswith("ray://"):
        raise RequestError(
            tr(
                "{name}={value} is an address for Ray's client, which cannot carry this work. Let this machine join the cluster "
                "(ray start --address=HOST:PORT) and set {name}=HOST:PORT, as ray start --head has said it.",
                name=NAME,
                value=text,
            )
        )
    parts = _HOST_PORT.fullmatch(text)
    if parts is None or not 0 < int(parts["port"]) < 65536:
        raise RequestError(
            tr(
                "{name}={value} is no address of a Ray cluster. It is HOST:PORT (192.168.0.7:6379), auto (one begun on this machine "
                "with ray start), or local (one is started for this run); or unset it.",
                name=NAME,
                value=text[:100],
            )
        )
    return Wanted(text)


def _begun_here() -> str | None:
    """Return the address that the last `ray start` on this machine has left."""
    folder = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or tempfile.gettempdir()
    try:
        text = Path(folder, "ray", "ray_current_cluster").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return text if _HOST_PORT.fullmatch(text) else None


def silence(address: str, within: float = _PATIENCE) -> str | None:
    """Return why no cluster answers at HOST:PORT within some seconds, or None if one does.

    A cluster's head speaks HTTP/2 and sends its settings first (RFC 9113, section 3.4); where Ray is told to use TLS,
    that something accepts the connection is enough.
    """
    why: list[str | None] = [tr("nothing came back within {n:g} seconds", n=within)]

    def ask() -> None:
        try:
            why[0] = _asked(address, within)
        except OSError as error:
            if not isinstance(error, TimeoutError):
                why[0] = reason(error)

    asking = threading.Thread(target=ask, daemon=True)  # looking a name up may take longer than any limit
    asking.start()
    asking.join(within + 1)
    return why[0]


def _asked(address: str, within: float) -> str | None:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), within) as there:
        if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
            return None
        there.sendall(_HELLO)
        got = b""
        while len(got) < _FRAME and (more := there.recv(_FRAME - len(got))):
            got += more
    if len(got) == _FRAME and got[3] == _SETTINGS:
        return None
    return tr(_OTHER_PROGRAM)


def _has_token() -> bool:
    return (Path.home() / ".ray" / "auth_token").exists()


def _is_here(address: str) -> bool:
    """Whether an address is one of this machine."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))  # which only an own address allows
    except OSError:
        return False
    return True


@contextmanager
def connected(context: Context) -> Iterator[Any]:
    """Connect to a cluster, or start one on this machine, say which, and yield the module `ray`; Ray's own lines go to a file.

    Where this process is connected already, that connection is used and left as it is.

    Raises
    ------
    RequestError
        If Ray Data is not installed, or RAY_ADDRESS says nothing.
    JobFailed
        If no cluster answers, or Ray cannot use it.
    """
    # Ray would report its use to its makers, and copy the working folder of a `uv run`, 7 GB with its environment.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    if _is_connected():
        yield _ray()
        return
    if find_spec("ray") is None:
        raise RequestError(
            tr(
                "The engine ray needs the package ray, which is not installed. Install it with: uv pip install 'fairdesk[ray]'"
            )
        )
    wanted = wanted_cluster()
    if wanted.address is not None:
        wanted = _answering(wanted, context)
    if wanted.address is None:
        _tell_start(context)
    assumed = wanted.address is not None and _TOKEN not in os.environ and _has_token() and _is_here(wanted.address)
    if assumed:
        os.environ[_TOKEN] = "token"  # as Ray does itself for one that it finds; it is read when Ray is imported
    with _lines_kept() as (log, away):
        try:
            ray = _ray()
        except ImportError as error:  # Ray without Ray Data
            raise RequestError(
                tr(
                    "The engine ray needs Ray Data, which cannot be loaded ({error}). Install it with: uv pip install 'fairdesk[ray]'",
                    error=error,
                )
            ) from error
        options = {} if wanted.address else {"include_dashboard": False}
        held = Held(
            lambda: ray.init(address=wanted.address or "local", log_to_driver=False, logging_level="error", **options),
            lambda: _ended(ray),
        )
        try:
            try:
                _begin(held, context, wanted)
                _move_lines(away)
                has = ray.cluster_resources()
            except Stopped:
                raise
            except NoMachineError as error:
                raise JobFailed(_no_machine(str(wanted.address))) from error
            except NotBegunError as error:
                raise JobFailed(_half_started(str(wanted.address), log)) from error
            except Exception as error:
                raise JobFailed(_refused(wanted.address, error, log)) from error
            if wanted.address is not None:
                told = tr("Working on the Ray cluster at {address}", address=wanted.address)
                if wanted.found:
                    told = tr(
                        "Working on the Ray cluster that was begun on this machine, {address}", address=wanted.address
                    )
                cores = tr_n("{n} core", "{n} cores", int(has.get("CPU", 0)))
                context.message(f"{told}: {cores}.")
            with last_words(_ended_all(log), sys.stderr):
                yield ray
        except ray.exceptions.RayError as error:
            raise JobFailed(_ended_early(error, log, token_assumed=assumed)) from error
        finally:
            held.end()


def _begin(held: Held, context: Context, wanted: Wanted) -> None:
    """Begin, for a while, and as long as the cluster has a machine that works. Raises `NotBegunError` and `NoMachineError`."""
    if wanted.address is None:
        held.begin(lambda: _wait(context, wanted, None))
        return
    machines = Machines(wanted.address)
    try:
        held.begin(lambda: _wait(context, wanted, machines), _TAKEN_IN)
    finally:
        machines.end()


def _wait(context: Context, wanted: Wanted, machines: Machines | None) -> None:
    """Listen, say that Ray begins, and ask whether anything of the cluster works."""
    context.check()
    if machines is not None:
        machines.check()
    context.progress(
        0,
        0,
        tr("starting Ray")
        if wanted.address is None
        else tr("connecting to the Ray cluster at {address}", address=wanted.address),
    )


def _no_machine(address: str) -> str:
    return tr(
        "The head of the Ray cluster at {address} answers, but no machine of the cluster works: it is half started, or its machines have died. "
        "On its first machine: ray stop, then ray start --head; or unset {name} to work on this machine alone.",
        address=address,
        name=NAME,
    )


def _half_started(address: str, log: Path) -> str:
    return tr(
        "The Ray cluster at {address} answers, but did not take this program in within {n:g} seconds: it is half started, or ends. "
        "On its first machine: ray stop, then ray start --head; or unset {name} to work on this machine alone. Ray's own lines are in {log}.",
        address=address,
        n=_TAKEN_IN,
        name=NAME,
        log=log,
    )


def _ended_all(log: Path) -> str:
    """Say that Ray has ended this process, which it does without an exception where its part on this machine dies."""
    return tr(
        "The program ended in the middle of its work: Ray's part on this machine has died, or something killed the program. "
        "What was done is kept; start it again to go on. Ray's own lines are in {log}.",
        log=log,
    )


def _ended(ray: Any) -> None:
    with suppress(Exception):
        ray.shutdown()


def _is_connected() -> bool:
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


def _ray() -> Any:
    import ray
    import ray.data
    import ray.exceptions

    return ray


def _answering(wanted: Wanted, context: Context) -> Wanted:
    """Return a cluster that answers; one that nobody named and that is gone is passed over, and said."""
    address = wanted.address
    assert address is not None
    why = silence(address)
    if why is None:
        return wanted
    if wanted.found:
        context.message(
            tr(
                "The Ray cluster that was begun on this machine, {address}, does not answer any more ({why}).",
                address=address,
                why=why,
            )
        )
        return Wanted(None)
    if why == tr(_OTHER_PROGRAM):
        raise JobFailed(
            tr(
                "No Ray cluster answers at {name}={address}: {why}, another program has this port. Give the address that ray start --head "
                "has said, or unset {name} to work on this machine alone.",
                name=NAME,
                address=address,
                why=why,
            )
        )
    raise JobFailed(
        tr(
            "No Ray cluster answers at {name}={address}: {why}. Begin one there with: ray start --head --port={port}. "
            "Or correct {name}, or unset it to work on this machine alone.",
            name=NAME,
            address=address,
            why=why,
            port=address.rpartition(":")[2],
        )
    )


def _tell_start(context: Context) -> None:
    context.message(
        tr(
            "No Ray cluster is named: one is started on this machine for this run, which takes ten to twenty seconds as a rule. "
            "To work on another, set {name}=HOST:PORT, as ray start --head has said it.",
            name=NAME,
        )
    )


def _refused(address: str | None, error: Exception, log: Path) -> str:
    if address is None:
        return tr(
            "Ray could not start on this machine: {why}. Without it: --engine local. What Ray said is in {log}.",
            why=_why(error),
            log=log,
        )
    if type(error).__name__ == "AuthenticationError" or "auth" in _why(error).lower():
        return tr(
            "The Ray cluster at {address} wants a token: {why}. Copy ~/.ray/auth_token from its first machine, and set {token}=token. "
            "What Ray said is in {log}.",
            address=address,
            why=_why(error),
            token=_TOKEN,
            log=log,
        )
    return tr(
        "Ray could not connect to the cluster at {address}: {why}. This machine has to be one of the cluster's "
        "(ray start --address={address}), with the same versions of Ray and Python. What Ray said is in {log}.",
        address=address,
        why=_why(error),
        log=log,
    )


def _ended_early(error: Exception, log: Path, *, token_assumed: bool) -> str:
    """Say that a cluster could not go on, and what to do: a token that nobody asked for may be what it refuses."""
    text = tr("The Ray cluster could not go on: {why}. What was finished is kept; run it again.", why=_why(error))
    if token_assumed:
        text += " " + tr(
            "The token in ~/.ray/auth_token was shown to it; if it was begun without tokens: set {token}=disabled.",
            token=_TOKEN,
        )
    return text + " " + tr("What Ray said is in {log}.", log=log)


def _why(error: BaseException) -> str:
    """Return the last line of what lies behind an error of Ray's, which begins with pages of calls."""
    behind = error
    while (
        isinstance(before := behind.__cause__ or getattr(behind, "cause", None), BaseException) and str(before).strip()
    ):
        behind = before  # Ray Data puts an exception without a text behind each
    lines = [line.strip() for line in str(behind).splitlines() if line.strip()] or [type(behind).__name__]
    plain = re.sub(r"^(?:[\w.]+(?:Error|Exception): )+", "", lines[-1])
    return re.split(r"(?<=\w)\.(?:\s|$)", plain)[0][:200]


def _move_lines(away: TextIO) -> None:
    """Let the loggers of Ray, and the lines that it brings from other processes, go where its libraries write."""
    with suppress(ImportError):  # its own inside, which may move
        from ray._private import worker

        worker.print_to_stdstream = lambda data, *_args, **_more: print(*data.get("lines", ()), sep="\n", file=away)
    for name in ("ray", *(name for name in logging.root.manager.loggerDict if name.startswith("ray."))):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                logger.removeHandler(handler)
                logger.addHandler(logging.StreamHandler(away))


@contextmanager
def _lines_kept() -> Iterator[tuple[Path, TextIO]]:
    """Let what Ray's libraries write to the terminal go to a file; what this program writes goes on to the terminal."""
    path = log_folder() / "ray.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        small = not path.exists() or path.stat().st_size < _LARGEST
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if small else os.O_TRUNC), 0o600)
    except OSError:  # a full or read-only home
        path, file = Path(os.devnull), os.open(os.devnull, os.O_WRONLY)
    old, out = sys.stderr, sys.stdout
    with suppress(Exception):
        old.flush()
    kept = os.dup(2)
    os.set_inheritable(kept, False)
    os.dup2(file, 2)
    os.close(file)
    own = _follows_two(old)
    if own:
        sys.stderr = os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
        sys.stdout = sys.stderr if out is old else out
    try:
        yield path, old
    finally:
        if own:
            sys.stderr.flush()
            sys.stderr, sys.stdout = old, out
        with suppress(Exception):
            old.flush()
        os.dup2(kept, 2)
        if not own:  # whoever took the stream meanwhile (a progress bar) puts it back later, and writes to it
            os.close(kept)


def _follows_two(stream: Any) -> bool:
    """Whether a stream writes to the terminal's own number, which is taken from it."""
    try:
        return bool(stream.fileno() == 2)
    except (OSError, AttributeError, ValueError):
        return False
