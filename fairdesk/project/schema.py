"""The catalogue's tables and the migrations that led to them."""

from __future__ import annotations

from fairdesk.project.bulk_edits import SCHEMA as BULK
from fairdesk.project.changes import SCHEMA as CHANGES
from fairdesk.project.verdicts import ANSWERED, OUTWEIGHED
from fairdesk.project.verdicts import SCHEMA as VERDICTS

# Each entry moves a catalogue from version index to index + 1. Entries are never edited, only added.
MIGRATIONS: list[str] = [
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);

    -- Folders that hold originals. `relative` is the way there from the project folder, so that a
    -- project moved together with its photographs still finds them.
    CREATE TABLE root (
        id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, relative TEXT);

    CREATE TABLE grp (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);

    -- An identity is a name within its group.
    CREATE TABLE identity (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, group_id INTEGER REFERENCES grp(id));
    CREATE UNIQUE INDEX identity_name ON identity(name, ifnull(group_id, 0));

    CREATE TABLE image (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        root_id INTEGER NOT NULL REFERENCES root(id), path TEXT NOT NULL,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
        width INTEGER NOT NULL, height INTEGER NOT NULL,
        identity_id INTEGER REFERENCES identity(id), group_id INTEGER REFERENCES grp(id),
        label_source TEXT, synthetic TEXT,
        UNIQUE (root_id, path));
    CREATE INDEX image_identity ON image(identity_id);
    CREATE INDEX image_sha ON image(sha256);

    CREATE TABLE unreadable (
        root_id INTEGER NOT NULL REFERENCES root(id), path TEXT NOT NULL, why TEXT NOT NULL,
        PRIMARY KEY (root_id, path));

    -- Which detector has looked at which image; faces = 0 is "no face found", why tells of a failure.
    CREATE TABLE detection (
        image_id INTEGER NOT NULL REFERENCES image(id) ON DELETE RESTRICT, detector TEXT NOT NULL,
        faces INTEGER NOT NULL, why TEXT, PRIMARY KEY (image_id, detector)) WITHOUT ROWID;

    -- place 0 is the largest face of its image. A NULL label_source means "as the image says".
    CREATE TABLE face (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        image_id INTEGER NOT NULL REFERENCES image(id) ON DELETE RESTRICT, detector TEXT NOT NULL,
        place INTEGER NOT NULL,
        top INTEGER NOT NULL, right INTEGER NOT NULL, bottom INTEGER NOT NULL, left INTEGER NOT NULL,
        score REAL, landmarks TEXT,
        identity_id INTEGER REFERENCES identity(id), label_source TEXT,
        UNIQUE (image_id, detector, place));
    CREATE INDEX face_detector ON face(detector, place, image_id);
    CREATE INDEX face_identity ON face(identity_id);

    CREATE TABLE recipe (
        id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, encoder TEXT NOT NULL,
        detector TEXT NOT NULL, dim INTEGER NOT NULL, metric TEXT NOT NULL, created REAL NOT NULL);
    CREATE TABLE vector (
        recipe_id INTEGER NOT NULL REFERENCES recipe(id),
        face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE RESTRICT,
        chunk INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (recipe_id, face_id)) WITHOUT ROWID;
    CREATE TABLE vector_failure (
        recipe_id INTEGER NOT NULL REFERENCES recipe(id),
        face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE RESTRICT,
        why TEXT NOT NULL, PRIMARY KEY (recipe_id, face_id)) WITHOUT ROWID;

    CREATE TABLE clustering (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, method TEXT NOT NULL,
        params TEXT NOT NULL, recipe_id INTEGER REFERENCES recipe(id), created REAL NOT NULL,
        quality TEXT, basis BLOB);
    CREATE TABLE cluster (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        clustering_id INTEGER NOT NULL REFERENCES clustering(id), label INTEGER NOT NULL,
        name TEXT, identity_id INTEGER REFERENCES identity(id));
    CREATE INDEX cluster_of ON cluster(clustering_id, label);
    CREATE TABLE cluster_member (
        clustering_id INTEGER NOT NULL REFERENCES clustering(id),
        face_id INTEGER NOT NULL REFERENCES face(id),
        cluster_id INTEGER NOT NULL REFERENCES cluster(id), PRIMARY KEY (clustering_id, face_id));
    CREATE INDEX member_cluster ON cluster_member(cluster_id);

    CREATE TABLE pair_list (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, path TEXT NOT NULL, format TEXT NOT NULL,
        genuine INTEGER NOT NULL, impostor INTEGER NOT NULL, params TEXT NOT NULL,
        sha256 TEXT NOT NULL, created REAL NOT NULL, basis BLOB);
    CREATE TABLE score_set (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, path TEXT NOT NULL,
        pair_list TEXT NOT NULL, recipe_id INTEGER REFERENCES recipe(id), params TEXT NOT NULL,
        summary TEXT NOT NULL, created REAL NOT NULL, basis BLOB);

    CREATE TABLE journal_step (
        id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, created REAL NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0, merge_key TEXT, target TEXT);
    CREATE TABLE journal_part (
        step_id INTEGER NOT NULL REFERENCES journal_step(id) ON DELETE CASCADE, seq INTEGER NOT NULL,
        changes BLOB NOT NULL, PRIMARY KEY (step_id, seq)) WITHOUT ROWID;

    -- What a face is called: its own label where it has one, else its image's if it is the largest face.
    CREATE VIEW face_label AS
        SELECT face.id AS face_id, face.image_id, face.detector, face.place,
               CASE WHEN face.label_source IS NOT NULL THEN face.identity_id
                    WHEN face.place = 0 THEN image.identity_id END AS identity_id,
               CASE WHEN face.label_source IS NULL THEN image.group_id END AS image_group_id,
               ifnull(face.label_source, image.label_source) AS label_source
        FROM face JOIN image ON image.id = face.image_id;
    """,
    """
    -- What a model says of a face. Never a label: a person's, folder's or CSV's word stays beside it.
    CREATE TABLE prediction (
        face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE RESTRICT, kind TEXT NOT NULL, model TEXT NOT NULL,
        value TEXT NOT NULL, confidence REAL, PRIMARY KEY (face_id, kind, model)) WITHOUT ROWID;
    """,
    # Hidden images stay in the project and in no grid, list, clustering or count; the edit can be undone.
    "ALTER TABLE image ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
    """
    -- Labels beside identity and group: gender and age (each with who said so), and any number of tags.
    ALTER TABLE image ADD COLUMN gender TEXT;
    ALTER TABLE image ADD COLUMN gender_source TEXT;
    ALTER TABLE image ADD COLUMN age TEXT;
    ALTER TABLE image ADD COLUMN age_source TEXT;
    CREATE TABLE image_tag (
        image_id INTEGER NOT NULL REFERENCES image(id) ON DELETE RESTRICT, tag TEXT NOT NULL, source TEXT NOT NULL,
        PRIMARY KEY (image_id, tag)) WITHOUT ROWID;
    CREATE INDEX image_tag_tag ON image_tag(tag, image_id);

    -- What was measured of an image and its largest face. NULL: cannot be measured (no face, no landmarks).
    CREATE TABLE quality (
        image_id INTEGER NOT NULL REFERENCES image(id) ON DELETE RESTRICT, detector TEXT NOT NULL,
        sharpness REAL, brightness REAL, contrast REAL, clipped REAL, side REAL, share REAL, yaw REAL, roll REAL,
        faces INTEGER, why TEXT, PRIMARY KEY (image_id, detector)) WITHOUT ROWID;

    -- Training, validation and test sets, and folds. A frozen one is neither changed nor removed.
    CREATE TABLE image_set (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, frozen INTEGER NOT NULL DEFAULT 0,
        params TEXT NOT NULL, created REAL NOT NULL, basis BLOB);
    CREATE TABLE set_member (
        set_id INTEGER NOT NULL REFERENCES image_set(id), image_id INTEGER NOT NULL REFERENCES image(id),
        PRIMARY KEY (set_id, image_id)) WITHOUT ROWID;
    CREATE INDEX set_member_image ON set_member(image_id);
    ALTER TABLE pair_list ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE saved_view (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, wanted TEXT NOT NULL);
    """,
    BULK,
    # A named face decides its image's label, whichever detector found it (project/main_face.py).
    "CREATE INDEX face_named ON face(image_id) WHERE place = 0 AND label_source IS NOT NULL",
    CHANGES,
    VERDICTS,
    """
    -- Comparisons that a person left out of the error rates, and why; image1 < image2.
    CREATE TABLE comparison_mark (
        id INTEGER PRIMARY KEY AUTOINCREMENT, image1 INTEGER NOT NULL REFERENCES image(id),
        image2 INTEGER NOT NULL REFERENCES image(id), kind TEXT NOT NULL, reason TEXT NOT NULL, created REAL NOT NULL,
        UNIQUE (image1, image2));
    CREATE INDEX comparison_mark_second ON comparison_mark(image2);
    """,
    # What a person wrote of a clustering.
    "ALTER TABLE clustering ADD COLUMN note TEXT",
    OUTWEIGHED,
    ANSWERED,
]

VERSION = len(MIGRATIONS)

# Tables whose every change is an edit that can be undone. Faces found, vectors and thumbnails are
# computed: they are only ever added, and the journal records a change of a face's label alone.
JOURNALED = (
    "root", "grp", "identity", "image", "unreadable", "face", "clustering", "cluster",
    "cluster_member", "pair_list", "score_set", "comparison_mark", "image_tag", "image_set", "set_member", "saved_view", "verdict",
    "verdict_outweighed",
)  # fmt: skip
