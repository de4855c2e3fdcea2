"""Finding and encoding faces, whole verbs with thumbnails, against the original way (face_recognition, one image after the other)."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from fairdesk.dataset.drawn_set import draw_sample_faces as draw
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, SampleFacesParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project

PHOTOGRAPHS = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces" / "lfw10"
ROUNDS = 3
_THEIRS = """
import sys, json
from pathlib import Path
import numpy as np
import face_recognition
whole, home, out = sys.argv[1] == "whole", Path(sys.argv[2]), sys.argv[3]
vectors = {}
for path in sorted(home.rglob("*.jpg")):
    image = face_recognition.load_image_file(path)
    boxes = [(0, image.shape[1], image.shape[0], 0)] if whole else face_recognition.face_locations(image)
    boxes = sorted(boxes, key=lambda box: (-(box[2] - box[0]) * (box[1] - box[3]), box[0], box[3]))[:1]
    for vector in face_recognition.face_encodings(image, boxes):
        vectors[str(path)] = vector.tolist()
Path(out).write_text(json.dumps(vectors))
"""
WAYS = {
    "exact": ["--detector", "hog"],
    "fast": ["--detector", "hog-fast"],
    "whole": ["--detector", "whole"],
    "whole, bf16": ["--detector", "whole", "--precision", "bf16"],
}


def start(command):
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)


def timed(command):
    """Run a command with nobody watching; return its seconds until all that it started has let go of its output."""
    begin = time.perf_counter()
    with start(command) as process:
        process.communicate()
    assert process.returncode == 0, command
    return time.perf_counter() - begin


def most_memory(command):
    """Run a command; return the most memory that it and what it started had at once, in MB. To look takes time of theirs."""
    most = 0
    with start(command) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                every = [watched, *watched.children(recursive=True)]
                most = max(most, sum(one.memory_full_info().pss for one in every))
            except psutil.Error:
                pass
            time.sleep(0.1)
        process.communicate()
    assert process.returncode == 0, command
    return most / 1e6


def vectors_of(project, where):
    timed([sys.executable, "-m", "fairdesk", "vectors", str(project), "--encoder", "dlib", "--out", str(where)])
    with np.load(where, allow_pickle=False) as found:
        return dict(zip(found["paths"].tolist(), found["vectors"], strict=True))


def many(home, folder, times):
    """Write each photograph so many times, turned a little and written anew: no two files are the same."""
    for number in range(times):
        for path in sorted(home.rglob("*.jpg")):
            made = folder / path.parent.name / f"{path.stem}_{number}.jpg"
            made.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(path) as picture:
                picture.convert("RGB").rotate(number - times // 2).save(made, quality=92)
    return folder


def compare(label, home, folder, rounds):
    """Run every way on the same images in turn, and print what came of it."""
    folder.mkdir()
    bare = folder / "bare.fairdesk"
    project = Project.create(bare)
    images = import_images(ImportParams(folder=home), QuietContext(project)).images
    project.close()
    theirs, memory, known = {}, {}, {}
    times = {name: [] for name in (*WAYS, "their found", "their whole")}
    for turn in range(rounds):
        for kind in ("found", "whole"):
            out = folder / "theirs.json"
            command = [sys.executable, "-c", _THEIRS, kind, str(home), str(out)]
            times[f"their {kind}"].append(timed(command))
            if not turn:
                memory[f"their {kind}"] = most_memory(command)
                theirs[kind] = json.loads(out.read_text())
        for name, options in WAYS.items():
            copy = folder / f"{turn} {name}.fairdesk"
            command = [sys.executable, "-m", "fairdesk", "encode", str(copy), "--json", *options]
            shutil.copytree(bare, copy)
            times[name].append(timed(command))
            if not turn:
                known[name] = vectors_of(copy, folder / "v.npz")
                shutil.rmtree(copy)
                shutil.copytree(bare, copy)
                memory[name] = most_memory(command)
            shutil.rmtree(copy)
    for name in WAYS:
        kind = "whole" if "whole" in name else "found"
        peer = times[f"their {kind}"]
        ours, others = known[name], theirs[kind]
        apart = np.array([np.abs(ours[path] - np.array(others[path])).max() for path in ours if path in others])
        print(
            f"{label}, {name}: {images} images in {statistics.median(times[name]):.2f} s, the original way"
            f" {statistics.median(peer):.1f} s ({statistics.median(p / o for p, o in zip(peer, times[name], strict=True)):.1f}x);"
            f" memory {memory[name]:.0f} MB, the original way {memory[f'their {kind}']:.0f} MB; {len(ours)} faces,"
            f" {len(others.keys() - ours.keys())} of theirs not found, {len(ours.keys() - others.keys())} more;"
            f" largest difference of a number {apart.max():.1e}, over 1e-4 in {(apart > 1e-4).sum()} (another box or precision)"
        )


def main():
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place), PHOTOGRAPHS
        if not home.exists():
            home = folder / "faces"
            draw(SampleFacesParams(out=home, identities=10, images=5), QuietContext())
        compare(home.name, home, folder / "once", 3)
        compare(f"{home.name} ten times", many(home, folder / "many", 10), folder / "ten", 1)


if __name__ == "__main__":
    main()
