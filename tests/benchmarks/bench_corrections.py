"""Answers a person must give until clusters are right (BCubed F1 .99), against moving wrong faces by hand and against asking the nearest pairs.

`python -m tests.benchmarks corrections FILE.npz ...` takes any vectors with identities. The person knows the truth but sees
only the faces that are shown; one who errs gives the opposite answer 3 times in 100.
"""

import importlib.util
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.methods.by_name import cluster_vectors
from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.bunches import measure as measured_by
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.questions import Kind, answered_sides, questions

WANTED, SLIPS, MOST = 0.99, 0.03, 0.5
RELEARN_FIRST, RELEARN = 10, 5  # answers after which everything is worked out again, as the window does
SHARED = Path(__file__).resolve().parents[3] / "shared"


def f1(labels, truth):
    return agreement(labels, truth).bcubed_f1


def apart(labels):
    """Give unclustered faces clusters of their own."""
    labels = labels.copy()
    loose = labels < 0
    labels[loose] = labels.max(initial=-1) + 1 + np.arange(loose.sum())
    return np.unique(labels, return_inverse=True)[1]


def by_hand(labels, truth):
    """Moves a face if each wrong face is moved once: to the cluster that holds most of its person's faces."""
    cells = coo_matrix((np.ones(len(truth)), (apart(labels), truth))).tocsc()
    return (len(truth) - cells.max(axis=0).toarray().sum()) / len(truth)


def parted_by_hand(labels, truth):
    """The same where each cluster can be one person's only, so that mixed clusters are parted face by face."""
    cells = coo_matrix((np.ones(len(truth)), (apart(labels), truth))).toarray()
    return (len(truth) - cells[linear_sum_assignment(-cells)].sum()) / len(truth)


def nearest_pairs(vectors, labels, truth):
    """Answers if clusters are asked about in the order of their centres' distance, and nothing that follows by logic."""
    own = apart(labels)
    count = own.max() + 1
    means = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    np.add.at(means, own, vectors)
    means /= np.bincount(own)[:, None]
    found, squared = nearest(means, min(30, count - 1))
    order = np.argsort(squared, axis=None, kind="stable")
    pairs = np.stack([np.repeat(np.arange(count), found.shape[1]), found.ravel()], axis=1)[order]
    person = np.array([Counter(truth[own == c].tolist()).most_common(1)[0][0] for c in range(count)])
    group, answers, different, asked = np.arange(count), 0, set(), set()
    for a, b in pairs.tolist():
        if f1(group[own], truth) >= WANTED if answers % 50 == 0 else False:
            return answers / len(truth), True
        x, y = sorted((int(group[a]), int(group[b])))
        if x == y or (x, y) in different or (min(a, b), max(a, b)) in asked:
            continue
        asked.add((min(a, b), max(a, b)))
        answers += 1
        if person[a] == person[b]:
            group[group == y] = x
            different = {
                (min(p, q), max(p, q)) for p, q in ((x if u == y else u, x if w == y else w) for u, w in different)
            }
        else:
            different.add((x, y))
        if answers > MOST * len(truth):
            break
    return answers / len(truth), f1(group[own], truth) >= WANTED


def says(question, truth):
    """What a person who knows everyone says of the faces shown: yes, no, or, where a side is mixed, that they cannot tell."""
    shown = (question.shown_first, question.shown_second)
    sides = [set(truth[side].tolist()) for side in shown]
    if any(len(side) > 1 for side in sides):
        return None
    same = sides[0] == sides[1]
    return same != (question.kind is Kind.SPLIT)


