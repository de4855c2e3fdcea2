"""Encoding photographs (or drawn faces) against a plain face_recognition loop."""

import tempfile
import time
import warnings
from pathlib import Path

from fairdesk.dataset.drawn_set import draw_sample_faces as draw
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams, SampleFacesParams
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project

PHOTOGRAPHS = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces" / "lfw10"


def main():
    warnings.filterwarnings("ignore")
    import face_recognition

    with tempfile.TemporaryDirectory() as folder:
        home = PHOTOGRAPHS
        if not home.exists():
            home = Path(folder) / "faces"
            draw(SampleFacesParams(out=home, identities=5, images=5), QuietContext())
        project = Project.create(Path(folder) / "p")
        import_folder(ImportParams(folder=home), QuietContext(project))
        start = time.perf_counter()
        result = encode(EncodeParams(detector="hog"), QuietContext(project))
        ours = time.perf_counter() - start
        start = time.perf_counter()
        count = 0
        for path in sorted(home.rglob("*.*")):
            image = face_recognition.load_image_file(path)
            count += len(face_recognition.face_encodings(image, face_recognition.face_locations(image)[:1]))
        plain = time.perf_counter() - start
        print(
            f"{result.vectors} faces: ours {ours:.1f} s with detection, landmarks and thumbnails; plain loop {plain:.1f} s ({plain / ours:.2f}x ours)"
        )
        project.close()
