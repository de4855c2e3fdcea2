"""The rule whose label an image bears: that of its largest face where a person named one, else the image's own.

The faces of every detector count, so that no correction is lost where another detector is used. Where several
are named the newest counts; naming a face names the same face of other detectors too, so that they agree.
The group is the identity's, where it has one, else the image's.
"""

from __future__ import annotations

# Join to `image i`: the named face, as `named`.
NAMED = (
    " LEFT JOIN face named ON named.id = (SELECT max(n.id) FROM face n"
    " WHERE n.image_id = i.id AND n.place = 0 AND n.label_source IS NOT NULL)"
)
WHO = "CASE WHEN named.id IS NOT NULL THEN named.identity_id ELSE i.identity_id END"  # an identity's id, or NULL
SOURCE = "CASE WHEN named.id IS NOT NULL THEN named.label_source ELSE i.label_source END"
GROUP_OF = "ifnull(who.group_id, {own})"  # a group's id, or NULL, where the image's own is `own`
GROUP = GROUP_OF.format(own="i.group_id")
# Of some images (a condition on `image_id`): those with a named face, and whose it is (0 where it is nobody's).
NAMED_IN = (
    "SELECT image_id, ifnull(identity_id, 0) FROM (SELECT image_id, max(id), identity_id FROM face"
    " WHERE place = 0 AND label_source IS NOT NULL AND {those} GROUP BY image_id)"
)
# Join to `image i`: the identity, as `who`, beside `named`.
IDENTITY = f"{NAMED} LEFT JOIN identity who ON who.id = {WHO}"
# Join to `image i`: identity and group, as `who` and `g`.
LABELS = f"{IDENTITY} LEFT JOIN grp g ON g.id = {GROUP}"
# Join to the view `face_label l` (what each single face is called): identity and group, as `who` and `g`.
FACE_LABELS = (
    " LEFT JOIN identity who ON who.id = l.identity_id LEFT JOIN grp g ON g.id = ifnull(who.group_id, l.image_group_id)"
)
