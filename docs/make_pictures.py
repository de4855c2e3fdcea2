"""Make the guide's pictures: the program draws its own faces and photographs its own window.

`python docs/make_pictures.py FOLDER` keeps the project in a folder, so that it is made only once.
"""

import asyncio
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image

HERE = Path(__file__).resolve().parent / "pictures"


def prepare(folder: Path) -> Path:
    """Make the project that is photographed, or resume the making of it: the demo's, two recognisers and a GAN."""
    from fairdesk.cli.demo import run

    project = folder / "demo" / "demo.fairdesk"
    if not (folder / "made").exists():
        run(folder / "demo", headless=True)
        for name, switch in (("plain", []), ("group-sampling", ["--sampling", "group"])):
            line = [sys.executable, "-m", "fairdesk", "train", "arcface", str(project), "--out", str(project / "runs" / name), "--width", "1",
                    "--epochs", "5", "--batch-size", "16", "--crop", "whole", "--validation", ".35", "--evaluate-every", "5", *switch]  # fmt: skip
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        line = [sys.executable, "-m", "fairdesk", "train", "dcgan", str(project), "--out", str(project / "runs" / "faces"),
                "--epochs", "60", "--batch-size", "16", "--preview-every", "50"]  # fmt: skip
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (folder / "made").touch()
    return project


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["XDG_CONFIG_HOME"] = temporary
        project = prepare(Path(sys.argv[1] if sys.argv[1:] else temporary))
        import qasync
        from PySide6.QtCore import QBuffer, QIODevice, Qt

        from fairdesk.gui.app import make_application, make_window

        application = make_application()
        loop = qasync.QEventLoop(application)
        asyncio.set_event_loop(loop)
        window = make_window(application)
        window.resize(1280, 760)
        window.dock.hide()
        window.show()

        def keep(name: str) -> None:
            buffer = QBuffer()
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            window.grab().save(buffer, "PNG")
            picture = Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGB")
            picture.quantize(256).save(HERE / f"{name}.png", optimize=True)

        async def look() -> None:
            window.session.open(project)
            for theme in ("light", "dark"):
                window.session.theme.apply(theme)
                for place, tab in enumerate(window.all_tabs):
                    window.tabs.setCurrentIndex(place)
                    await asyncio.sleep(3 if tab.name == "generation" else 1.2)  # its curves are read first
                    if tab.name == "training":
                        for row in range(tab.run_list.topLevelItemCount()):
                            if (item := tab.run_list.topLevelItem(row)).text(0) != "faces":  # the GAN's
                                item.setCheckState(0, Qt.CheckState.Checked)
                        await asyncio.sleep(1.2)
                    if tab.name == "metrics":
                        window.metrics.figures.setCurrentIndex(3)
                        await asyncio.sleep(0.4)
                    if theme == "light" or tab.name == "metrics":
                        keep(tab.name if theme == "light" else f"{tab.name}-dark")
            window.close()
            loop.stop()

        with loop:
            loop.create_task(look())
            loop.run_forever()


if __name__ == "__main__":
    main()
