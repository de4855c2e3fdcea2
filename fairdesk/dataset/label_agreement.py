"""How far a model's predictions agree with the labels that were given."""

from __future__ import annotations

from fairdesk.project import Project


def agreement(project: Project, key: str) -> dict[str, dict[str, dict[str, int]]]:
    """Return the confusion of given groups and predicted values: {kind: {group: {value: faces}}}."""
    out: dict[str, dict[str, dict[str, int]]] = {}
    for kind, group, value, count in project.db.rows(
        "SELECT p.kind, g.name, p.value, count(*) FROM prediction p JOIN face_label l ON l.face_id = p.face_id"
        " LEFT JOIN identity i ON i.id = l.identity_id JOIN grp g ON g.id = ifnull(i.group_id, l.image_group_id)"
        " WHERE l.detector = ? AND p.kind != 'age' GROUP BY p.kind, g.name, p.value ORDER BY p.kind, g.name, count(*) DESC",
        (key,),
    ):
        out.setdefault(kind, {}).setdefault(group, {})[value] = count
    return out
