#!/bin/sh
# Sets our bootstrap beside SciPy's and rliable's on this machine, in one run.
# Installs both into a throw-away environment. Usage: benches/bootstrap_peers.sh
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
# rliable 1.2.0 does not import with newer arch and pandas.
"$dir/venv/bin/pip" install --quiet scipy rliable 'arch<8' 'pandas<3'
cargo bench --quiet --bench bootstrap >"$dir/ours"
OURS="$dir/ours" OPENBLAS_NUM_THREADS=1 "$dir/venv/bin/python" - <<'PYTHON'
import os, time
import numpy as np
from rliable import library, metrics
from scipy import stats

ours = {}
for line in open(os.environ["OURS"]):
    name, *numbers = line.split()
    ours[name] = [float(n) for n in numbers]


def values(n, state):
    out = []
    for _ in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((state >> 11) / 2**53)
    return np.array(out)


def bca(n):
    x, y = values(n, 1), values(n, 2)
    difference = lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis)
    found = stats.bootstrap(
        (x, y), difference, n_resamples=100_000, method="BCa", vectorized=True,
        batch=None if n < 100 else 1000, rng=1).confidence_interval
    return found.low, found.high


def iqm():
    scores = {"a": values(5 * 26, 3).reshape(5, 26)}
    _, found = library.get_interval_estimates(
        scores, lambda s: np.array([metrics.aggregate_iqm(s)]), reps=50_000)
    return found["a"][0, 0], found["a"][1, 0]


def compare(name, problem, repetitions):
    wall, processor = [], []
    for _ in range(repetitions):
        w, p = time.perf_counter(), time.process_time()
        low, high = problem()
        wall.append(time.perf_counter() - w)
        processor.append(time.process_time() - p)
    w, p = np.median(wall), np.median(processor)
    our_wall, our_processor, our_low, our_high = ours[name]
    print(f"{name}: peer {w:.4f} s (processor {p:.4f}) [{low:.4f}, {high:.4f}], "
          f"ours {our_wall:.4f} s (processor {our_processor:.4f}) [{our_low:.4f}, {our_high:.4f}], "
          f"{w / our_wall:.1f} times faster ({p / our_processor:.1f} by processor time)")


compare("bca_10+10", lambda: bca(10), 5)
compare("bca_1000+1000", lambda: bca(1000), 3)
compare("iqm_5x26", iqm, 1)
PYTHON
