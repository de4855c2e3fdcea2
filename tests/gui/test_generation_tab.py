"""The Generation tab: samples on demand, films, and the review before made faces enter the project."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtWidgets import QComboBox, QMenu
from shiboken6 import isValid

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.generation.networks.gan import DCGenerator
from fairdesk.generation.results import AssessResult, ReviewedFace, ReviewResult
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog
from fairdesk.gui.dialogs.review_dialog import ReviewDialog
from fairdesk.gui.jobs.again import started_again
from fairdesk.gui.jobs.state import DONE, RUNNING, STOPPED, JobState
from fairdesk.images.synthetic_marks import mark_of, save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.messages import JobSpec
from fairdesk.runs.animation import export_animation as animate
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.params import AnimateParams
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


def test_review_accept_by_hand_and_import(window, hand, qtbot, project, drawn):
    import_folder(ImportParams(folder=drawn / "tone 5"), QuietContext(project))
    encode(EncodeParams(detector="hog"), QuietContext(project))
    made = project.exports("synthetic", "run") / "faces"
    made.mkdir(parents=True)
    for name, path in (
        ("stranger", "tone 7/p70/p70_0001.jpg"),
        ("copy", "tone 5/p50/p50_0001.jpg"),
        ("other", "tone 7/p71/p71_0001.jpg"),
    ):
        save_marked(Image.open(drawn / path), made / f"{name}.png", {"run": "r"})
    project.close()
    hand.open(project.folder)
    hand.go("generation")
    window.session.run("review", {"made": str(made), "too_like": 0.25})
    job = hand.finish_job("review")
    assert job.result["passed"] == 2
    told = {}
    window.session.told.connect(lambda notice: told.update({notice.action: notice.run}))
    window.generation._told.discard(job.id)
    window.generation._on_job(job)
    told["Show faces"]()
    dialog = hand.dialog(ReviewDialog)
    assert dialog.import_button.text() == "Import 2 accepted"
    qtbot.waitUntil(lambda: not dialog._drawing.isActive(), timeout=5000)
    for row in range(3):  # drawn, and in a place that shows the whole of it
        item = dialog.list.item(row)
        assert item.icon().pixmap(128, 128).toImage().pixelColor(1, 60).alpha() == 255
        assert dialog.list.visualItemRect(item).height() >= 128
    dialog.list.setCurrentRow([f["path"] for f in job.result["faces"]].index("copy.png"))
    assert "too close to a real identity" in dialog.about.text() and not dialog.real.pixmap().isNull()
    dialog.accept_button.click()
    assert dialog.import_button.text() == "Import 3 accepted"
    dialog.list.setCurrentRow([f["path"] for f in job.result["faces"]].index("copy.png"))
    dialog.reject_button.click()
    dialog.list.setCurrentRow([f["path"] for f in job.result["faces"]].index("other.png"))
    dialog.reject_button.click()
    assert dialog.accepted_paths() == ["stranger.png"]
    dialog.reject()  # closed: what was said is kept, and the card opens it again
    hand.settle()
    card = window.panel.cards[job.id]
    assert card.pairs.isVisible() and card.pairs.text() == "Show faces"
    card.pairs.click()
    qtbot.waitUntil(lambda: not isValid(dialog), timeout=5000)
    dialog = hand.dialog(ReviewDialog)
    assert dialog.accepted_paths() == ["stranger.png"] and dialog.import_button.text() == "Import 1 accepted"
    dialog.import_button.click()
    done = hand.finish_job("review")
    assert done.result["imported"] == 1
    rows = project.db.rows("SELECT path, synthetic FROM image WHERE synthetic IS NOT NULL")
    assert len(rows) == 1 and rows[0][0].endswith("stranger.png") and json.loads(rows[0][1]) == {"run": "r"}


def test_sample_now_from_the_tab(window, hand, qtbot, filled):
    hand.open(filled.folder)
    hand.go("generation")
    out = filled.folder / "runs" / "gan-01"
    values = {"data": str(filled.folder), "out": str(out), "family": "gan", "image_size": 16, "epochs": 4000, "batch_size": 8, "latent": 8,
              "preview_every": 1_000_000, "device": "cpu"}  # fmt: skip
    number = window.session.run("train-gan", values)
    tab = window.generation
    qtbot.waitUntil(
        lambda: tab.runs.count() == 1 and tab.is_training() and (out / "scalars.csv").exists(), timeout=60_000
    )
    hand.do("generation.sample")
    hand.do("generation.checkpoint")
    qtbot.waitUntil(
        lambda: list((out / "previews").glob("*.png")) != [] and list((out / "checkpoints").glob("step-*")) != [],
        timeout=30_000,
    )
    window.session.jobs.stop(number)
    qtbot.waitUntil(lambda: window.session.jobs.jobs[number].finished, timeout=30_000)
    assert (out / "checkpoints" / "last.safetensors").exists()


def boxes_of(data):
    """The top-level boxes of an MP4 file: (type, content)."""
    found, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        assert 8 <= size <= len(data) - place  # what a player needs to walk on
        found.append((data[place + 4 : place + 8], data[place + 8 : place + size]))
        place += size
    return found


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_film_of_the_sample_grids(tmp_path, suffix):
    import cv2

    plain_images(tmp_path / "in", 1, 1, 8)
    train(gan_params(family="gan", data=tmp_path / "in", out=tmp_path / "run", image_size=16, epochs=6, batch_size=4, latent=4, preview_every=2,
                         device="cpu", precision="fp32"), QuietContext())  # fmt: skip
    result = animate(AnimateParams(run=tmp_path / "run", out=tmp_path / f"film{suffix}", rate=5), QuietContext())
    assert json.loads((tmp_path / f"film{suffix}.manifest.json").read_text())["synthetic"] is True
    assert result.frames == 7  # after step 1 and every second of 12
    film = cv2.VideoCapture(str(tmp_path / f"film{suffix}"))
    count = 0
    while film.read()[0]:
        count += 1
    assert count == 7
    if suffix == ".mp4":
        boxes = boxes_of((tmp_path / "film.mp4").read_bytes())
        assert [name for name, _ in boxes][:1] == [b"ftyp"] and boxes[-1][0] == b"uuid"
        assert b'"run": "run"' in boxes[-1][1] and b"<fd:Synthetic>" in boxes[-1][1]
    if suffix == ".gif":
        assert mark_of(tmp_path / "film.gif") is not None
        with Image.open(tmp_path / "film.gif") as image:
            assert image.info["duration"] == 200
    fewer = animate(AnimateParams(run=tmp_path / "run", out=tmp_path / f"few{suffix}", most=3), QuietContext())
    assert fewer.frames == 3
    for path in list((tmp_path / "run" / "previews").glob("*.png"))[1:]:
        path.unlink()
    with pytest.raises(RequestError, match="at least 2"):
        animate(AnimateParams(run=tmp_path / "run", out=tmp_path / "no.gif"), QuietContext())


def test_a_and_r_go_from_face_to_face_and_small_ones_are_shown_large(window, qtbot, tmp_path):
    rng = np.random.default_rng(1)
    for n in range(4):
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(tmp_path / f"{n}.png")
    unknown = dict.fromkeys(
        ("nearest", "nearest_path", "distance", "source_distance", "group", "group_share", "group_share_why", "quality")
    )
    faces = [ReviewedFace(path=f"{n}.png", why=[], **unknown) for n in range(4)]
    result = ReviewResult(made=str(tmp_path), faces=faces, imported=0)
    dialog = ReviewDialog(result, tmp_path / "kept.json", window.session.theme, window)
    dialog.open()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow, timeout=5000)
    assert dialog.made.pixmap().width() == dialog.made.width() == 220
    for key in "arr":
        qtbot.keyClick(dialog, key)
    assert dialog.list.currentRow() == 3 and dialog.accepted_paths() == ["0.png", "3.png"]
    qtbot.keyClick(dialog, "r")  # the last one: it stays
    assert dialog.list.currentRow() == 3 and dialog.accepted_paths() == ["0.png"]
    dialog.list.selectAll()
    qtbot.keyClick(dialog, "a")
    assert len(dialog.accepted_paths()) == 4 and len(dialog.list.selectedItems()) == 4
    dialog.reject()


def test_made_faces_are_offered_for_review(window, hand, qtbot, filled):
    hand.open(filled.folder)
    out = filled.exports("synthetic", "x") / "made"
    train(
        gan_params(
            family="gan",
            data=filled.folder,
            out=filled.folder / "runs" / "r",
            image_size=16,
            epochs=1,
            batch_size=8,
            latent=4,
            device="cpu",
        ),
        QuietContext(),
    )
    shown = []
    window.toasts.show = lambda notice: shown.append(notice)
    window.session.run("generate", {"run": str(filled.folder / "runs" / "r"), "out": str(out), "images": 3})
    hand.finish_job("generate")
    notice = next(n for n in shown if n.action == "Review…")
    notice.run()
    form = hand.dialog(JobDialog)
    assert Path(form.form.values()["made"]) == out
    form.reject()
    card = next(card for card in window.panel.cards.values() if card.job.spec.kind == "generate")
    assert card.pairs.isVisible() and card.pairs.text() == "Review…"
    qtbot.waitUntil(lambda: not isValid(form), timeout=5000)
    card.pairs.click()
    form = hand.dialog(JobDialog)
    assert (form.kind.name, Path(form.form.values()["made"])) == ("review", out)
    form.reject()
    shown.clear()
    window.session.open(filled.folder.with_name("other.fairdesk"), new=True)
    hand.settle()
    hand.open(filled.folder)  # again: what ended before is no news
    qtbot.waitUntil(lambda: bool(window.panel.cards), timeout=5000)
    hand.settle()
    assert not [n for n in shown if n.action]


def test_explore_latents_with_sliders(window, hand, qtbot, filled, tmp_path):
    from fairdesk.gui.dialogs.explorer_dialog import ExplorerDialog

    run = filled.folder / "runs" / "gan-01"
    train(
        gan_params(
            family="gan", data=filled.folder, out=run, image_size=16, epochs=1, batch_size=8, latent=10, device="cpu"
        ),
        QuietContext(),
    )
    hand.open(filled.folder)
    hand.go("generation")
    qtbot.waitUntil(lambda: window.generation.runs.count() == 1)
    hand.do("generation.explore")
    dialog = hand.dialog(ExplorerDialog)
    qtbot.waitUntil(lambda: dialog.answers >= 1 and len(dialog.sliders) == 8, timeout=60_000)
    first = dialog._png
    for value in range(0, 300, 10):  # a drag: all but the newest request are dropped
        dialog.sliders[0].setValue(value)
    qtbot.waitUntil(lambda: dialog._mark.get("moves", [0])[0] == 2.9, timeout=20_000)
    assert dialog._png != first and dialog.answers < 25
    dialog.save_to(tmp_path / "face.png")
    assert json.loads(mark_of(tmp_path / "face.png"))["moves"][0] == 2.9
    dialog.reset_button.click()
    qtbot.waitUntil(lambda: dialog._png == first, timeout=20_000)
    dialog.accept()


def test_another_programs_generator_without_any_run(window, hand, qtbot, filled, tmp_path, monkeypatch):
    from fairdesk.gui.dialogs import explorer_dialog

    torch.save(DCGenerator(10, 32, 4).state_dict(), tmp_path / "netG.pth")
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pth")
    hand.open(filled.folder)
    hand.go("generation")
    tab = window.generation
    assert tab.runs.count() == 0 and tab.use_button.isVisible()
    tab.use_button.click()
    form = hand.dialog(JobDialog)
    assert form.problem.text() == "Generator: is needed"
    form.form.editors["run"].edit.setText(str(tmp_path / "netG.pth"))
    form.form.editors["images"].setValue(3)
    form.run_button.click()
    assert hand.finish_job("generate").result["images"] == 3
    hand.do("generation.walk")
    form = hand.dialog(JobDialog)
    assert form.form.values()["out"].endswith("walk.gif")
    form.reject()
    files = [tmp_path / "other.pth", tmp_path / "netG.pth"]

    async def choose(*_args, **_more):
        return str(files.pop(0))

    monkeypatch.setattr(explorer_dialog.async_glue, "choose_file", choose)
    hand.do("generation.explore")
    wrong = hand.dialog(explorer_dialog.ExplorerDialog)
    qtbot.waitUntil(lambda: "no generator that is known" in wrong.told.text(), timeout=60_000)
    assert wrong.picture.text() == "This generator cannot be explored."
    wrong.other.click()
    qtbot.waitUntil(lambda: not isValid(wrong), timeout=5000)
    dialog = hand.dialog(explorer_dialog.ExplorerDialog)
    qtbot.waitUntil(lambda: dialog.answers >= 1, timeout=60_000)
    dialog.accept()


def test_from_a_group_in_the_tree_to_training_on_it_alone(window, hand, qtbot, filled):
    hand.open(filled.folder)
    hand.go("dataset")
    menu = QMenu()
    window.dataset.groups.add_training(menu, "group=g1")
    next(action for action in menu.actions() if action.text().startswith("Train a GAN")).trigger()
    form = hand.dialog(JobDialog)
    assert form.form.values()["where"] == ["group=g1"] and "--where group=g1" in form.command.text()
    editor = form.form.editors["where"]
    assert "group=g0" in [editor.itemText(row) for row in range(editor.count())]
    form.choice.setCurrentIndex(form.choice.findData("train-gan"))
    assert form.form.values()["where"] == ["group=g1"]  # taken over
    for name, number in (("latent", 4), ("batch_size", 10), ("image_size", 16), ("epochs", 1)):
        form.form.editors[name].setValue(number)
    form.run_button.click()
    assert hand.finish_job("train-gan").result["images"] == 20


def test_the_selected_images_are_translated(window, hand, qtbot, filled, tmp_path):
    run = filled.folder / "runs" / "cycle"
    train(gan_params(family="cyclegan", data=tmp_path / "photographs" / "g0", data_b=tmp_path / "photographs" / "g1", out=run, image_size=32, epochs=1, blocks=1, features=4,
                         device="cpu", precision="fp32"), QuietContext())  # fmt: skip
    hand.open(filled.folder)
    hand.go("dataset")
    grid = window.dataset.grid
    qtbot.waitUntil(lambda: len(grid.grid_model.ids) == 40, timeout=5000)
    grid.select_ids([3, 4, 9])
    hand.do("dataset.encode_selected")
    form = hand.dialog(JobDialog)
    assert form.form.values()["where"] == ["ids=3-4,9"]
    form.form.editors["detector"].setCurrentText("whole")
    form.run_button.click()
    assert hand.finish_job("encode").result["vectors"] == 3
    hand.do("dataset.encode")
    form = hand.dialog(JobDialog)
    assert form.form.values().get("where") is None  # what images a job was for is not remembered
    form.reject()
    hand.do("dataset.translate")
    form = hand.dialog(JobDialog)
    assert form.form.values()["where"] == ["ids=3-4,9"]
    box = form.form.editors["g_ab"].findChild(QComboBox)
    assert [box.itemText(row) for row in range(box.count())] == [str(run)]
    box.setCurrentIndex(0)
    assert form.problem.text() == ""
    form.run_button.click()
    job = hand.finish_job("translate")
    assert job.result["images"] == 3
    hand.go("generation")
    hand.do("generation.translate")
    form = hand.dialog(JobDialog)
    assert form.form.values()["g_ab"] == form.form.values()["g_ba"] == str(run)


def test_a_run_that_begins_is_shown(window, hand, qtbot, filled):
    hand.open(filled.folder)
    hand.go("generation")
    tab = window.generation
    for number in (1, 2):
        RunFolder.create(filled.folder / "runs" / f"gan-0{number}", {"kind": "gan", "params": {"family": "gan"}})
        tab.refresh()
        assert tab.run_folder().path.name == f"gan-0{number}" and "64 pixels" in tab.about.text()
    tab.runs.setCurrentRow([tab.runs.item(n).text()[:6] for n in range(2)].index("gan-01"))
    (filled.folder / "runs" / "broken").mkdir()
    (filled.folder / "runs" / "broken" / "config.json").write_text("{")
    tab.refresh()
    assert tab.run_folder().path.name == "gan-01" and tab.runs.count() == 2  # a damaged one is left out


def test_the_nearest_real_faces_are_shown_as_pictures(window, hand, filled, tmp_path):
    a, b = sorted((tmp_path / "photographs").rglob("*.png"))[:2]
    hand.open(filled.folder)
    nearest = [{"a": str(a), "b": str(b), "distance": 0.25, "correlation": 0.9, "copy": True}]
    result = AssessResult(
        summary="FID 1", fid=1.0, encoder="dlib", detector="whole", seed=1, nearest=nearest, copies=1, nearer_than_real=0,
        real_nearest_1_percent=0.3, unreadable=[], groups={},
    ).json_values()  # fmt: skip
    job = JobState("j1", window.session.jobs_home() / "j1", JobSpec("assess", {}), state=DONE, result=result)
    window.panel._on_updated(job)
    window.panel.cards["j1"].pairs.click()
    dialog = hand.dialog(LeaksDialog)
    assert dialog.table.horizontalHeaderItem(1).text() == "Nearest real"
    assert dialog.table.rowCount() == 1 and not dialog.table.item(0, 1).icon().isNull()
    assert dialog.table.item(0, 2).text() == "the same image, embeddings 0.250 apart"
    dialog.save_to(tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text() == f'one,other,what\n{a},{b},"the same image, embeddings 0.250 apart"\n'
    dialog.reject()


def test_a_run_of_one_batch_shows_its_points(window, hand, qtbot, filled):
    run = filled.folder / "runs" / "gan-01"
    told = train(gan_params(family="gan", data=filled.folder, out=run, image_size=16, epochs=1, batch_size=64, latent=4, device="cpu"), QuietContext())  # fmt: skip
    assert told.summary.startswith("1 batch of 40 images")
    hand.open(filled.folder)
    hand.go("generation")
    tab = window.generation
    qtbot.waitUntil(lambda: tab.curves.plots is not None and tab.curves.isVisible(), timeout=10_000)
    points = [item for item in tab.curves.plots.losses.getPlotItem().listDataItems() if item.opts["symbol"] == "o"]
    assert len(points) >= 2 and "after 1 batch," in tab.caption.text()
    for sizes in ([100, 700, 400], [100, 300, 800]):  # the grid fits its place, however the splitter stands
        tab.splitter.setSizes(sizes)
        hand.settle()
        place, shown = tab.picture.size(), tab.picture.pixmap().size()
        assert max(shown.width() / place.width(), shown.height() / place.height()) == pytest.approx(1, abs=0.01)


def test_a_containers_curves_are_offered_once(window, hand, filled, tmp_path):
    log = tmp_path / "stats.jsonl"
    log.write_text('{"Loss/G/loss": {"mean": 1.0}, "Progress/kimg": {"mean": 0.0}}')
    hand.open(filled.folder)
    job = JobState(
        "j2", window.session.jobs_home() / "j2", JobSpec("container", {}), state=RUNNING, artifacts=[str(log)]
    )
    before = len(window.toasts.history)
    for _ in range(2):
        window._on_job(job)
    (notice,) = window.toasts.history[before:]
    notice.run()
    hand.settle()
    assert window.tabs.currentWidget() is window.training and window.training.curves is not None


@pytest.mark.parametrize("unexpected", [True, False])
def test_only_a_fault_of_its_own_opens_its_log(window, hand, filled, unexpected):
    hand.open(filled.folder)
    folder = window.session.jobs_home() / "j3"
    folder.mkdir(parents=True)
    (folder / "log").write_text("Traceback")
    job = JobState("j3", folder, JobSpec("train", {}))
    job.apply({"event": "failed", "message": "no such group", "unexpected": unexpected})
    window.panel._on_updated(job)
    assert window.panel.cards["j3"].show_log.isChecked() == unexpected


def test_start_again_goes_on_or_takes_a_new_folder(window, hand, filled):
    home = filled.folder
    stopped = lambda kind, out: JobState("j4", home / "j4", JobSpec(kind, {"out": str(out), "seed": 3}), state=STOPPED)
    run = stopped("train-gan", home / "runs" / "gan-01")
    old = stopped("train", home / "runs" / "gan-01")  # as earlier versions kept it
    old.spec.params.update(family="gan", r1=None, norm="instance")
    assert started_again(old, filled) == ("train-gan", run.spec.params | {"family": "gan"})
    assert started_again(run, filled) == ("train-gan", run.spec.params)  # nothing is there yet
    folder = RunFolder.create(home / "runs" / "gan-01", {"kind": "gan", "params": {}})
    assert started_again(run, filled)[1] == {"out": str(home / "runs" / "gan-02"), "seed": 3}
    folder.checkpoint("last").write_bytes(b"x")
    assert started_again(run, filled)[1] == run.spec.params | {"resume": True}
    made = filled.new_export("synthetic", "faces")
    made.mkdir()
    assert started_again(stopped("generate", made), filled)[1]["out"] == str(made.with_name("faces 2"))
    hand.open(home)
    window.panel._on_updated(JobState("j4", window.session.jobs_home() / "j4", run.spec, state=STOPPED))
    assert window.panel.cards["j4"].again.text() == "Resume"
