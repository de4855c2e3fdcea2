"""What can be done in the Dataset tab: menus, shortcuts and the command palette are made of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fairdesk.gui.actions import ActionSpec
from fairdesk.gui.async_glue import start
from fairdesk.gui.dialogs.vectors_dialog import show_vectors
from fairdesk.gui.notice import Notice
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.gui.tabs.dataset.purging import purge_selected
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.dataset.tab import DatasetTab


MENUS = {  # on the right button, by list or grid
    "grid": (
        "dataset.open_photograph",
        "",
        "dataset.name",
        "dataset.edit_labels",
        "dataset.tag",
        "",
        "dataset.like",
        "dataset.encode_selected",
        "dataset.translate",
        "dataset.export",
        "",
        "dataset.relink",
        "dataset.hide",
        "dataset.show",
        "dataset.purge",
    ),
}


def actions(tab: DatasetTab) -> list[ActionSpec]:
    """Return the tab's actions."""
    has, images = tab.has_project, lambda: tab.view.counts.get("images", 0) > 0
    selected = lambda: images() and tab.grid.selected_count() > 0
    return [
        ActionSpec(
            "dataset.import",
            tr("&Import…"),
            tab.import_folder,
            tr("&Dataset"),
            icon="import",
            shortcut="Ctrl+I",
            enabled=has,
        ),
        ActionSpec(
            "dataset.samples",
            tr("Dra&w sample faces…"),
            lambda: start(tab.draw_samples()),
            tr("&Dataset"),
            icon="draw",
            enabled=has,
            tip=tr("Draw artificial faces of nobody, for trying things out"),
        ),
        ActionSpec(
            "dataset.fetch",
            tr("&Download a public face set…"),
            lambda: start(tab.fetch_public_set()),
            tr("&Dataset"),
            icon="download",
            enabled=has,
            tip=tr("Download LFW or Olivetti through scikit-learn (uses the network)"),
        ),
        ActionSpec(
            "dataset.detect",
            tr("Detect &faces…"),
            lambda: tab.session.ask("detect"),
            tr("&Dataset"),
            icon="face",
            shortcut="Ctrl+Shift+F",
            enabled=images,
        ),
        ActionSpec(
            "dataset.encode",
            tr("Compute &embeddings…"),
            lambda: tab.session.ask("encode"),
            tr("&Dataset"),
            icon="encode",
            shortcut="Ctrl+E",
            enabled=images,
        ),
        ActionSpec(
            "dataset.label",
            tr("&Label faces…"),
            lambda: tab.session.ask("label"),
            tr("&Dataset"),
            icon="table",
            enabled=images,
            tip=tr("Predict race, gender and age with deepface, or read labels from a CSV"),
        ),
        ActionSpec(
            "dataset.name",
            tr("&Name selected…"),
            lambda: start(tab.name_selected()),
            tr("&Dataset"),
            icon="identity",
            shortcut="I",
            enabled=lambda: images() and tab.grid.selected_count() > 0,
            tip=tr("Assign an identity to the selected faces"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.unreadable",
            tr("Files that co&uld not be imported…"),
            lambda: start(tab.show_unreadable()),
            tr("&Dataset"),
            icon="list",
            enabled=lambda: tab.view.counts.get("unreadable", 0) > 0,
        ),
        ActionSpec(
            "dataset.edit_labels",
            tr("La&bel selected…"),
            lambda: start(tab.label_selected()),
            tr("&Dataset"),
            icon="name",
            shortcut="L",
            enabled=selected,
            tip=tr("Identity, group, gender, age and tags of the selected images"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.tag",
            tr("&Tag selected…"),
            lambda: start(tab.label_selected("add")),
            tr("&Dataset"),
            shortcut="T",
            enabled=selected,
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.encode_selected",
            tr("C&ompute embeddings of selected…"),
            tab.encode_selected,
            tr("&Dataset"),
            enabled=selected,
            tip=tr("Detect the faces of the selected images and compute their embeddings"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.translate",
            tr("T&ranslate selected…"),
            tab.translate_selected,
            tr("&Dataset"),
            icon="move",
            enabled=selected,
            tip=tr("With CycleGAN generators, from A to B or back"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.select_all",
            tr("Select all that &match"),
            tab.grid.selectAll,
            tr("&Dataset"),
            enabled=images,
            tip=tr("All images of the filter, also those not loaded yet (Ctrl+A in the grid)"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.like",
            tr("Find similar faces"),
            lambda: _sort_by_likeness(tab),
            tr("&Dataset"),
            icon="search",
            shortcut="Y",
            enabled=lambda: images() and tab.grid.currentIndex().isValid(),
            tip=tr("Sort the grid by similarity to the current face"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.quality",
            tr("&Quality…"),
            lambda: start(tab.open_quality()),
            tr("&Dataset"),
            icon="search",
            shortcut="Ctrl+U",
            enabled=images,
            tip=tr("Sharpness, brightness, size and pose: measure, set limits, hide or tag"),
        ),
        ActionSpec(
            "dataset.measure",
            tr("Measure quality…"),
            lambda: tab.session.ask("quality"),
            tr("&Dataset"),
            enabled=images,
        ),
        ActionSpec(
            "dataset.agreement",
            tr("&Confusion matrix…"),
            lambda: start(tab.show_confusion()),
            tr("&Dataset"),
            icon="table",
            enabled=lambda: bool(tab.view.predicted),
            tip=tr("Groups as labelled against groups as predicted"),
        ),
        ActionSpec(
            "dataset.divide",
            tr("Di&vide into sets…"),
            lambda: tab.session.ask("divide"),
            tr("&Dataset"),
            icon="split",
            shortcut="Ctrl+D",
            enabled=images,
            tip=tr("Training, validation and test sets, or folds, that share no identity"),
        ),
        ActionSpec(
            "dataset.open_photograph",
            tr("Show the photograph"),
            tab.open_current,
            tr("&Dataset"),
            icon="search",
            enabled=lambda: images() and tab.grid.currentIndex().isValid(),
            tip=tr("The whole picture with the boxes of its faces (Space in the grid)"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.export",
            tr("E&xport…"),
            tab.export_shown,
            tr("&Dataset"),
            icon="export",
            enabled=images,
            tip=tr("The selected images, or those shown: as folders, ImageFolder, InsightFace .rec, or a table"),
        ),
        ActionSpec(
            "dataset.purge",
            tr("Purge selected…"),
            lambda: start(purge_selected(tab)),
            tr("&Dataset"),
            icon="close",
            enabled=lambda: images() and tab.grid.selected_count() > 0,
            tip=tr("Remove images permanently when consent is withdrawn; cannot be undone"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.hide",
            tr("&Hide selected"),
            lambda: tab.hide_selected(True),
            tr("&Dataset"),
            icon="out",
            shortcut="H",
            enabled=lambda: images() and tab.grid.selected_count() > 0 and tab.state.currentData() != "hidden",
            tip=tr("Hide images from lists, clusterings and counts; can be undone"),
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.show",
            tr("Unhide selected"),
            lambda: tab.hide_selected(False),
            tr("&Dataset"),
            icon="undo",
            enabled=lambda: tab.grid.selected_count() > 0 and tab.state.currentData() == "hidden",
            tab=tab.name,
        ),
        ActionSpec(
            "dataset.duplicates",
            tr("Find du&plicates…"),
            lambda: tab.session.ask("duplicates"),
            tr("&Dataset"),
            icon="mosaic",
            enabled=images,
            tip=tr("Exact duplicates, near-duplicates, near-identical embeddings"),
        ),
        ActionSpec(
            "dataset.balance",
            tr("&Groups and balance…"),
            lambda: start(tab.open_groups()),
            tr("&Dataset"),
            icon="chart",
            shortcut="Ctrl+B",
            enabled=images,
            tip=tr("Group sizes; balance them to equal numbers or given shares with the smallest loss of identities"),
        ),
        ActionSpec(
            "dataset.relink",
            tr("Find moved originals…"),
            tab.session.originals.find_moved,
            tr("&Dataset"),
            icon="folder",
            enabled=images,
        ),
        *_for_folders(tab),
        ActionSpec(
            "dataset.encodings",
            tr("Import embedding&s…"),
            lambda: tab.session.ask("load-encodings"),
            tr("&Dataset"),
            icon="import",
            enabled=images,
            tip=tr("Read face encodings from a file, such as the original scripts' pickle"),
        ),
        ActionSpec(
            "dataset.vectors",
            tr("Export embeddings…"),
            lambda: tab.session.ask("vectors"),
            tr("&Dataset"),
            icon="export",
            enabled=lambda: bool(tab.view.counts.get("vectors")),
        ),
        ActionSpec(
            "dataset.faces",
            tr("F&aces and embeddings…"),
            lambda: start(show_vectors(tab.session, tab)),
            tr("&Dataset"),
            icon="face",
            enabled=images,
            tip=tr("Which faces and embeddings exist, and which are shown and used"),
        ),
    ]


def _for_folders(tab: DatasetTab) -> list[ActionSpec]:
    """Return what is done with folders of images, inside or outside of the project."""
    rows = (
        ("sample", tr("Draw a &sample…"), "mosaic", tr("Random images, or whole identities of each group")),
        ("split", tr("S&plit into sets…"), "split", tr("Training, validation and test sets that share no identity")),
        ("flatten", tr("&Flatten…"), "list", tr("group/identity/image to group/identity_image")),
        ("resize", tr("&Resize…"), "move", tr("Resize every image, folder structure kept")),
        ("leaks", tr("Check for &leaks…"), "search", tr("Identities, files and near-duplicates that two sets share")),
    )
    menu = tr("&Prepare folders")
    return [
        ActionSpec(
            f"dataset.{kind}", text, partial(tab.session.ask, kind), menu, icon=icon, enabled=tab.has_project, tip=tip
        )
        for kind, text, icon, tip in rows
    ]


def _sort_by_likeness(tab: DatasetTab) -> None:
    """Sort by likeness to the current face, or say what that takes."""
    if presenter.likeness(tab.view.counts.get("vectors", []), tab.view.counts.get("detector", "")) is not None:
        tab.sort_by_likeness()
        return
    tab.session.told.emit(
        Notice(
            tr("Faces are compared by their embeddings, and the faces that are shown have none."),
            action=tr("Encode faces…"),
            run=lambda: tab.session.ask("encode"),
        )
    )
