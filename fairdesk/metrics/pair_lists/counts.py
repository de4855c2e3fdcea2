"""What a form says of the project while a pair list is asked for."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.metrics.pair_lists.job import project_images
from fairdesk.metrics.pair_lists.sampling import existing_pairs
from fairdesk.metrics.pair_lists.viewing import list_facts
from fairdesk.metrics.params import PairsParams
from fairdesk.project import Project
from fairdesk.words import tr


def pairs_that_exist(project: Project, params: PairsParams) -> str:
    """Say how many pairs of each kind the chosen images allow; of a list that is imported, what it holds."""
    if params.from_list is not None:
        return list_facts(project, params)
    items, _, _ = project_images(project, params)
    genuine, impostor = existing_pairs(items, within_group=params.within_group)
    people = len({(item.group, item.identity) for item in items})
    return tr(
        "{genuine} and {impostor} exist, of {count} of {people}.",
        genuine=counted.genuine_pairs(genuine),
        impostor=counted.impostor_pairs(impostor),
        count=counted.images(len(items)),
        people=counted.identities(people),
    )
