"""Sampling 500 images from zips of 2,000, 8,000 and 32,000 members, against a plain zipfile script that does the same.

The cost of each further member has to stay what it was: the last column compares it with that of the smallest zip.
"""

import gc
import random
import resource
import tempfile
import time
import zipfile
from pathlib import Path

from fairdesk.dataset.prepare_params import SampleParams
from fairdesk.dataset.random_sample import take_sample as sample
from fairdesk.images import image_sources as sources
from fairdesk.jobs.context import QuietContext

SIZES = (2_000, 8_000, 32_000)
PICKED = 500
# The smallest JPEG header will do: sampling copies files and reads their beginning, it does not decode them.
PICTURE = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64 + "ffc0000b080010001001011100ffc40014000100000000"
    "00000000000000000000000affc40014100100000000000000000000000000000000ffda0008010100003f00d2cf20ffd9"
)


def make(path, members):
    """A zip of `members` pictures of ten people in each of four groups and as many as are needed, of about 3 KB each."""
    rng = random.Random(members)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(members):
            person = number // 20
            archive.writestr(f"g{person % 4}/p{person:05d}/{number:06d}.jpg", PICTURE + rng.randbytes(3_000))


def plain(source, out):
    """List the names, pick some at random, and write them."""
    with zipfile.ZipFile(source) as archive:
        names = [item.filename for item in archive.infolist() if not item.is_dir()]
        out.mkdir()
        for number, name in enumerate(sorted(random.Random(0).sample(names, PICKED))):
            (out / f"{number}_{Path(name).name}").write_bytes(archive.read(name))


def ours(source, out):
    """The verb's own job."""
    sources.close_archives()
    result = sample(SampleParams(folder=source, out=out, images=PICKED, copy=True), QuietContext())
    assert result.images == PICKED


def timed(job, *arguments):
    gc.collect()
    start = time.perf_counter()
    job(*arguments)
    return time.perf_counter() - start


def main():
    first = None
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for members in SIZES:
            source = home / f"{members}.zip"
            make(source, members)
            turns = []
            for turn in range(3):
                script = timed(plain, source, home / f"{members} plain {turn}")
                turns.append((timed(ours, source, home / f"{members} ours {turn}"), script))
            mine, script = sorted(turns)[1]
            each = mine / members * 1e6
            first = first or each
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{members:>6,} members: {mine:.3f} s, plain zipfile {script:.3f} s ({mine / script:.1f}x); "
                f"{each:.1f} us a member, {each / first:.2f} of the smallest's; {peak:.0f} MB at most"
            )
