"""What a file of embeddings says of how they were made: the whole recipe as JSON, so that reading it again mixes nothing that is unlike."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

from fairdesk import __version__
from fairdesk.errors import RequestError
from fairdesk.plain_json import parse
from fairdesk.project.npz import NOT_NPZ, open_npz, texts
from fairdesk.project.recipes import Recipe
from fairdesk.words import tr

FIELD = "recipe_json"


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as JSON: all that decides the numbers, what follows from that, and the program that wrote it."""
    follows = {"scaling": recipe.scaling, "mirrored": recipe.mirrored, "recipe": recipe.hash, "fairdesk": __version__}
    return json.dumps(asdict(recipe) | follows, sort_keys=True, ensure_ascii=False)


def recipe_in(path: Path) -> Recipe | None:
    """Return the recipe that an .npz says; None where it says none, or is another kind of file.

    Raises
    ------
    RequestError
        If what it says is not whole, or is not that of the hash beside it.
    """
    if path.suffix.lower() != ".npz":
        return None
    try:
        with open_npz(path) as data:
            if FIELD not in data:
                return None
            said = parse(str(texts(data, FIELD)))
        known = {one.name: said[one.name] for one in fields(Recipe)}
        recipe = Recipe(**known)
        others = (recipe.encoder, recipe.detector, recipe.alignment, recipe.weights, recipe.precision, recipe.code)
        sound = all(isinstance(one, str) for one in (*others, *recipe.versions, *recipe.versions.values()))
        if (
            sound
            and isinstance(recipe.dim, int)
            and recipe.metric in ("euclidean", "cosine")
            and said["recipe"] == recipe.hash
        ):
            return recipe
    except (*NOT_NPZ, RecursionError):  # what cannot be read at all is told by whoever reads the vectors
        pass
    raise RequestError(
        tr(
            "{path}: what it says of how its embeddings were made ({field}) is damaged. Write the file again from the project that they are of: fairdesk vectors THAT-PROJECT --out FILE.npz",
            path=path,
            field=FIELD,
        )
    )
