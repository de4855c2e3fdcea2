"""A long table is listed in time that grows with its rows, who stops is heard meanwhile, and little of it is in memory at once."""

import random
import threading
import time

import pytest
from PIL import Image

from fairdesk.dataset import image_import
from fairdesk.dataset.label_table import read_manifest
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError, Stopped
from fairdesk.jobs import listening
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.listening import listen_while
from fairdesk.packed_texts import Places
from fairdesk.project import Project


def test_places_that_are_added_and_asked_for_in_turn_are_those_of_a_dictionary():
    draw = random.Random(3)
    places, known = Places(), {}
    for place in range(6_000):
        text = str(draw.randrange(2_000))
        if draw.random() < 0.7:
            places.add(text, place)
            known.setdefault(text, []).append(place)
        assert list(places.of(text)) == known.get(text, [])
    assert all(list(places.of(text)) == expected for text, expected in known.items())


def listing_time(tmp_path, count):
    table = tmp_path / f"{count}.csv"
    table.write_text("path,identity\n" + "".join(f"d{n % 50}/{n}.jpg,p{n // 10}\n" for n in range(count)), "utf-8")
    before = time.process_time()
    tree, labels = read_manifest(table, {}, None)
    took = time.process_time() - before
    assert len(tree.entries) == len(labels) == count and tree.entries[7].path == "d7/7.jpg"
    return took


def test_listing_ten_times_the_rows_takes_about_ten_times_as_long(tmp_path):
    listing_time(tmp_path, 1_000)
    small = min(listing_time(tmp_path, 8_000) for _ in range(2))
    assert listing_time(tmp_path, 80_000) < 25 * small


def test_who_stops_is_heard_while_a_long_table_is_listed(tmp_path, monkeypatch):
    project = Project.create(tmp_path / "p.fairdesk")
    go_on = threading.Event()
    monkeypatch.setattr(image_import, "read_manifest", lambda *_: go_on.wait(30))
    began = time.monotonic()
    try:
        for job in (image_import.import_images, image_import.scan_folder):
            with pytest.raises(Stopped):
                job(ImportParams(folder=tmp_path / "t.csv"), QuietContext(project, stop_after=3))
    finally:
        go_on.set()
    assert time.monotonic() - began < 10
    project.close()


class Told(QuietContext):
    def progress(self, done, total, unit=""):
        self.messages.append((done, total, unit))


def test_what_takes_long_is_told_and_what_it_raises_is_raised():
    context = Told()
    assert listen_while(lambda: time.sleep(0.9) or 7, context, "Listing t.csv") == 7
    assert set(context.messages) == {(0, 0, "Listing t.csv")}
    quick = Told()
    assert listen_while(lambda: 8, quick, "Listing t.csv") == 8 and not quick.messages

    def refuse():
        raise RequestError("no such column")

    with pytest.raises(RequestError, match="no such column"):
        listen_while(refuse, quick, "")


def test_of_what_is_remembered_one_stretch_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(image_import, "_LOOKED_UP", 8)
    monkeypatch.setattr(image_import, "_BATCH", 4)
    folder = tmp_path / "photographs"
    folder.mkdir()
    for n in range(30):
        Image.new("RGB", (9, 9), (n * 8, 0, n)).save(folder / f"{n:02}.png")
    time.sleep(0.2)  # files that changed just now are not remembered
    project = Project.create(tmp_path / "p.fairdesk")
    assert image_import.scan_folder(ImportParams(folder=folder), QuietContext(project)).new == 30
    asked = []
    inspected = image_import._inspected

    def watched(paths, known, *rest, **named):
        asked.append((len(paths), len(known)))
        return inspected(paths, known, *rest, **named)

    monkeypatch.setattr(image_import, "_inspected", watched)
    assert image_import.import_images(ImportParams(folder=folder), QuietContext(project)).new == 30
    Image.new("RGB", (9, 9), "white").save(folder / "20.png")
    again = image_import.import_images(ImportParams(folder=folder), QuietContext(project))
    assert (again.images, again.new, again.renewed) == (30, 0, 1)
    assert asked == [(8, 8)] * 3 + [(6, 6)] + [(8, 8), (8, 8), (8, 7), (6, 6)]
    project.close()


def test_work_that_ends_as_its_wait_does_is_no_failure(monkeypatch):
    """The result may come between the end of a wait and the look whether it is there."""
    monkeypatch.setattr(listening, "_LISTEN", 0.0)
    for _ in range(300):
        assert listening.beside(lambda: time.sleep(0.0005) or 7, lambda _looks: None) == 7

    def own():
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        listening.beside(own, lambda _looks: None)
