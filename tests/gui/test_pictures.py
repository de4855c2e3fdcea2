"""Pictures that threads decode: Qt is asked for one decoder alone, so that no lock of another's is taken."""

import subprocess
import sys

import pytest

CODE = """
import io
from PIL import Image
from fairdesk.gui.pictures import decode
data = io.BytesIO()
Image.new("RGB", (30, 20), (200, 10, 10)).save(data, "{form}")
image = decode(data.getvalue(), "{form}")
assert image.size().toTuple() == (30, 20) and abs(image.pixelColor(5, 5).red() - 200) < 4
assert decode(b"<svg/>", "{form}").isNull()
assert "qsvg" not in open("/proc/self/maps").read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads which libraries are loaded")
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_only_the_decoder_that_is_meant_is_loaded(form):
    done = subprocess.run([sys.executable, "-c", CODE.format(form=form)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
