"""Vectors on disk: float32 chunks that are never rewritten, in a folder named by how they were made."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.errors import JobFailed
from fairdesk.plain_json import parse
from fairdesk.project.database import Database
from fairdesk.project.finite import to_float32, unsound, why_unsound
from fairdesk.project.recipes import DESCRIBED, Recipe, StoredRecipe, VectorSet, named_encoder
from fairdesk.project.vector_choice import VectorChoice, choose, how_to_mend, of_encoder
from fairdesk.project.vector_files import DamagedFileError, keep_zeros, read_rows, seen_as, sound_rows
from fairdesk.project.vector_sums import forget_sums, has_sums, keep_sums, places_without
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_AT_ONCE = 16_384  # vectors of one file that are in memory at once
_SUMS = "checksums "  # before a recipe's hash: what the catalogue notes where some were kept
_NO_ROWS = np.empty(0, dtype=np.int64)
NEIGHBOURS = "neighbours-{metric}.npz"  # what follows from vectors, kept beside them

_OF_IMAGES = " JOIN face f ON f.id = v.face_id JOIN image i ON i.id = f.image_id"
_OF_SHOWN = f"{_OF_IMAGES} WHERE i.hidden = 0"
_COLUMNS = "r.id, r.hash, r.encoder, r.detector, r.dim, r.metric, r.created"


class VectorRows:
    """Vectors of faces or images, in order of the faces, that are read when they are asked for: 24 bytes each are kept."""

    def __init__(self, store: VectorStore, recipe: StoredRecipe, table: Ids) -> None:
        self._store, self.recipe, self._table = store, recipe, table

    @property
    def numbers(self) -> Ids:
        """The faces or images."""
        return self._table[:, 0]

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, which: slice | Ids) -> Floats:
        return self._store.read(self.recipe, self._table[which])

    def by_file(self) -> Iterator[tuple[Ids, Floats]]:
        """Yield all of them as (places, their vectors) in the order in which they are read fastest."""
        return self._store.parts(self.recipe, self._table)

    def of(self, numbers: Ids) -> VectorRows:
        """Return the vectors of some numbers, all of which have one, in their order."""
        order = np.argsort(self.numbers, kind="stable")  # images come in the order of their faces
        place = order[np.searchsorted(self.numbers[order], numbers)]
        return VectorRows(self._store, self.recipe, self._table[place])

    def has(self, numbers: Ids) -> npt.NDArray[np.bool_]:
        """Tell which of some numbers have a vector."""
        return np.isin(numbers, self.numbers)


class VectorStore:
    """The vectors of one project."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._db = database
        self._kinds: dict[str, tuple[str, bool, str]] = {}  # by recipe: precision, mirrored, scaling
        self._lost: dict[tuple[str, int, int, int, int], int] = {}  # by file as it was seen: vectors that it lacks

    def register(self, recipe: Recipe) -> StoredRecipe:
        """Return the stored recipe, made on first use. Raises `JobFailed` where a file is in its folder's place."""
        home = self.folder / recipe.hash
        try:
            home.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise JobFailed(
                tr(
                    "{path} is a file, and should be the folder of embeddings. Move it away and run this again: "
                    "what is lost with the folder is computed again.",
                    path=self.folder if self.folder.exists() and not self.folder.is_dir() else home,
                )
            ) from error
        described = home / DESCRIBED
        if not described.exists():
            described.write_text(json.dumps(asdict(recipe), indent=1, sort_keys=True), encoding="utf-8")
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO recipe (hash, encoder, detector, dim, metric, created) VALUES (?,?,?,?,?,?)",
                (recipe.hash, recipe.encoder, recipe.detector, recipe.dim, recipe.metric, time.time()),
            )
        found = self._select("hash = ?", recipe.hash)
        assert found is not None
        return found

    def _select(self, where: str, *bindings: object) -> StoredRecipe | None:
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM recipe r WHERE {where} ORDER BY r.id DESC LIMIT 1",
            bindings,
        )
        return StoredRecipe(*rows[0]) if rows else None

    def by_id(self, number: int) -> StoredRecipe | None:
        """Return a recipe by its catalogue id."""
        return self._select("id = ?", number)

    def described(self, recipe: StoredRecipe) -> Recipe | None:
        """Return all that decides a recipe's vectors; None where its description is lost."""
        try:
            kept = parse((self.folder / recipe.hash / DESCRIBED).read_text(encoding="utf-8"))
            return Recipe(**kept)
        except (OSError, ValueError, TypeError):
            return None

    def sets(self) -> list[VectorSet]:
        """Return all vectors of the project by recipe, the newest first."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS}, (SELECT count(*) FROM vector v WHERE v.recipe_id = r.id) AS vectors,"
            " (SELECT count(*) FROM face f WHERE f.detector = r.detector)"
            " FROM recipe r WHERE EXISTS (SELECT 1 FROM vector v WHERE v.recipe_id = r.id) ORDER BY r.created DESC, r.id DESC"
        )
        found = ((StoredRecipe(*row[:-2]), row[-2], row[-1]) for row in rows)
        return [VectorSet(recipe, vectors, faces, *self.kind(recipe)) for recipe, vectors, faces in found]

    def kind(self, recipe: StoredRecipe) -> tuple[str, bool, str]:
        """Return the precision, whether mirrored faces count, and the scaling: read once, as a recipe never changes."""
        if recipe.hash not in self._kinds:
            described = self.described(recipe)
            self._kinds[recipe.hash] = (
                ("", False, "") if described is None else (described.precision, described.mirrored, described.scaling)
            )
        return self._kinds[recipe.hash]

    def differs(self, recipe: StoredRecipe) -> dict[str, str | bool]:
        """Return in what a recipe's vectors differ from their encoder's usual ones, as results have it."""
        return VectorSet(recipe, 0, 0, *self.kind(recipe)).differs

    def named(self, recipe: StoredRecipe) -> str:
        """Return a recipe's encoder, with what its vectors differ in: "dlib (bf16, mirrored)"."""
        return named_encoder(recipe.encoder, *self.kind(recipe))

    def make_newest(self, recipe: StoredRecipe) -> None:
        """Say that these vectors were made, or found complete, just now: they are what is used unless others are asked for."""
        with self._db.transaction() as connection:
            connection.execute(
                "UPDATE recipe SET created = max(?, (SELECT max(created) + 0.001 FROM recipe)) WHERE id = ?",
                (time.time(), recipe.id),
            )

    def find(self, encoder: str, detector: str | None = None) -> StoredRecipe:
        """Return the recipe that `choose` chooses."""
        return self.choose(encoder, detector).recipe

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder.parent

    def choose(self, encoder: str | None = None, detector: str | None = None) -> VectorChoice:
        """Return the newest vectors of an encoder (or of any) and a detector (or of any), and which others there are.

        Raises
        ------
        RequestError
            If there are none; it lists what there is.
        """
        return choose(self, encoder, detector)

    def of_encoder(self, encoder: str) -> list[VectorSet]:
        """Return all vectors of an encoder, the newest first; none is no error."""
        return of_encoder(self, encoder)

    def missing(self, recipe: StoredRecipe) -> list[int]:
        """Faces of the recipe's detector that have no vector; one that failed before is tried again."""
        faces: list[int] = self._db.numbers(
            "SELECT id AS n FROM face WHERE detector = ?1"
            " AND NOT EXISTS (SELECT 1 FROM vector WHERE recipe_id = ?2 AND face_id = face.id) ORDER BY id",
            (recipe.detector, recipe.id),
        ).tolist()
        return faces

    def forget_lost(self, recipe: StoredRecipe) -> int:
        """Drop the vectors whose file is gone or damaged, so that those faces are encoded again; return how many.

        What such a file still holds is written to another one, and stays.
        """
        every = self._table(recipe, "v.face_id", "")
        lost = 0
        for where in _by_chunk(every):
            chunk = int(every[where[0], 1])
            path = self._chunk(recipe.hash, chunk)
            found = sound_rows(path, recipe.dim, every[where, 2])
            if found is None:
                continue
            good, vectors = found
            lost += len(where) - len(good)
            self._replace(recipe, chunk, every[where[good], 0], vectors)
        return lost

    def unchecked_faces(self, recipe: StoredRecipe) -> Ids:
        """Return the faces whose vectors have no checksum that can be trusted, ascending; of an older project all."""
        every = self._table(recipe, "v.face_id", "")
        found = [
            every[where[places_without(self._chunk(recipe.hash, int(every[where[0], 1])), every[where, 2])], 0]
            for where in _by_chunk(every)
        ]
        return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def settle_unchecked(self, recipe: StoredRecipe, drop: Ids, *, trust: bool = False) -> int:
        """Drop vectors without a checksum of some faces, or trust all that have none, which get one; return how many. Others stay as they are."""
        every, settled = self._table(recipe, "v.face_id", ""), 0
        for where in _by_chunk(every):
            chunk, rows = int(every[where[0], 1]), every[where, 2]
            without = places_without(self._chunk(recipe.hash, chunk), rows)
            mine = without if trust else without[np.isin(every[where[without], 0], drop)]
            if not len(mine):
                continue
            kept = np.arange(len(where)) if trust else np.setdiff1d(np.arange(len(where)), mine)
            vectors = self.read(recipe, every[where[kept]])
            unknown = np.flatnonzero(np.isin(kept, without)) if not trust else np.empty(0, dtype=np.int64)
            self._replace(recipe, chunk, every[where[kept], 0], vectors, unknown)
            settled += len(mine)
        return settled

    def _replace(self, recipe: StoredRecipe, chunk: int, faces: Ids, vectors: Floats, without: Ids = _NO_ROWS) -> None:
        """Write the vectors that a file is to hold from now on to another one, some of them `without` a checksum, and remove the first."""
        new = _write_chunk(self.folder / recipe.hash, vectors, without) if len(faces) else 0
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM vector WHERE recipe_id = ? AND chunk = ?", (recipe.id, chunk))
            connection.executemany(
                "INSERT OR IGNORE INTO vector SELECT ?1, id, ?3, ?4 FROM face WHERE id = ?2",
                ((recipe.id, face, new, row) for row, face in enumerate(faces.tolist())),
            )
            if new:
                _note_sums(connection, recipe)
        path = self._chunk(recipe.hash, chunk)
        with suppress(OSError):  # another program has it open
            path.unlink()
            forget_sums(path)

    def lost(self, recipe: StoredRecipe, *, hidden: bool = True) -> int:
        """Return how many vectors of the catalogue their files lack, as `forget_lost` finds them; unchanged files are read once."""
        every = self._table(recipe, "v.face_id", "" if hidden else _OF_SHOWN)
        lost = 0
        for where in _by_chunk(every):
            path = self._chunk(recipe.hash, int(every[where[0], 1]))
            seen = seen_as(path, every[where, 2])
            known = None if seen is None else self._lost.get(seen)
            if known is None:
                found = sound_rows(path, recipe.dim, every[where, 2])
                known = 0 if found is None else len(where) - len(found[0])
            if seen is not None:
                self._lost[seen] = known
            lost += known
        return lost

    def unchecked(self, recipe: StoredRecipe) -> int:
        """Return how many vectors have no checksum that can be trusted; 0 where none was ever kept of any of the encoder's, as before there were any."""
        every = self._table(recipe, "v.face_id", "")
        files = [(self._chunk(recipe.hash, int(every[where[0], 1])), every[where, 2]) for where in _by_chunk(every)]
        return sum(len(places_without(*one)) for one in files) if self._had_sums(recipe, files) else 0

    def _had_sums(self, recipe: StoredRecipe, files: list[tuple[Path, Ids]]) -> bool:
        """Whether checksums were kept of any of an encoder's vectors, though their files may be gone."""
        return self._db.value("SELECT 1 FROM meta WHERE key = ?", (f"{_SUMS}{recipe.hash}",)) is not None or any(
            has_sums(path) for path, _ in files
        )

    def append(self, recipe: StoredRecipe, faces: list[int], vectors: Floats, failures: dict[int, str]) -> int:
        """Write one chunk, sync it to disk, and only then name its rows in the catalogue; returns how many are new there.

        A vector whose numbers are not finite is never stored: its face is a failure. A face that was removed meanwhile gets none.
        """
        chunk = 0
        if faces:
            if vectors.shape != (len(faces), recipe.dim):
                raise JobFailed(
                    tr(
                        "The encoder gave embeddings of shape {shape}, not ({count}, {dim}).",
                        shape=vectors.shape,
                        count=len(faces),
                        dim=recipe.dim,
                    )
                )
            vectors = to_float32(vectors)
            bad = unsound(vectors)
            if len(bad):
                failures = failures | {faces[row]: why_unsound() for row in bad.tolist()}
                faces, vectors = np.delete(np.array(faces), bad).tolist(), np.delete(vectors, bad, axis=0)
        if faces:
            chunk = _write_chunk(self.folder / recipe.hash, vectors)
        with self._db.transaction() as connection:
            before = connection.total_changes()
            connection.executemany(
                "INSERT OR IGNORE INTO vector SELECT ?1, id, ?3, ?4 FROM face WHERE id = ?2",
                ((recipe.id, face, chunk, row) for row, face in enumerate(faces)),
            )
            stored: int = connection.total_changes() - before
            if chunk:
                _note_sums(connection, recipe)
            here = _existing(connection, faces) if stored < len(faces) else set(faces)
            connection.executemany(
                "DELETE FROM vector_failure WHERE recipe_id = ? AND face_id = ?", ((recipe.id, face) for face in faces)
            )
            connection.executemany(
                "INSERT OR REPLACE INTO vector_failure SELECT ?1, id, ?3 FROM face WHERE id = ?2",
                ((recipe.id, face, why) for face, why in failures.items()),
            )
        self._overwrite(
            [(recipe.hash, recipe.dim, chunk, row) for row, face in enumerate(faces) if face not in here]
        )  # of whom was removed for good nothing stays
        return stored

    def rows(self, recipe: StoredRecipe, *, hidden: bool = True) -> VectorRows:
        """Return what `load` does, to be read part by part: never are all in memory."""
        which = "" if hidden else f"{_OF_IMAGES} WHERE i.hidden = 0"
        return VectorRows(self, recipe, self._table(recipe, "v.face_id", which))

    def rows_of_images(self, recipe: StoredRecipe, *, hidden: bool = True) -> VectorRows:
        """Return what `of_images` does, to be read part by part."""
        return VectorRows(self, recipe, self._table(recipe, "f.image_id", _largest(hidden)))

    def read(self, recipe: StoredRecipe, table: Ids) -> Floats:
        """Return the vectors of some rows of `_table`."""
        out = np.empty((len(table), recipe.dim), dtype=np.float32)
        for where, rows in self.parts(recipe, table):
            out[where] = rows
        return out

    def load(self, recipe: StoredRecipe, *, hidden: bool = True) -> tuple[Ids, Floats]:
        """Return face ids (ascending) and their vectors, shape (n, dim), float32; with or without those of hidden images."""
        return self._load(recipe, "v.face_id", "" if hidden else f"{_OF_IMAGES} WHERE i.hidden = 0")

    def of_images(self, recipe: StoredRecipe, *, hidden: bool = True, among: Ids | None = None) -> tuple[Ids, Floats]:
        """Return the ids of images (of some, if `among` says which) and the vector of each one's largest face; images without one are left out."""
        return self._load(recipe, "f.image_id", _largest(hidden), among)

    def images_with(self, recipe: StoredRecipe) -> int:
        """Return how many images have a vector of a recipe for their largest face."""
        found: int = self._db.value(f"SELECT count(*) FROM vector v{_largest(True)} AND v.recipe_id = ?", (recipe.id,))
        return found

    def _load(self, recipe: StoredRecipe, number: str, which: str, among: Ids | None = None) -> tuple[Ids, Floats]:
        table = self._table(recipe, number, which)
        if among is not None:
            table = table[np.isin(table[:, 0], among)]
        return table[:, 0].copy(), self.read(recipe, table)

    def _table(self, recipe: StoredRecipe, number: str, which: str) -> Ids:
        """Return (number, file, row in it) of each vector, in order of its face."""
        return self._db.integers(
            (number, "v.chunk", "v.row"),
            f"FROM vector v{which} {'AND' if which else 'WHERE'} v.recipe_id = ? ORDER BY v.face_id",
            (recipe.id,),
        )

    def parts(self, recipe: StoredRecipe, table: Ids) -> Iterator[tuple[Ids, Floats]]:
        """Yield the vectors of rows of `_table` as (places in it, vectors), one file after the other."""
        chunks = _by_chunk(table)
        for where in (part for chunk in chunks for part in np.split(chunk, range(_AT_ONCE, len(chunk), _AT_ONCE))):
            path = self._chunk(recipe.hash, int(table[where[0], 1]))
            try:
                rows = read_rows(path, recipe.dim, table[where, 2])
            except DamagedFileError as error:
                raise JobFailed(
                    tr(
                        "The file of embeddings {path} is missing or damaged ({why}). Nothing else is lost: what it still holds, "
                        "faces, labels and other embeddings are kept. {remedy}",
                        path=path,
                        why=error,
                        remedy=how_to_mend(self, recipe),
                    )
                ) from error
            yield where, rows

    def faces(self, recipe: StoredRecipe, *, hidden: bool = True) -> Ids:
        """Return the faces that have a vector of a recipe, ascending; with or without those of hidden images."""
        where = "WHERE" if hidden else f"{_OF_IMAGES} WHERE i.hidden = 0 AND"
        rows = self._db.rows(f"SELECT v.face_id FROM vector v {where} v.recipe_id = ? ORDER BY v.face_id", (recipe.id,))
        return np.array([row[0] for row in rows], dtype=np.int64)

    def count(self, recipe: StoredRecipe) -> int:
        """Return how many faces have a vector of a recipe."""
        found: int = self._db.value("SELECT count(*) FROM vector WHERE recipe_id = ?", (recipe.id,))
        return found

    def failures(self, recipe: StoredRecipe) -> list[tuple[int, str]]:
        """Return (its image, why) of each face that could not be encoded."""
        return self._db.rows(
            f"SELECT i.id, v.why FROM vector_failure v{_OF_IMAGES} WHERE v.recipe_id = ? ORDER BY v.face_id",
            (recipe.id,),
        )

    def why_failed(self, recipe: StoredRecipe, faces: Sequence[int]) -> dict[int, str]:
        """Return why faces, of some, could not be encoded, by image."""
        return dict(
            self._db.rows(
                f"SELECT f.image_id, v.why FROM vector_failure v{_OF_IMAGES} WHERE v.recipe_id = ?"
                " AND v.face_id IN (SELECT value FROM json_each(?)) ORDER BY v.face_id",
                (recipe.id, json.dumps(faces)),
            )
        )

    def blank(self, faces: Sequence[int]) -> None:
        """Overwrite the vectors of some faces with zeros in their files, for good; their rows stay, kept neighbours go."""
        rows = self._db.rows(
            "SELECT r.hash, r.dim, v.chunk, v.row FROM vector v JOIN recipe r ON r.id = v.recipe_id"
            " WHERE v.face_id IN (SELECT value FROM json_each(?))",
            (json.dumps(faces),),
        )
        for recipe in {row[0] for row in rows}:
            for path in (self.folder / recipe).glob(NEIGHBOURS.format(metric="*") + "*"):
                path.unlink()
        self._overwrite(rows)

    def _overwrite(self, rows: Iterable[tuple[str, int, int, int]]) -> None:
        """Write zeros over vectors, each given by its recipe's hash, its length, file and row there."""
        for recipe, dim, chunk, row in rows:
            path = self._chunk(recipe, chunk)
            if path.exists():
                with path.open("r+b") as file:
                    file.seek(row * dim * 4)
                    file.write(bytes(dim * 4))
                forget_sums(path, row)

    def _chunk(self, recipe: str, number: int) -> Path:
        return self.folder / recipe / f"{number:06d}.f32"


