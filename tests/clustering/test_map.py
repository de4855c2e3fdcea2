"""The map: principal components and t-SNE, kept with the project, written as tables and pictures."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from fairdesk.cli import run as main
from fairdesk.clustering.maps.face_map import coloured, map_points, read_layout, told_later
from fairdesk.clustering.maps.job import draw_map
from fairdesk.clustering.maps.map_layouts import principal_components, t_sne
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, MapParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.clustering.verdicts.edits import confirm, ignore, say_different
from fairdesk.clustering.version_basis import recipe_of_version
from fairdesk.dataset.purge import purge
from fairdesk.errors import RequestError, Stopped
from fairdesk.figures.point_raster import as_pixels, blended, colours, draw_points
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import images_of_faces
from fairdesk.project.images import hide_images
from fairdesk.project.layouts import kept_layout
from fairdesk.project.recipes import Recipe


def heaps(people=12, images=20, dim=16, seed=0):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), images)
    return (rng.normal(size=(people, dim))[who] + rng.normal(scale=0.1, size=(len(who), dim))).astype(np.float32), who


@pytest.mark.parametrize("shape", [(200, 16), (3, 16), (40, 2), (40, 1), (1, 4)])
def test_principal_components_are_scikit_learns(shape):
    vectors = np.random.default_rng(3).normal(size=shape).astype(np.float32) * np.linspace(3, 1, shape[1])
    found = principal_components(vectors.astype(np.float32))
    assert found.shape == (len(vectors), 2)
    wanted = min(2, *shape) if shape[0] > 1 else 0
    if wanted:
        expected = PCA(wanted, svd_solver="full").fit_transform(vectors)
        np.testing.assert_allclose(np.abs(found[:, :wanted]), np.abs(expected), atol=1e-3)


def test_t_sne_keeps_people_together_and_repeats_itself():
    vectors, who = heaps()
    told = []
    first = t_sne(vectors, 15, 1, lambda done, of: told.append((done, of)))
    assert told == sorted(told) and told[-1][0] == told[-1][1] and len(told) > 50
    away = ((first[:, None] - first[None]) ** 2).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    assert (who[away.argmin(axis=1)] == who).all()
    np.testing.assert_array_equal(first, t_sne(vectors, 15, 1, lambda *_: None))
    assert not np.allclose(first, t_sne(vectors, 15, 2, lambda *_: None))


def test_a_layout_is_kept_and_used_again(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    recipe = filled.vectors.choose().recipe
    with pytest.raises(Stopped):
        draw_map(MapParams(), QuietContext(filled, stop_after=5))
    assert kept_layout(filled, recipe, "tsne") is None
    made = draw_map(MapParams(seed=4), QuietContext(filled))
    assert (made.faces, made.version, made.seed, made.method) == (40, 1, 4, "tsne")
    kept = kept_layout(filled, recipe, "tsne")
    again = QuietContext(filled)
    draw_map(MapParams(seed=4), again)
    assert any("used again" in text for text in again.messages)
    other = QuietContext(filled)
    draw_map(MapParams(seed=5), other)
    assert not other.messages and not np.array_equal(kept.places, kept_layout(filled, recipe, "tsne").places)
    path = filled.vectors.folder / recipe.hash / "map-tsne.npz"
    path.write_bytes(path.read_bytes()[:200])
    assert kept_layout(filled, recipe, "tsne") is None  # damaged: made again
    draw_map(MapParams(seed=5), QuietContext(filled))
    assert kept_layout(filled, recipe, "tsne") is not None


def test_points_and_their_colours(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    recipe = filled.vectors.choose().recipe
    first, second, third, fourth = clusters(filled, 1)[:4]
    confirm(filled, 1, faces_of(filled, first.id)[:2], first)
    say_different(filled, first, second)
    ignore(filled, 1, faces_of(filled, third.id)[:1])
    layout = read_layout(filled, recipe, "pca")
    points = map_points(filled, recipe, 1, layout)
    assert len(points.faces) == 40 and not points.later and told_later(points) == ""
    by = coloured(filled, recipe, points, "cluster")
    assert by.sizes().tolist() == [one.faces for one in clusters(filled, 1) if one.label >= 0]
    assert [by.numbers[n] for n in by.of[np.isin(points.faces, faces_of(filled, fourth.id))]] == [fourth.id] * 5
    groups = coloured(filled, recipe, points, "group")
    assert sorted(groups.titles) == ["g0", "g1"] and groups.sizes().tolist() == [20, 20]
    people = coloured(filled, recipe, points, "identity")
    assert len(people.titles) == 8 and all("(g" in title for title in people.titles)
    said = coloured(filled, recipe, points, "verdict")
    named = dict(zip(said.titles, said.sizes().tolist(), strict=True))
    assert named == {"confirmed": 2, "not this person": 0, "ignored": 1, "same person": 0, "different people": 8}
    shorter = layout.__class__(layout.faces[5:], layout.places[5:], "pca", 0)
    assert map_points(filled, recipe, 1, shorter).later == 5 and "5 faces came after" in told_later(
        map_points(filled, recipe, 1, shorter)
    )
    assert len(map_points(filled, recipe, None, shorter).faces) == 35


def test_hidden_images_are_not_said_to_be_missing(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    recipe = filled.vectors.choose().recipe
    hidden = list(images_of_faces(filled, faces_of(filled, clusters(filled, 1)[0].id)).values())
    hide_images(filled, hidden)
    draw_map(MapParams(), QuietContext(filled))
    layout = kept_layout(filled, recipe, "tsne")
    points = map_points(filled, recipe, 1, layout)
    assert len(layout.faces) == len(points.faces) == 35 and points.later == 0
    filled.journal.undo()  # the images are shown again
    assert map_points(filled, recipe, 1, layout).later == 5
    assert len(read_layout(filled, recipe, "pca").faces) == 40


def test_a_purged_person_leaves_the_maps(filled):
    recipe = filled.vectors.choose().recipe
    draw_map(MapParams(method="pca"), QuietContext(filled))
    draw_map(MapParams(), QuietContext(filled))
    gone = kept_layout(filled, recipe, "pca").faces[:3].tolist()
    purge(filled, list(images_of_faces(filled, gone).values()))
    for method in ("pca", "tsne"):
        left = kept_layout(filled, recipe, method)
        assert len(left.faces) == 37 and not set(gone) & set(left.faces.tolist())


def test_the_verb_writes_tables_and_a_picture(filled, tmp_path, capsys):
    import pyarrow.parquet

    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    folder = str(filled.folder)
    assert main(["map", folder, "--method", "pca", "--out", str(tmp_path / "m.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faces"] == 40 and told["method"] == "pca" and told["encoder"] == "made-up"
    lines = (tmp_path / "m.csv").read_text().splitlines()
    assert lines[0] == "face,path,x,y,cluster,identity,group,verdict,synthetic,method,seed" and len(lines) == 41
    assert lines[1].split(",")[4].startswith("Cluster ") and lines[1].split(",")[6] == "g0"
    assert main(["map", folder, "--seed", "2", "--out", str(tmp_path / "m.parquet")]) == 0
    table = pyarrow.parquet.read_table(tmp_path / "m.parquet")
    assert (
        table.num_rows == 40 and set(table["seed"].to_pylist()) == {2} and set(table["method"].to_pylist()) == {"tsne"}
    )
    assert main(["map", folder, "--method", "pca", "--colour-by", "group", "--out", str(tmp_path / "m.png")]) == 0
    colour = tuple(int(colours(2)[0][at : at + 2], 16) for at in (1, 3, 5))
    with Image.open(tmp_path / "m.png") as picture:
        assert colour in {found for _, found in picture.convert("RGB").getcolors(1 << 20)}
    capsys.readouterr()
    for wrong, why in (
        (["--out", "m.xls"], "must end in"),
        (["--version", "7"], "no clustering 7"),
        (["--version", "1", "--detector", "hog"], "not both"),
        (["--encoder", "nobody"], "nobody"),
        (["--perplexity", "1"], "perplexity"),
    ):
        assert main(["map", folder, *wrong]) == 2
        assert why in capsys.readouterr().err


def test_a_map_without_clusters_or_with_few_faces(filled, project_at, tmp_path):
    assert draw_map(MapParams(method="pca"), QuietContext(filled)).version is None
    with pytest.raises(RequestError, match="at least 5 faces; there are 4"):
        t_sne(np.eye(4, dtype=np.float32), 30, 0, lambda *_: None)
    other = filled.vectors.register(Recipe("other", "whole", "none", 4, "cosine", "none"))
    filled.vectors.append(other, filled.vectors.missing(other)[:6], np.eye(6, 4, dtype=np.float32) + 1, {})
    assert draw_map(MapParams(encoder="other"), QuietContext(filled)).faces == 6
    assert recipe_of_version(filled, None).encoder == "other"


def test_discs_lie_where_their_points_are():
    canvas = np.zeros((20, 30), dtype=np.uint32)
    x, y = np.array([5, 29, -1, 500], np.int32), np.array([5, 19, 10, -7], np.int32)
    draw_points(canvas, x, y, np.arange(1, 5, dtype=np.uint32), 1)
    assert canvas[5, 4] == 1 and canvas[5, 6] == 1 and canvas[4, 5] == 1 and canvas[4, 4] == 0
    draw_points(canvas, np.array([5], np.int32), np.array([6], np.int32), np.array([5], np.uint32), 1)
    assert canvas[6, 5] == 5 and canvas[5, 5] == 5 and canvas[4, 5] == 1  # what comes later is on top
    assert canvas[19, 29] == 2 and canvas[10, 0] == 3 and set(np.unique(canvas)) == {0, 1, 2, 3, 5}
    for count in (1, 7, 8, 500):
        assert len(set(colours(count))) == count
    assert blended(as_pixels(["#ff0000"]), 0xFFFFFFFF, 0.5).tolist() == [0xFFFF8080]
