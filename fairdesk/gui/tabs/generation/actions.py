"""What can be done in the Generation tab: menus, shortcuts and the command palette are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.gui.actions import ActionSpec
from fairdesk.gui.async_glue import start
from fairdesk.runs.folder import LAST, SCALARS
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.generation.tab import GenerationTab


MENUS = {  # on the right button, by list or grid
    "runs": (
        "generation.resume",
        "generation.make",
        "generation.explore",
        "generation.walk",
        "",
        "generation.sample",
        "generation.checkpoint",
        "",
        "generation.assess",
        "generation.film",
        "generation.curves",
    ),
}


def actions(tab: GenerationTab) -> list[ActionSpec]:
    """Return the tab's actions."""
    ready = lambda: (run := tab.run_folder()) is not None and run.checkpoint(LAST).exists()
    curves = lambda: (run := tab.run_folder()) is not None and (run.path / SCALARS).exists()
    return [
        ActionSpec(
            "generation.train",
            tr("&Train a GAN…"),
            tab.train_gan,
            tr("&Generation"),
            icon="play",
            shortcut="Ctrl+G",
            enabled=tab.has_project,
        ),
        ActionSpec(
            "generation.resume",
            tr("&Resume training…"),
            tab.resume_run,
            tr("&Generation"),
            icon="again",
            enabled=lambda: ready() and not tab.is_training(),
            tip=tr("Resume the chosen run, for more epochs"),
            tab=tab.name,
        ),
        ActionSpec(
            "generation.make",
            tr("&Generate faces…"),
            tab.generate_faces,
            tr("&Generation"),
            icon="draw",
            enabled=tab.has_project,
            tip=tr("Generate faces or identities with the chosen run or another program's generator"),
        ),
        ActionSpec(
            "generation.sample",
            tr("&Sample now"),
            lambda: tab.ask_now("sample"),
            tr("&Generation"),
            icon="draw",
            enabled=tab.is_training,
            tip=tr("Generate a sample grid now"),
            tab=tab.name,
        ),
        ActionSpec(
            "generation.checkpoint",
            tr("Save a chec&kpoint now"),
            lambda: tab.ask_now("checkpoint"),
            tr("&Generation"),
            icon="download",
            enabled=tab.is_training,
            tab=tab.name,
        ),
        ActionSpec(
            "generation.explore",
            tr("&Explore…"),
            lambda: start(tab.explore_latent()),
            tr("&Generation"),
            icon="face",
            enabled=tab.has_project,
            tip=tr("Explore the latent space of a generator with sliders"),
        ),
        ActionSpec(
            "generation.walk",
            tr("&Interpolate between faces…"),
            tab.interpolate_faces,
            tr("&Generation"),
            icon="move",
            enabled=tab.has_project,
            tip=tr("Interpolate between latents; written as images, GIF or MP4"),
        ),
        ActionSpec(
            "generation.film",
            tr("E&xport animation…"),
            tab.export_animation,
            tr("&Generation"),
            icon="export",
            enabled=lambda: len(tab.show_previews) > 1,
            tip=tr("The sample grids over time, as GIF or MP4"),
            tab=tab.name,
        ),
        ActionSpec(
            "generation.review",
            tr("Re&view synthetic faces…"),
            lambda: tab.session.ask("review"),
            tr("&Generation"),
            icon="search",
            enabled=tab.has_project,
            tip=tr("Check synthetic faces; only those you accept enter the project"),
        ),
        ActionSpec(
            "generation.assess",
            tr("&Assess synthetic faces…"),
            tab.assess_run,
            tr("&Generation"),
            icon="table",
            enabled=tab.has_project,
            tip=tr("FID, KID, precision, recall, copying and diversity"),
        ),
        ActionSpec(
            "generation.translate",
            tr("Trans&late faces…"),
            tab.translate_images,
            tr("&Generation"),
            icon="move",
            enabled=tab.has_project,
            tip=tr("Translate images with CycleGAN generators, from A to B or back"),
        ),
        ActionSpec(
            "generation.container",
            tr("R&un a container…"),
            lambda: tab.session.ask("container", {"workdir": str(tab.runs_home())}),
            tr("&Generation"),
            icon="folder",
            enabled=tab.has_project,
            tip=tr("Run an external trainer such as StyleGAN2-ADA"),
        ),
        ActionSpec(
            "generation.curves",
            tr("Show &curves"),
            tab.show_curves,
            tr("&Generation"),
            icon="chart",
            enabled=curves,
            tab=tab.name,
        ),
    ]
