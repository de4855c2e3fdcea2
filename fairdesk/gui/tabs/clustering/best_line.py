"""The line that says which value of a parameter is the best, and by whom that was judged."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.words import tr


def best_line(top: Outcome, known: Known) -> str:
    """Say which value is the best: by the known faces, and how many these are of how many; else by silhouettes."""
    if top.quality is None:
        return tr("Best silhouette at {best:g}.", best=top.value)
    faces, every = int(known.known.sum()), len(known.known)
    about = tr("{faces} of {people}", faces=counted.faces(faces), people=counted.people(known.count))
    if faces == every:
        return tr("Best BCubed F1 at {best:g}, against known identities ({about}).", best=top.value, about=about)
    return tr(
        "Best BCubed F1 at {best:g}, of the {about} known alone: of the other {others} it says nothing.",
        best=top.value,
        about=about,
        others=counted.faces(every - faces),
    )
