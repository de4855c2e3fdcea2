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
    boxes = [(0, image.shape[1], image.shape[0], 0)] if whole else face_recognition.face_locations(image)[:1]
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


def run(command):
    """Run a command; return its seconds and the most memory that it and what it started had at once, in MB."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin, most = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                every = [watched, *watched.children(recursive=True)]
                most = max(most, sum(one.memory_full_info().pss for one in every))
            except psutil.Error:
                pass
            time.sleep(0.1)
        said = process.stdout.read()
    assert process.returncode == 0, command
    return time.perf_counter() - begin, most / 1e6, said


def vectors_of(project, where):
    run([sys.executable, "-m", "fairdesk", "vectors", str(project), "--encoder", "dlib", "--out", str(where)])
    with np.load(where, allow_pickle=False) as found:
        return dict(zip(found["paths"].tolist(), found["vectors"], strict=True)), found["boxes"]


def main():
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place), PHOTOGRAPHS
        if not home.exists():
            home = folder / "faces"
            draw(SampleFacesParams(out=home, identities=10, images=5), QuietContext())
        bare = folder / "bare.fairdesk"
        project = Project.create(bare)
        images = import_images(ImportParams(folder=home), QuietContext(project)).images
        project.close()
        theirs, memory, known = {}, {}, {}
        times = {name: [] for name in (*WAYS, "original", "original, whole")}
        for turn in range(ROUNDS):
            for name in ("original", "original, whole"):
                kind = "whole" if "whole" in name else "found"
                seconds, most, _ = run([sys.executable, "-c", _THEIRS, kind, str(home), str(folder / "theirs.json")])
                times[name].append(seconds)
                memory[name] = max(memory.get(name, 0), most)
                theirs[kind] = json.loads((folder / "theirs.json").read_text())
            for name, options in WAYS.items():
                copy = folder / f"{turn} {name}.fairdesk"
                shutil.copytree(bare, copy)
                seconds, most, _ = run([sys.executable, "-m", "fairdesk", "encode", str(copy), "--json", *options])
                times[name].append(seconds)
                memory[name] = max(memory.get(name, 0), most)
                if not turn:
                    known[name] = vectors_of(copy, folder / "v.npz")
        for name in WAYS:
            kind = "whole" if "whole" in name else "found"
            peer = "original, whole" if kind == "whole" else "original"
            ours, _ = known[name]
            both = [path for path in ours if path in theirs[kind]]
            apart = max(float(np.abs(ours[path] - np.array(theirs[kind][path])).max()) for path in both)
            print(
                f"{name}: {images} images in {statistics.median(times[name]):.1f} s, the original way {statistics.median(times[peer]):.1f} s"
                f" ({statistics.median(p / o for p, o in zip(times[peer], times[name], strict=True)):.1f}x);"
                f" memory {memory[name]:.0f} MB, the original way {memory[peer]:.0f} MB;"
                f" {len(ours)} faces, {len(theirs[kind].keys() - ours.keys())} of theirs not found, {len(ours.keys() - theirs[kind].keys())} more;"
                f" largest difference of a number {apart:.1e}"
            )


if __name__ == "__main__":
    main()