def _largest(hidden: bool) -> str:
    """Return the part of a query of vectors that takes the largest face of each image."""
    return f"{_OF_IMAGES} WHERE f.place = 0" + ("" if hidden else " AND i.hidden = 0")


def _existing(connection: apsw.Connection, faces: Sequence[int]) -> set[int]:
    """Return those of some faces that the project has."""
    rows = connection.execute("SELECT id FROM face WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(faces),))
    return {int(number) for (number,) in rows}


def _note_sums(connection: apsw.Connection, recipe: StoredRecipe) -> None:
    """Note that checksums are kept of a recipe's vectors: where they are gone later, that is told."""
    key = f"{_SUMS}{recipe.hash}"
    if connection.execute("SELECT 1 FROM meta WHERE key = ?", (key,)).fetchone() is None:
        connection.execute("INSERT INTO meta VALUES (?, 'kept')", (key,))


def _by_chunk(table: Ids) -> list[Ids]:
    """Return the places in a table of vectors, those of each file together."""
    order = np.argsort(table[:, 1], kind="stable")
    ends = np.flatnonzero(np.diff(table[order, 1])) + 1
    return np.split(order, ends) if len(table) else []


def _write_chunk(home: Path, vectors: Floats, without: Ids = _NO_ROWS) -> int:
    """Write vectors to a file of their own, some `without` a checksum, and sync it to disk; returns its number."""
    chunk, handle = _new_chunk(home)
    path = home / f"{chunk:06d}.f32"
    keep_zeros(path, vectors)
    keep_sums(path, vectors)
    for row in without.tolist():
        forget_sums(path, row)
    with os.fdopen(handle, "wb") as file:
        file.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        file.flush()
        os.fsync(file.fileno())
    return chunk


def _new_chunk(home: Path) -> tuple[int, int]:
    """Claim the next free chunk number; two writers never get the same."""
    number = max((int(p.stem) for p in home.glob("*.f32")), default=0)
    while True:
        number += 1
        try:
            return number, os.open(home / f"{number:06d}.f32", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
