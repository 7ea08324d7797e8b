#!/bin/sh
# Sets our training steps beside PyTorch's on this machine: a multi-layer perceptron 784-128-10 and LeNet
# with batches of 128, and 60-12-2 with batches of 16, alone and ten seeds in one graph; one thread each.
# Installs PyTorch into a throw-away environment, or takes the Python that PYTHON names.
# usage: benches/torch_peers.sh [ROUNDS [PROBLEM…]]
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet torch numpy
  PYTHON=$dir/venv/bin/python
fi
cargo bench --quiet --package reprove-trainer --bench training --no-run
program=$(cargo bench --quiet --package reprove-trainer --bench training --no-run --message-format json |
  sed -n 's/.*"executable":"\([^"]*\/training-[^"]*\)".*/\1/p')
[ -x "$program" ] || { echo "error: cargo built no benchmark \`training\`, found \`$program\`" >&2; exit 1; }
export RAYON_NUM_THREADS=1 OMP_NUM_THREADS=1
"$PYTHON" benches/torch_peers.py "$program" "$@"
