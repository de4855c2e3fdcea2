"""A random check waits for no library: what its interval needs is there."""

import subprocess
import sys


def test_the_interval_of_checks_reads_no_statistics_library():
    line = "import sys; from fairdesk.clustering.review.spot_checks import Checked, tally; import fairdesk.clustering.review.session; "
    line += "found = tally([Checked(1, True), Checked(2, False)]); print(found.right, 'scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]
