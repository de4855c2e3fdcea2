"""A project folder: making, opening, and the parts it consists of."""

from __future__ import annotations

import os
import shlex
import uuid
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.project.database import Database
from fairdesk.project.detections import searches
from fairdesk.project.journal import Journal
from fairdesk.project.kept_facts import NAME as FACTS
from fairdesk.project.kept_facts import FactStore
from fairdesk.project.thumbnails import ThumbnailStore
from fairdesk.project.vectors import VectorStore
from fairdesk.text_names import need_text
from fairdesk.words import tr

CATALOG = "catalog.sqlite"
SUFFIX = ".fairdesk"


class Project:
    """One open project. Safe to use from several threads; each gets its own connection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = Database(folder / CATALOG)
        self.journal = Journal(self.db)
        self.vectors = VectorStore(folder / "vectors", self.db)
        self.thumbnails = ThumbnailStore(folder / "thumbnails.sqlite")
        self.facts = FactStore(folder / FACTS)

    @classmethod
    def create(cls, folder: str | os.PathLike[str]) -> Project:
        """Make an empty project in a folder that does not exist or is empty.

        Raises
        ------
        RequestError
            If something is there already or the place cannot be written to.
        """
        path = Path(folder).expanduser().absolute()
        need_text(path)
        if (path / CATALOG).exists():
            raise RequestError(tr("{path} is a FairDesk project already. Open it, or choose another name.", path=path))
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RequestError(tr("{path} exists and is not empty. Choose a new name for the project.", path=path))
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(
                tr("Cannot make {path}: {strerror}. Choose another place.", path=path, strerror=error.strerror)
            ) from error
        project = cls(path)
        project.db.create()
        with project.db.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES ('uuid', ?)", (uuid.uuid4().hex,))
        for name in ("vectors", "runs", "exports"):
            (path / name).mkdir(exist_ok=True)
        return project

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, check_later: bool = False) -> Project:
        """Open a project.

        With `check_later` a large catalogue is not looked through yet: whoever opened it calls `db.check_pages`.

        Raises
        ------
        RequestError
            If the folder is no project, is damaged, newer, or cannot be written to.
        """
        path = Path(folder).expanduser().absolute()
        need_text(path)
        if not (path / CATALOG).is_file():
            hint = (
                tr("It holds no catalog.sqlite; make one with")
                if path.exists()
                else tr("There is no such folder: look at the path, or make a project there with")
            )
            raise RequestError(
                tr(
                    "{path} is not a FairDesk project. {hint}: fairdesk new {file}",
                    path=path,
                    hint=hint,
                    file=shlex.quote(str(path)),
                )
            )
        if not os.access(path, os.W_OK) or not os.access(path / CATALOG, os.W_OK):
            raise RequestError(
                tr(
                    "{path} is read-only. Copy the project to a place that can be written to and open it there; "
                    "nothing in it was changed.",
                    path=path,
                )
            )
        project = cls(path)
        try:
            project.db.check(large_later=check_later)
        except BaseException:
            project.close()  # else it stays locked for whoever puts a whole catalogue there
            raise
        return project

    def close(self) -> None:
        """Close all files."""
        self.db.close()
        self.thumbnails.close()
        self.facts.close()

    def exports(self, *parts: str) -> Path:
        """Return a path under `exports/`, its folder made."""
        path = self.folder.joinpath("exports", *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def new_export(self, folder: str, name: str) -> Path:
        """Return a place under `exports/FOLDER` that is not there yet: NAME, NAME 2, NAME 3 ..."""
        out, number = self.exports(folder, name), 1
        while out.exists():
            number += 1
            out = self.exports(folder, f"{name} {number}")
        return out

    def setting(self, key: str) -> str | None:
        """Read one of the project's own settings, e.g. whose faces are shown."""
        value = self.db.value("SELECT value FROM meta WHERE key = ?", (key,))
        return None if value is None else str(value)

    def set_setting(self, key: str, value: str) -> None:
        """Keep one of the project's own settings."""
        with self.db.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def roots(self) -> dict[int, Path]:
        """Return where each root of originals lies now.

        A root that is not at its recorded place but is where it lay relative to the project folder
        (both moved together) is taken from there.
        """
        found: dict[int, Path] = {}
        for number, path, relative in self.db.rows("SELECT id, path, relative FROM root"):
            place = Path(path)
            if not place.exists() and relative:
                beside = (self.folder / relative).resolve()
                place = beside if beside.exists() else place
            found[number] = place
        return found

    def last_detector(self) -> str | None:
        """The detector that looked for faces last: what an encoder without vectors takes. None: no face was looked for."""
        return self.setting("detector")

    def shown_detector(self) -> str:
        """The detector whose faces are shown, filtered by and measured: the first one used, until a person chooses another.

        Empty where no face was looked for.
        """
        return self.setting("faces shown") or self.setting("detector") or ""

    def show_faces_of(self, detector: str) -> None:
        """Choose whose faces are shown. Raises `RequestError` if this detector has looked at no image."""
        known = [one.detector for one in searches(self)]
        if detector not in known:
            raise RequestError(
                tr(
                    "The detector {detector} has looked at no image. These have: {known}.",
                    detector=detector,
                    known=", ".join(known) or "none",
                )
            )
        self.set_setting("faces shown", detector)

    def keep_first_detector(self, detector: str) -> None:
        """Remember a detector that has found something, where none was remembered yet: a first search may be stopped."""
        if self.setting("detector") is None:
            self.keep_detector(detector)

    def keep_detector(self, detector: str) -> None:
        """Remember the detector that has looked for faces; whose faces are shown does not change."""
        if self.setting("faces shown") is None:
            self.set_setting("faces shown", self.setting("detector") or detector)
        self.set_setting("detector", detector)
