"""What the row above the plots offers, as the scores that are shown have it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from fairdesk.gui.tabs.metrics import presenter
from fairdesk.words import tr

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quietly(*boxes: QWidget) -> Iterator[None]:
    """Set what boxes show without asking for anything."""
    for box in boxes:
        box.blockSignals(True)
    yield
    for box in boxes:
        box.blockSignals(False)


def offer_sources(box: QComboBox, groups: Sequence[str]) -> None:
    """Offer whose impostors the threshold is taken from; what was chosen stays, where it is still there."""
    wanted = ["all", "within-group", *(f"group:{name}" for name in groups)] if groups else ["all"]
    if [box.itemData(row) for row in range(box.count())] == wanted:
        return
    with quietly(box):
        kept = box.currentData()
        box.clear()
        for rule in wanted:
            known = presenter.SOURCES.get(rule)
            box.addItem(tr(known) if known is not None else tr("the group {name}", name=rule[6:]), rule)
        box.setCurrentIndex(max(0, box.findData(kept)))


def offer_number(value: QWidget, source: QComboBox, *, given: bool) -> None:
    """Offer the field of a threshold where one is `given`; else the choice whose impostors it is taken from."""
    value.setVisible(given)
    source.setEnabled(not given)
    source.setToolTip(tr("A threshold that is given is taken from no pairs.") if given else "")


def offer_ways(box: QComboBox, label: QWidget, ways: Sequence[str]) -> None:
    """Offer by what the comparisons can be grouped, where there is more than one way."""
    if [box.itemData(row) for row in range(box.count())] != list(ways):
        with quietly(box):
            kept = box.currentData()
            box.clear()
            for way in ways:
                box.addItem(tr(presenter.WAYS[way]), way)
            box.setCurrentIndex(max(0, box.findData(kept)))
    for widget in (box, label):
        widget.setVisible(len(ways) > 1)


def show_polarity(box: QCheckBox, found: presenter.Evaluation) -> None:
    """Show whether these are distances; where the file says so itself, nothing else can be asked for."""
    with quietly(box):
        box.setChecked(found.distance)
    box.setEnabled(found.polarity is None)
    said = tr("The file says what its scores are: {measure}", measure=tr(found.result.measure or ""))
    box.setToolTip("" if found.polarity is None else said)
