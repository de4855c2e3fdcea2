"""TensorBoard's event files: written as a run goes, so that TensorBoard opens its folder, and read as curves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from fairdesk.errors import RequestError, reason
from fairdesk.words import tr

_NAME = "events.out.tfevents"


def is_events(path: Path) -> bool:
    """Whether a path is an event file, or a folder that holds one."""
    return path.name.startswith(_NAME) or (path.is_dir() and any(path.glob(f"{_NAME}*")))


class EventLog:
    """Writes scalars; a resumed run takes back what was written after the step it resumes from."""

    def __init__(self, folder: Path, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event: Any = Event
        self._writer = EventFileWriter(str(folder), flush_secs=5)
        if step:
            started = SessionLog(status=SessionLog.START)
            self._writer.add_event(Event(wall_time=time.time(), step=step + 1, session_log=started))

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Write one value of each series."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()])
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))

    def close(self) -> None:
        """Write what is held back and end."""
        self._writer.close()


def read_events(path: Path) -> dict[str, list[tuple[float, float]]]:
    """Return the scalar series of an event file, or of all in a folder.

    Raises
    ------
    RequestError
        If nothing in it can be read as events.
    """
    from tensorboard.backend.event_processing import event_accumulator

    try:
        found = event_accumulator.EventAccumulator(
            str(path), size_guidance={event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0}
        )
        found.Reload()
        tags = found.Tags()
        series = {name: [(float(e.step), float(e.value)) for e in found.Scalars(name)] for name in tags["scalars"]}
        for name in tags["tensors"]:  # as torch and TensorFlow 2 also write scalars
            points = [(float(e.step), list(e.tensor_proto.float_val)) for e in found.Tensors(name)]
            single = [(step, values[0]) for step, values in points if len(values) == 1]
            if single:
                series[name] = single
    except Exception as error:  # tensorboard and protobuf raise classes of their own; all is told
        raise RequestError(
            tr("{path} cannot be read as TensorBoard events: {error}", path=path, error=reason(error))
        ) from error
    return series
