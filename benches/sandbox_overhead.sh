#!/usr/bin/env bash
# What it costs to run a trivial program isolated and recorded: the plain command, the same in each
# sandbox tier, and `dvc repro` of a stage with the same command, all in the same minute.
#
#   benches/sandbox_overhead.sh [RUNS]
#
# DVC is installed into a throw-away environment, unless DVC names the program; without it, or
# without a network, that part is left out. The machine should be quiet.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-50}
cargo build --quiet --example sandbox_run
run=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')/debug/examples/sandbox_run

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dvc=${DVC:-}
if [ -z "$dvc" ] && python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install --quiet dvc; then
    dvc=$scratch/venv/bin/dvc
fi

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors, $runs runs each, medians"
for tier in namespaces landlock none; do
    if ! times=$("$run" --tier "$tier" --compare "$runs" -- /bin/sh -c true); then
        echo "tier $tier: not available"
        continue
    fi
    read -r plain inside <<<"$times"
    [ "$tier" = namespaces ] && first_plain=$plain first_inside=$inside
    awk -v t="$tier" -v p="$plain" -v i="$inside" \
        'BEGIN { printf "tier %-10s plain %.2f ms, isolated and recorded %.2f ms, above plain %.2f ms\n", t, p, i, i - p }'
done

[ -n "$dvc" ] || { echo "dvc: not installable here, left out"; exit 0; }
mkdir "$scratch/stage"
cd "$scratch/stage"
export DVC_NO_ANALYTICS=1
"$dvc" init --quiet --no-scm
printf 'stages:\n  trivial:\n    cmd: /bin/sh -c true\n' > dvc.yaml
"$dvc" repro --force --quiet
python3 - "$dvc" "${first_plain:-0}" "${first_inside:-0}" <<'PYTHON'
import statistics, subprocess, sys, time
dvc, plain, inside = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
times = []
for _ in range(7):
    start = time.perf_counter()
    subprocess.run([dvc, "repro", "--force", "--quiet"], check=True)
    times.append((time.perf_counter() - start) * 1e3)
median = statistics.median(times)
print(f"dvc repro       {median:.1f} ms, above plain {median - plain:.1f} ms")
if inside > plain:
    print(f"overhead of dvc repro over that of tier namespaces: {(median - plain) / (inside - plain):.0f} times")
PYTHON