def review(vectors, truth, slips=0.0, seed=0, labels=None):
    """Answer until F1 is .99, or for one who errs until the queue thinks so too; returns answers, F1 at the start and now."""
    rng = np.random.default_rng(seed)
    session = Review(vectors, measured=measured_by(vectors, labels=labels))
    answers = wrong = 0
    start = now = f1(session.labels(), truth)
    slowest = 0.0
    while now < WANTED and answers < MOST * len(truth):
        asked = questions(session, vectors, 1)
        if not asked:
            break
        said = says(asked[0], truth)
        answers += 1
        begin = time.perf_counter()
        if said is None:
            session.not_sure(asked[0].candidate, answered_sides(asked[0]))
        else:
            if rng.random() < slips:
                said, wrong = not said, wrong + 1
            seen = answered_sides(asked[0])
            session.answer(asked[0].candidate, same=said != (asked[0].kind is Kind.SPLIT), seen=seen)
            session.follow()
            slowest = max(slowest, time.perf_counter() - begin)
            if answers <= RELEARN_FIRST or answers % RELEARN == 0:
                session.relearn()
        now = f1(session.labels(), truth)
    return answers, start, now, wrong, slowest


def measure(name, vectors, truth):
    n = len(truth)
    labels = cluster_vectors(vectors, ClusterParams(), "euclidean").labels
    hand = by_hand(labels, truth)
    answers, start, now, _, slowest = review(vectors, truth, labels=labels)
    erring, _, reached, wrong, _ = review(vectors, truth, SLIPS, labels=labels)
    pairs, enough = nearest_pairs(vectors, labels, truth)
    print(f"{name}: answers {answers} of {n} faces ({answers / n:.4f} a face), F1 {now:.4f}; by hand {hand:.3f} a face")
    print(
        f"    F1 of DBSCAN .5 {f1(labels, truth):.3f}, before the first answer {start:.3f}; by hand {parted_by_hand(labels, truth):.3f} with mixed clusters parted;"
        f" nearest pairs {pairs:.3f} a face"
        f"{'' if enough else ', .99 not reached'}; slowest answer {slowest * 1000:.0f} ms;"
        f" with slips {erring} answers ({wrong} wrong), F1 {reached:.4f}",
        flush=True,
    )


def _loaded(path):
    with np.load(path) as data:
        names = data["identities"].astype(str)
        known = names != ""
        return data["vectors"].astype(np.float32)[known], np.unique(names[known], return_inverse=True)[1]


def _made():
    """The four sets of the truth beside the project, seeds 1 to 3."""
    spec = importlib.util.spec_from_file_location("make_vectors", SHARED / "truth" / "clustering" / "make.py")
    if not Path(spec.origin).is_file():
        print("the sets' maker (../shared/truth/clustering) is not on this machine")
        return
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.SETS:
        for seed in (1, 2, 3):
            made = module.make(name, seed)
            yield f"{name} {seed}", made["vectors"], np.unique(made["identities"], return_inverse=True)[1]


def _encoded():
    """The photographs beside the project, and drawn faces, encoded by dlib."""
    from fairdesk.cli import run

    with tempfile.TemporaryDirectory() as folder:
        home, out, sys.stdout = Path(folder), sys.stdout, sys.stderr
        try:
            photographs = home / "lfw10 + johns"
            for one in ("lfw10", "johns"):
                for person in sorted((SHARED / "data" / "faces" / one).glob("*")):
                    photographs.mkdir(exist_ok=True)
                    (photographs / person.name).symlink_to(person)
            run(["samples", str(home / "drawn"), "--identities", "10", "--images", "10"])
            for faces in (photographs, home / "drawn"):
                if not faces.exists():
                    continue
                project, vectors = home / f"{faces.name}.fairdesk", home / f"{faces.name}.npz"
                layout = ["--layout", "identity"] if faces is photographs else []
                for line in (["new"], ["import", str(faces), *layout], ["encode"], ["vectors", "--encoder", "dlib", "--out", str(vectors)]):  # fmt: skip
                    if run([line[0], str(project), *line[1:]]):
                        raise SystemExit(f"{line[0]} failed")
                yield faces.name, *_loaded(vectors)
        finally:
            sys.stdout = out


def main(files=()):
    found = ((Path(file).name, *_loaded(file)) for file in files) if files else (*_made(), *list(_encoded()))
    for name, vectors, truth in found:
        measure(name, vectors, truth)
