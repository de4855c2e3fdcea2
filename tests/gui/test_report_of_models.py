"""The report of two models, from the dialog that compares them."""

import numpy as np

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from tests.metrics.test_model_comparison import study


def test_what_the_dialog_compares_is_reported(window, hand, qtbot, tmp_path):
    (one, two), about = study(people=14, bias=1.0)
    np.savez(tmp_path / "plain.npz", score=-one, **about)
    np.savez(tmp_path / "fair.npz", score=two, measure="cosine similarity", **about)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "plain.npz")
    drawn = lambda: qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    drawn()
    tab.distance.click()
    drawn()
    tab.at.setCurrentIndex(tab.at.findData("fmr=1e-2"))
    drawn()
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    assert not dialog.report.isEnabled()
    dialog._offer(tmp_path / "fair.npz", "")
    dialog.second.setCurrentIndex(0)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=20_000)
    found = dialog.found
    dialog.report.click()
    form = hand.dialog(JobDialog)
    said = form.command.text()
    assert form.values["out"] == str(tmp_path / "plain-fair-report")
    assert "--distance" in said and "--second-distance" not in said and "fmr=1e-2" in said
    form.form.set_values({**form.values, "language": "es", "date": "2026-01-02"})
    form.run_button.click()
    job = hand.finish_job("compare-scores")
    page = (tmp_path / "plain-fair-report" / "comparison.html").read_text()
    assert job.result["report"] == str(tmp_path / "plain-fair-report" / "comparison.html")
    assert "¿Trata fair a los grupos de forma más parecida que plain?" in page and "2026-01-02" in page
    numbers = lambda rows: [(row["difference"], row["ci"], row["better"]) for row in rows]
    assert numbers(job.result["differences"]) == numbers(found.json_values()["differences"])
