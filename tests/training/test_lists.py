"""Benchmark lists beside the held-out identities: InsightFace's .bin read with care, pair lists, and nobody on both sides unseen."""

import io
import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.model_selection import KFold

from fairdesk.errors import RequestError
from fairdesk.images.insightface_bins import read_bin
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.training_logs import read_log
from fairdesk.training.evaluation_lists import read_lists
from fairdesk.training.heldout_evaluation import fold_accuracy
from fairdesk.training.recogniser_training import train_recogniser as train
from tests.conftest import SHARED, plain_images
from tests.training.test_sharing import options

pytestmark = pytest.mark.filterwarnings("ignore")


def picture(seed, side=112):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def bin_file(tmp_path):
    """20 pairs, as InsightFace writes them; one picture cannot be read."""
    same = [n % 2 == 0 for n in range(20)]
    pictures = []
    for n, flag in enumerate(same):
        pictures += [picture(n), picture(n if flag else 100 + n, 112 if flag else 90)]
    pictures[7] = b"no picture"
    path = tmp_path / "agedb_30.bin"
    path.write_bytes(pickle.dumps((pictures, same)))
    return path


def test_bins_of_every_kind(bin_file, tmp_path):
    found, same = read_bin(bin_file)
    assert len(found) == 40 and same.tolist() == [n % 2 == 0 for n in range(20)]
    arrays = tmp_path / "arrays.bin"  # as mxnet's pictures become
    for protocol in (2, 4):
        arrays.write_bytes(pickle.dumps(([np.frombuffer(one, np.uint8) for one in found], np.array(same)), protocol))
        assert read_bin(arrays)[0] == found
    python2 = tmp_path / "old.bin"
    python2.write_bytes(b"(lp0\nS'ab'\np1\naS'cd'\np2\na(lp3\nI01\na\x86.".replace(b"\x86.", b"\x86."))
    assert read_bin(python2)[0] == [b"ab", b"cd"]


def _decoded(kind):
    """Six pairs of decoded pictures, as people write them who know no better."""
    same = [n % 2 == 0 for n in range(6)]
    pictures = [np.full((112, 112, 3), (n, 2 * n, 3 * n), np.uint8) for n in range(12)]
    return {
        "list": (pictures, same), "one array": (np.stack(pictures), np.array(same)), "grey": ([one[..., 0] for one in pictures], same),
        "an axis for grey": ([one[..., :1] for one in pictures], same), "dictionary": {"bins": pictures, "issame_list": same},
        "dictionary of bytes": {b"bins": [picture(n) for n in range(12)], b"issame_list": same}, "another size": ([one[:60, :80] for one in pictures], same),
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["list", "one array", "grey", "an axis for grey", "dictionary", "dictionary of bytes", "another size"]
)
def test_decoded_pictures_and_dictionaries_are_read(tmp_path, kind):
    (tmp_path / "own.bin").write_bytes(pickle.dumps(_decoded(kind)))
    context = QuietContext()
    (one,) = read_lists([tmp_path / "own.bin"], None, "centre", context)
    assert (one.left_out, one.pairs) == (0, 6) and one.exam.pixels.shape == (12, 112, 112, 3)
    if kind in ("list", "one array", "dictionary"):
        assert one.exam.pixels[5, 0, 0].tolist() == [5, 10, 15]
    assert any("taken as RGB" in text for text in context.messages) == (kind != "dictionary of bytes")


def test_a_list_without_one_pair_is_refused_before_training(tmp_path):
    (tmp_path / "own.bin").write_bytes(pickle.dumps(([b"no picture"] * 4, [True, False])))
    with pytest.raises(RequestError, match=r"No pair of .*own\.bin has two images that can be read"):
        read_lists([tmp_path / "own.bin"], None, "centre", QuietContext())


def test_the_case_of_the_field():
    path = SHARED / "cases" / "field" / "pixel-bin" / "own.bin"
    if not path.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    (one,) = read_lists([path], None, "centre", QuietContext())
    assert (one.left_out, one.pairs) == (0, 2)


