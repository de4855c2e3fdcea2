"""What a verdict changes in the version at hand: the faces that move, and the sizes of clusters before and after."""

from __future__ import annotations

from collections.abc import Sequence

from fairdesk.clustering.records import Cluster
from fairdesk.clustering.store import clusters, homes_of
from fairdesk.clustering.verdicts.results import VerdictCluster
from fairdesk.project import Project


class Moves:
    """Looks at some faces, and at the clusters that are meant, before a verdict is given."""

    def __init__(
        self, project: Project, version: int | None, faces: Sequence[int], meant: Sequence[Cluster] = ()
    ) -> None:
        self._project, self.version, self._faces, self._meant = project, version, faces, meant
        self._before = self._homes()
        self._sizes = self._clusters({one.id for one in meant} | set(self._before.values()))

    def _homes(self) -> dict[int, int]:
        return {} if self.version is None else homes_of(self._project, self.version, self._faces)

    def _clusters(self, ids: set[int]) -> dict[int, Cluster]:
        if self.version is None or not ids:
            return {}
        return {one.id: one for one in clusters(self._project, self.version, sorted(ids))}

    def count(self) -> int:
        """Return how many faces, of those that are shown, have another cluster than before."""
        now = self._homes()
        return sum(now.get(face) != self._before.get(face) for face in {*now, *self._before})

    def clusters(self) -> list[VerdictCluster]:
        """Return the clusters that were meant, and those that have another size than before."""
        meant = [one.id for one in self._meant]
        homes = self._homes()
        after = self._clusters(set(self._sizes) | set(homes.values()))
        every = {**after, **self._sizes}
        order = meant + sorted(set(every) - set(meant), key=lambda number: every[number].label)
        out = []
        for number in order:
            if number not in every:
                continue
            one, now = every[number], after[number].faces if number in after else 0
            came = sum(home == number != self._before.get(face) for face, home in homes.items())
            sizes = (self._sizes[number].faces if number in self._sizes else now - came, now)
            if number in meant or sizes[0] != sizes[1]:
                out.append(
                    VerdictCluster(
                        label=one.label,
                        title=one.title,
                        group=one.group,
                        faces=sizes[0],
                        faces_now=sizes[1],
                        meant=number in meant,
                    )
                )
        return out
