"""The rule whose label an image bears: that of its largest face where a person named one, else the image's own.

The faces of every detector count, so that no correction is lost where another detector is used. Where several
are named the newest counts; naming a face names the same face of other detectors too, so that they agree.
"""

from __future__ import annotations

# Join to `image i`: the named face, as `named`.
NAMED = (
    " LEFT JOIN face named ON named.id = (SELECT max(n.id) FROM face n"
    " WHERE n.image_id = i.id AND n.place = 0 AND n.label_source IS NOT NULL)"
)
WHO = "CASE WHEN named.id IS NOT NULL THEN named.identity_id ELSE i.identity_id END"  # an identity's id, or NULL
SOURCE = "CASE WHEN named.id IS NOT NULL THEN named.label_source ELSE i.label_source END"
