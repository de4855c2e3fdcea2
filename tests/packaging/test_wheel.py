"""An install from the wheel, where no compiler is."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME = dict(os.environ)  # before the tests are given a home of their own


@pytest.fixture(scope="module")
def uv():
    found = subprocess.run(["sh", ROOT / "packaging" / "uv.sh"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip("uv is not here and could not be installed")
    return found.stdout.strip()


@pytest.fixture(scope="module")
def wheel(uv, tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([uv, "build", "--wheel", "--quiet", "--out-dir", out, ROOT], check=True)
    return next(out.glob("*.whl"))


def test_forms_and_resources_are_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("ui", "resources"):
        wanted = {f"fairdesk/_data/{p.relative_to(ROOT)}" for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert wanted and wanted <= names
    assert {
        "fairdesk/_data/docs/guide.md",
        "fairdesk/_data/docs/pictures/dataset.png",
        "fairdesk/_data/LICENSE",
    } <= names
    assert not [name for name in names if name.startswith(("ui/", "resources/", "tests/", "docs/"))]


def test_installed_without_a_compiler(uv, wheel, tmp_path):
    broken = tmp_path / "no compiler"
    broken.mkdir()
    for name in ("cc", "gcc", "g++", "c++", "clang", "cmake", "make"):
        (broken / name).write_text("#!/bin/sh\necho no compiler here >&2\nexit 1\n")
        (broken / name).chmod(0o755)
    # The cache of this machine, not the empty one of the tests; links, as the packages are several GB. What the set-up
    # fetched is enough: asked again, uv fetches and builds the dlib models once more, 600 MB.
    cache = subprocess.run([uv, "cache", "dir"], env=HOME, capture_output=True, text=True, check=True).stdout.strip()
    environment = {
        **os.environ, "UV_CACHE_DIR": cache, "UV_LINK_MODE": "symlink", "UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "PATH": f"{broken}:{os.environ['PATH']}", "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    environment.pop("VIRTUAL_ENV", None)
    command = [uv, "tool", "install", "--quiet", "--overrides", ROOT / "packaging" / "overrides.txt", wheel]
    done = subprocess.run([*command, "--offline"], env=environment, capture_output=True, text=True)
    if done.returncode:  # set up by something else than uv
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    fairdesk = tmp_path / "bin" / "fairdesk"
    subprocess.run(
        [fairdesk, "samples", tmp_path / "f", "--identities", "1", "--images", "2"], check=True, cwd=tmp_path
    )
    study = tmp_path / "s"
    subprocess.run([fairdesk, "new", study], check=True, cwd=tmp_path)
    subprocess.run([fairdesk, "import", study, tmp_path / "f"], check=True, cwd=tmp_path)
    subprocess.run([fairdesk, "encode", study], check=True, cwd=tmp_path)
    python = tmp_path / "tools" / "fairdesk" / "bin" / "python"
    code = (
        "import asyncio, qasync\nfrom fairdesk.gui.app import make_application, make_window\n"
        "app = make_application(); asyncio.set_event_loop(qasync.QEventLoop(app)); window = make_window(app)\n"
        "window.show(); print(window.tabs.count()); window.close()"
    )
    opened = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert opened.stdout.strip() == "5", opened.stderr
    shutil.rmtree(tmp_path / "tools")
