"""Which waiting jobs may start now, and behind what the others wait. No Qt, no processes.

A running job holds *places*: "preview", "light", "heavy", or a device such as "cuda:0". Each has room for a few jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from fairdesk.gui.jobs.state import JobState
from fairdesk.jobs.kinds import Lane
from fairdesk.jobs.lanes import lane_of, wanted_device, wanted_gpus
from fairdesk.jobs.messages import JobSpec
from fairdesk.jobs.registry import kind_of, modern

Places = frozenset[str]
_ROOM = {Lane.PREVIEW.value: 2, Lane.LIGHT.value: 2}  # everything else holds one
_MOST_GPUS = 64
_HEAVY = Lane.HEAVY.value


@dataclass
class Machine:
    """What is known of this machine's devices; its workers tell, since looking takes a library of seconds."""

    auto: str | None = None  # what "auto" has turned out to be
    gpus: int = 1

    def learn(self, wanted: str, device: str, count: int) -> None:
        """Take in which device a worker was given."""
        if wanted == "auto":
            self.auto = device
        if device == "cuda":
            self.gpus = min(max(1, count), _MOST_GPUS)


def lane(spec: JobSpec) -> Lane:
    """Return the lane of a job; a kind that is not known fails at once, whichever it is."""
    kind = kind_of(spec)
    return lane_of(kind, spec.params) if kind is not None else Lane.LIGHT


def device_places(device: str, gpus: int | None, machine: Machine) -> list[Places]:
    """Return the choices of places for a device; `gpus` is how many it takes, None all."""
    if device == "cpu" or gpus == 0:
        return [frozenset({_HEAVY})]
    if device == "mps":
        return [frozenset({"mps"})]
    everything = [f"cuda:{number}" for number in range(machine.gpus)]
    if gpus is None or gpus > 1:
        return [frozenset(everything[:gpus])]
    return [frozenset({one}) for one in everything]


def places(spec: JobSpec, machine: Machine) -> list[Places]:
    """Return the choices of places that a job could take."""
    own = lane(spec)
    if own is not Lane.GPU:
        return [frozenset({own.value})]
    kind = kind_of(spec)
    assert kind is not None  # else it is of the light lane
    try:
        params = kind.params(**modern(spec.kind, spec.params)[1])
    except ValidationError:  # its worker will say what is wrong
        return [frozenset({Lane.LIGHT.value})]
    device = wanted_device(kind, params, spec.device) if kind.gpu else "cuda"
    gpus = wanted_gpus(params)
    if device == "auto" and machine.auto is None:  # it may be either, so that it takes both until its worker tells
        return [frozenset({_HEAVY}) | device_places("cuda", gpus, machine)[0]]
    return device_places(machine.auto or "cpu" if device == "auto" else device, gpus, machine)


@dataclass
class Plan:
    """What to start now, with its places, and why each of the others waits."""

    start: list[tuple[JobState, Places]]
    behind: dict[str, list[JobState]]  # a waiting job's id: those that hold or will hold its places


def plan(waiting: Sequence[JobState], running: Iterable[tuple[JobState, Places]], machine: Machine) -> Plan:
    """Go through the queue: who finds room starts; who does not keeps its turn before all that come later."""
    holders: dict[str, list[JobState]] = {}
    for job, held in running:
        for place in held:
            holders.setdefault(place, []).append(job)
    found = Plan([], {})
    for job in waiting:
        choices = places(job.spec, machine)
        free = [choice for choice in choices if all(_has_room(place, holders) for place in choice)]
        chosen = free[0] if free else choices[0]
        if free:
            found.start.append((job, chosen))
        else:
            first = [other for place in sorted(chosen) for other in holders.get(place, [])]
            found.behind[job.id] = list({other.id: other for other in first}.values())
        for place in chosen:
            holders.setdefault(place, []).append(job)
    return found


def _has_room(place: str, holders: dict[str, list[JobState]]) -> bool:
    return len(holders.get(place, [])) < _ROOM.get(place, 1)