def test_hostile_and_broken_bins(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (__import__("os").system, (f"touch {tmp_path / 'was-run'}",))

    path = tmp_path / "x.bin"
    for data in (
        pickle.dumps(([Hostile()], [True])),
        b"",
        b"rubbish",
        pickle.dumps(([b"a"], [True, False])),
        pickle.dumps({"a": 1}),
    ):
        path.write_bytes(data)
        with pytest.raises(RequestError, match=r"never runs code"):
            read_bin(path)
    assert not (tmp_path / "was-run").exists()


def test_accuracy_by_folds_as_insightface_has_it():
    """Its evaluate.py: KFold without shuffling, the threshold that is best on the other folds."""
    rng = np.random.default_rng(3)
    same = rng.random(200) < 0.5
    scores = rng.normal(size=200) + same
    folds = np.repeat(np.arange(10), 20)
    wanted = []
    grid = np.unique(scores)
    for rest, own in KFold(10, shuffle=False).split(scores):
        accuracy = [((scores[rest] >= t) == same[rest]).mean() for t in grid]
        best = [((scores[own] >= grid[i]) == same[own]).mean() for i in np.flatnonzero(accuracy == np.max(accuracy))]
        wanted.append((min(best), max(best)))  # thresholds may tie
    got = fold_accuracy(scores, same, folds)
    assert np.mean([low for low, _ in wanted]) - 1e-9 <= got <= np.mean([high for _, high in wanted]) + 1e-9


def test_a_run_is_evaluated_on_lists(bin_file, tmp_path):
    folder = plain_images(tmp_path / "in", 2, 4, 4, side=40)
    others = plain_images(tmp_path / "others", 2, 3, 4, side=40)
    rows = ["path1,path2,label,group1,group2,subject1,subject2"]
    for group in ("g0", "g1"):
        for n in range(3):
            here, other = (f"id{group[1]}{k % 3}" for k in (n, n + 1))
            rows.append(f"{group}/{here}/000.png,{group}/{here}/001.png,1,{group},{group},s{group}{n},s{group}{n}")
            rows.append(
                f"{group}/{here}/000.png,{group}/{other}/002.png,0,{group},{group},s{group}{n},s{group}{(n + 1) % 3}"
            )
    pairs = tmp_path / "mine.csv"
    pairs.write_text("\n".join(rows))
    context = QuietContext()
    result = train(options(folder, tmp_path / "run", evaluate_on=[bin_file, pairs], images_of_lists=others), context)
    assert {
        "EER",
        "agedb_30 accuracy",
        "agedb_30 EER",
        "mine accuracy",
        "mine EER",
        "mine EER[g0]",
        "mine EER gap",
    } <= set(result.error_rates)
    assert len(read_log(tmp_path / "run" / "metrics.csv").series["mine EER"]) == 2
    assert any("1 of 20 pairs is left out" in text for text in context.messages) and any(
        "names nobody" in text for text in context.messages
    )
    assert "agedb_30 EER" in (tmp_path / "run" / "model-card.md").read_text()


def test_a_network_that_sees_every_pixel_tells_equal_pictures(bin_file):
    (listed,) = read_lists([bin_file], None, "auto", QuietContext())
    network = torch.nn.Sequential(torch.nn.AvgPool2d(7), torch.nn.Flatten(), torch.nn.BatchNorm1d(768, affine=False))
    figures = listed.exam.figures(network, "cpu")
    assert figures["agedb_30 EER"] == 0 and figures["agedb_30 accuracy"] == 1
    assert (listed.pairs, listed.left_out, listed.people) == (20, 1, frozenset())


def test_people_of_a_list_are_not_trained_on_unless_allowed(tmp_path):
    folder = plain_images(tmp_path / "in", 2, 4, 4, side=40)
    first, second = sorted((folder / "g0" / "id00").iterdir())[:2]
    pairs = tmp_path / "pairs.txt"
    pairs.write_text(f"{first} {second} 1\n{first} {folder / 'g1' / 'id10' / second.name} 0\n")
    common = {"evaluate_on": [pairs], "validation": 0.0, "epochs": 1}
    with pytest.raises(
        RequestError, match=r"2 people of the training images are also in the lists, for example id00 in pairs"
    ):
        train(options(folder, tmp_path / "a", **common), QuietContext())
    assert not (tmp_path / "a").exists()
    context = QuietContext()
    assert train(options(folder, tmp_path / "b", overlap="leave-out", **common), context).identities == 6
    assert any("8 images of 2 people who occur in the lists are left out" in text for text in context.messages)
    context = QuietContext()
    assert train(options(folder, tmp_path / "c", overlap="allow", **common), context).identities == 8
    assert any("say nothing about unseen people" in text for text in context.messages)
    with pytest.raises(RequestError, match="Two lists are called"):
        read_lists([pairs, pairs], None, "whole", QuietContext())
    lost = tmp_path / "lost.txt"
    lost.write_text("no/a.jpg no/b.jpg 1\n")
    with pytest.raises(RequestError, match="No image has a face"):
        read_lists([lost], None, "whole", QuietContext())


def test_lists_of_others_find_their_images_below_a_folder(tmp_path):
    """RFW's names without its group's folder, a list of Windows, and PNG where the list says JPEG."""
    for name in ("m.0a_0001", "m.0a_0002", "m.0b_0001"):
        place = tmp_path / "in" / "GroupA" / name[:4] / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(len(name)))
    (tmp_path / "GroupA_pairs.txt").write_text("m.0a\t1\t2\nm.0a\t1\tm.0b\t1\n")
    (tmp_path / "w.csv").write_text("path1,path2,label\nGroupA\\m.0a\\m.0a_0001.png,GroupA\\m.0b\\m.0b_0001.png,0\n")
    context = QuietContext()
    lists = [tmp_path / "GroupA_pairs.txt", tmp_path / "w.csv"]
    assert [(one.pairs, one.left_out) for one in read_lists(lists, tmp_path / "in", "whole", context)] == [
        (2, 0),
        (1, 0),
    ]
    assert any("end otherwise in the list than here" in text for text in context.messages)
