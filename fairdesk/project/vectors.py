"""Vectors on disk: float32 chunks that are never rewritten, in a folder named by how they were made."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import JobFailed, RequestError
from fairdesk.project.database import Database

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a vector's numbers are."""

    encoder: str
    detector: str
    alignment: str
    dim: int
    metric: str  # "euclidean" or "cosine": how two such vectors are compared
    weights: str  # the weights' SHA-256, or a published name
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """16 hex digits that name the recipe's folder."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StoredRecipe:
    """A recipe as the catalogue knows it."""

    id: int
    hash: str
    encoder: str
    detector: str
    dim: int
    metric: str


class VectorStore:
    """The vectors of one project."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._db = database

    def register(self, recipe: Recipe) -> StoredRecipe:
        """Return the stored recipe, made on first use."""
        home = self.folder / recipe.hash
        home.mkdir(parents=True, exist_ok=True)
        described = home / "recipe.json"
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
            "SELECT id, hash, encoder, detector, dim, metric FROM recipe WHERE " + where + " ORDER BY id DESC LIMIT 1",
            bindings,
        )
        return StoredRecipe(*rows[0]) if rows else None

    def by_id(self, number: int) -> StoredRecipe | None:
        """Return a recipe by its catalogue id."""
        return self._select("id = ?", number)

    def find(self, encoder: str) -> StoredRecipe:
        """Return the newest recipe of an encoder that has vectors.

        Raises
        ------
        RequestError
            If the project has no vectors of this encoder.
        """
        kind, colon, file = encoder.partition(":")
        if colon and kind in ("arcface", "onnx"):  # named by their file, wherever it lies
            path = Path(file)
            encoder = f"{kind}:{path.parent.name if path.name == 'backbone.safetensors' else path.name}"
        found = self._select("encoder = ? AND EXISTS (SELECT 1 FROM vector WHERE recipe_id = recipe.id)", encoder)
        if found is None:
            have = [r[0] for r in self._db.rows("SELECT DISTINCT encoder FROM recipe ORDER BY encoder")]
            known = f" It has: {', '.join(have)}." if have else ""
            raise RequestError(
                f"The project has no vectors of the encoder {encoder!r}.{known} "
                f"Encode first: fairdesk encode PROJECT --encoder {encoder}"
            )
        return found

    def missing(self, recipe: StoredRecipe) -> list[int]:
        """Faces of the recipe's detector that have no vector; one that failed before is tried again."""
        rows = self._db.rows(
            "SELECT id FROM face WHERE detector = ?1"
            " AND NOT EXISTS (SELECT 1 FROM vector WHERE recipe_id = ?2 AND face_id = face.id) ORDER BY id",
            (recipe.detector, recipe.id),
        )
        return [row[0] for row in rows]

    def forget_lost(self, recipe: StoredRecipe) -> int:
        """Drop rows whose chunk file is gone, so that those faces are encoded again; return how many."""
        home = self.folder / recipe.hash
        chunks = [r[0] for r in self._db.rows("SELECT DISTINCT chunk FROM vector WHERE recipe_id = ?", (recipe.id,))]
        lost = [chunk for chunk in chunks if not (home / f"{chunk:06d}.f32").is_file()]
        if not lost:
            return 0
        with self._db.transaction() as connection:
            connection.executemany(
                "DELETE FROM vector WHERE recipe_id = ? AND chunk = ?", ((recipe.id, chunk) for chunk in lost)
            )
        return len(lost)

    def append(self, recipe: StoredRecipe, faces: list[int], vectors: Floats, failures: dict[int, str]) -> None:
        """Write one chunk, sync it to disk, and only then name its rows in the catalogue."""
        chunk = 0
        if faces:
            if vectors.shape != (len(faces), recipe.dim):
                raise JobFailed(f"The encoder gave vectors of shape {vectors.shape}, not ({len(faces)}, {recipe.dim}).")
            home = self.folder / recipe.hash
            chunk, handle = _new_chunk(home)
            with os.fdopen(handle, "wb") as file:
                file.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
                file.flush()
                os.fsync(file.fileno())
        with self._db.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO vector SELECT ?1, id, ?3, ?4 FROM face WHERE id = ?2",
                ((recipe.id, face, chunk, row) for row, face in enumerate(faces)),
            )
            connection.executemany(
                "DELETE FROM vector_failure WHERE recipe_id = ? AND face_id = ?", ((recipe.id, face) for face in faces)
            )
            connection.executemany(
                "INSERT OR REPLACE INTO vector_failure SELECT ?1, id, ?3 FROM face WHERE id = ?2",
                ((recipe.id, face, why) for face, why in failures.items()),
            )

    def load(self, recipe: StoredRecipe, *, largest_only: bool = False) -> tuple[Ids, Floats]:
        """Return all face ids (ascending) and their vectors, shape (n, dim), float32."""
        sql = "SELECT v.face_id, v.chunk, v.row FROM vector v"
        if largest_only:
            sql += " JOIN face f ON f.id = v.face_id AND f.place = 0"
        rows = self._db.rows(sql + " WHERE v.recipe_id = ? ORDER BY v.face_id", (recipe.id,))
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        out = np.empty((len(table), recipe.dim), dtype=np.float32)
        for chunk in np.unique(table[:, 1]):
            path = self.folder / recipe.hash / f"{chunk:06d}.f32"
            where = table[:, 1] == chunk
            try:
                data = np.fromfile(path, dtype="<f4").reshape(-1, recipe.dim)
                out[where] = data[table[where, 2]]
            except (OSError, ValueError, IndexError) as error:
                raise JobFailed(
                    f"The vector file {path} is missing or damaged. Delete the folder {path.parent}, "
                    f"then encode again with {recipe.encoder}."
                ) from error
        return table[:, 0].copy(), out


def _new_chunk(home: Path) -> tuple[int, int]:
    """Claim the next free chunk number; two writers never get the same."""
    number = max((int(p.stem) for p in home.glob("*.f32")), default=0)
    while True:
        number += 1
        try:
            return number, os.open(home / f"{number:06d}.f32", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
