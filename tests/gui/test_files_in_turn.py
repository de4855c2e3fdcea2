"""Score files looked at one after the other: nothing of one is left in what is shown of the next."""

import numpy as np
import pytest

from tests.metrics.test_identification import made


def written(folder):
    rng = np.random.default_rng(4)

    def write(name, groups, sign=1, **more):
        n = 600
        label = np.arange(n) % 2 == 1
        group = np.array(groups)[np.arange(n) // 2 % len(groups)]
        score = np.round(rng.normal(size=n) + 2 * label, 3)
        parts = {"group1": group, "group2": group} if groups != [""] else {}
        for kind, values in (("gender", ["female", "male"]), ("age", ["20", "40"])):
            if kind in more.pop("also", ()):
                parts |= {f"{kind}{side}": np.array(values)[np.arange(n) // 7 % 2] for side in (1, 2)}
        np.savez(folder / f"{name}.npz", score=sign * score, label=label, **parts, **more)
        return folder / f"{name}.npz"

    images = np.array([f"{number}.jpg" for number in range(600)])
    files = [
        write("three", ["A", "B", "C"]),
        write("distances", ["X", "A"], -1, measure="euclidean distance"),
        write("bare", [""]),
        write("gender", ["B", "A"], also=("gender",)),
        write("all", ["all", "impostor"], path1=images, path2=images[::-1]),
        write("silent", ["A", "B"], -1),
        folder / "search.npz",
    ]
    np.savez(files[-1], **made())
    return files


def look(tab):
    """Return all that is seen of a file, as texts and numbers."""
    if tab.search.path is not None:
        pages = tab.search.tables
        return {"search": tab.search.headline.text(), "rows": texts(pages), "distance": tab.search.distance.isChecked()}
    boxes = {name: [box.itemText(row) for row in range(box.count())] for name, box in boxes_of(tab).items()}
    return {
        "head": tab.headline.text(), "boxes": boxes, "chosen": {n: b.currentText() for n, b in boxes_of(tab).items()},
        "shown": [name for name in ("value", "by", "banner") if not getattr(tab, name).isHidden()],
        "distance": (tab.distance.isChecked(), tab.distance.isEnabled()), "rows": texts(tab.tables),
        "plots": [tab.figures.tabText(n) for n in range(tab.figures.count()) if tab.figures.isTabVisible(n)],
        "legends": {n: [label.text for _, label in p.legend.item.items] for n, p in tab.figures.curves.items()},
        "lines": {n: p.line.value() if p.line.isVisible() else None for n, p in tab.figures.curves.items()},
        "ranges": {n: np.round(p.plot.getPlotItem().vb.viewRange()[0], 3).tolist() for n, p in tab.figures.curves.items()},
        "names": {n: list(p._groups.per_group) if p._groups else None for n, p in tab.figures.groups.items()},
        "dialogs": (tab.pairs.dialog, tab.left_out.dialog),
    }  # fmt: skip


def boxes_of(tab):
    return {"at": tab.at, "source": tab.source, "by": tab.by}


def texts(pages):
    return {
        pages.tabText(pages.indexOf(pages.homes[name])): [[cell.text for cell in row] for row in grid.shown.rows]
        for name, grid in pages.pages.items()
        if pages.isTabVisible(pages.indexOf(pages.homes[name]))
    }


def shown(tab, path, hand, qtbot):
    tab.open_file(path)
    seen = lambda: path in (tab.search.path, tab.shown.path if tab.shown is not None else None)
    qtbot.waitUntil(lambda: seen() and not tab._drawing, timeout=60_000)
    hand.settle()
    return look(tab)


def meddle(tab, rng, hand, qtbot):
    """Do what a person does with a file that is shown."""
    if tab.search.path is not None:
        tab.search.distance.click()
        hand.settle()
        return
    for plot in tab.figures.curves.values():
        names = [name for name, *_ in plot._names()]
        plot.hide_curve(names[rng.integers(len(names))], hide=True)
        plot.plot.getPlotItem().vb.setRange(xRange=(-0.3, -0.2), padding=0)
    tab.source.setCurrentIndex(int(rng.integers(tab.source.count())))
    tab.by.setCurrentIndex(int(rng.integers(max(1, tab.by.count()))))
    hand.settle()
    if tab.distance.isEnabled() and rng.random() < 0.5:
        tab.distance.click()
        hand.settle()
        tab.distance.click()
    line = tab.figures.curves["scores"].line
    line.setValue(float(rng.normal()))
    line.sigPositionChangeFinished.emit(line)
    hand.settle()
    qtbot.waitUntil(lambda: not tab._drawing, timeout=60_000)
    tab.left_out.show()
    hand.settle()


def as_left(now, alone):
    """A search is shown anew; of scores the threshold, its pairs and the groups stay, and not how a plot was looked at."""
    if "search" in now:
        return alone
    legends = {plot: [text.removesuffix(" (hidden)") for text in texts] for plot, texts in now["legends"].items()}
    return {**now, "legends": legends, "dialogs": alone["dialogs"]} | {"ranges": None}


@pytest.mark.parametrize("seed", range(2))
def test_each_is_shown_as_if_it_were_the_first_and_then_as_it_was_left(window, hand, qtbot, tmp_path, seed):
    rng = np.random.default_rng(seed)
    files = written(tmp_path)
    hand.go("metrics")
    tab = window.metrics
    alone = {}
    for path in files:
        alone[path] = shown(tab, path, hand, qtbot)
        tab.forget()
        hand.settle()
    before, left = None, {}
    for place in rng.permutation(np.repeat(np.arange(len(files)), 2))[:10]:
        path = files[place]
        if path == before:
            continue  # what was chosen for a file stays while it is looked at
        before = path
        found = shown(tab, path, hand, qtbot)
        for part in alone[path]:
            as_before = left.get(path, alone[path])[part]
            if part == "ranges" and as_before is None:  # finer groups may need more room
                assert all(abs(high - low - 0.1) > 1e-6 for low, high in found[part].values()), path.name
            else:
                assert found[part] == as_before, (path.name, part)
        meddle(tab, rng, hand, qtbot)
        left[path] = as_left(look(tab), alone[path])
    tab.forget()
    assert tab.pages.currentWidget() is tab.empty_page and tab.left_out.dialog is None
    assert not [notice.text for notice in window.toasts.history if notice.kind == "error"]


def test_a_group_that_set_the_threshold_is_none_of_those_of_another_way(window, hand, qtbot, tmp_path):
    written(tmp_path)
    hand.go("metrics")
    tab = window.metrics
    shown(tab, tmp_path / "gender.npz", hand, qtbot)
    tab.source.setCurrentIndex(tab.source.findData("group:A"))
    hand.settle()
    tab.by.setCurrentIndex(tab.by.findData("group+gender"))
    qtbot.waitUntil(lambda: tab.shown is not None and tab.shown.params.by == "group+gender", timeout=20_000)
    assert tab.source.currentData() == "all" and tab.shown.params.threshold_from == "all"
    assert not window.toasts.history


def test_distances_are_said_of_one_file_and_not_of_the_next(window, hand, qtbot, tmp_path):
    files = written(tmp_path)
    hand.go("metrics")
    tab = window.metrics
    shown(tab, tmp_path / "silent.npz", hand, qtbot)
    tab.distance.click()
    qtbot.waitUntil(lambda: not tab._drawing and tab.shown.distance, timeout=60_000)
    turned = look(tab)
    shown(tab, files[0], hand, qtbot)
    assert not tab.distance.isChecked() and tab.shown.result.eer < 0.5
    assert shown(tab, tmp_path / "silent.npz", hand, qtbot) == turned  # as it was said


def test_a_line_let_go_while_the_next_file_is_read_is_not_of_that_file(window, hand, qtbot, tmp_path):
    files = written(tmp_path)
    hand.go("metrics")
    tab = window.metrics
    shown(tab, files[0], hand, qtbot)
    tab.show_scores(files[3])
    assert tab.shown.path == files[0]
    tab.figures.threshold_settled.emit(0.123)
    qtbot.waitUntil(lambda: tab.shown.path == files[3] and not tab._drawing, timeout=60_000)
    assert "0.123" not in tab.shown.result.groups.rule and tab.value.isHidden()
