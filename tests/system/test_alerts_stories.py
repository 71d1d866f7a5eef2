"""Stories: pairwise precision and recall on the labelled items, through matcher, store and search."""
import subprocess

from support import BIN, SOURCE


def test_labelled_clusters():
    run = subprocess.run([f"{BIN}/bench_stories", f"{SOURCE}/config/blocwatchd.yaml",
                          f"{SOURCE}/tests/quality/items.jsonl", "--min", "0.95", "0.85"],
                         capture_output=True, text=True, timeout=120)
    print(run.stdout, run.stderr)
    assert run.returncode == 0, run.stderr
