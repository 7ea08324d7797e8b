#!/usr/bin/env bash
# Times our hashing beside openssl and sha256sum, all in one run on the same data with a warm cache:
# one large file, and a folder of many small ones. Wall and CPU seconds, the best of a few rounds.
#
#   benches/hashing.sh [ROUNDS]
#   LARGE_MIB=4096 SMALL_FILES=20000 PROFILE=release benches/hashing.sh
#
# A program that is missing or fails ends the benchmark with an error.
#
# The data (5 GiB by default) is made in a temporary folder and removed at the end.
set -euo pipefail
export LC_ALL=C
rounds=${1:-3}
large_mib=${LARGE_MIB:-4096}
small_files=${SMALL_FILES:-20000}
profile=${PROFILE:-release}

cd "$(dirname "$0")/.."
for program in cargo openssl sha256sum xargs split; do
    command -v "$program" >/dev/null || { echo "error: \`$program\` is not on this machine" >&2; exit 1; }
done
ours=$(cargo bench --quiet --profile "$profile" --bench hashing --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*\/hashing-[^"]*\)".*/\1/p')
[ -x "$ours" ] || { echo "error: cargo built no benchmark \`hashing\`, found \`$ours\`" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -c "${large_mib}M" /dev/urandom >"$folder/large"
mkdir "$folder/small"
head -c "$((small_files * 51200))" /dev/urandom | (cd "$folder/small" && split -b 51200 -a 4 -)

cd "$folder"
small_list() { find . -type f -print0 | sort -z; }
large_ours() { "$ours" large; }
large_openssl() { openssl dgst -sha256 -r large | cut -c1-64; }
large_sha256sum() { sha256sum large | cut -c1-64; }
small_ours() { "$ours" small; }
small_openssl() { (cd small && small_list | xargs -0 openssl dgst -sha256 -r | sed 's/ \*/  /' | sha256sum | cut -c1-64); }
small_sha256sum() { (cd small && small_list | xargs -0 sha256sum | sha256sum | cut -c1-64); }

echo "load before: $(cut -d' ' -f1 /proc/loadavg); $(nproc) cores; large: ${large_mib} MiB; small: ${small_files} files of 50 KiB"
printf '%-16s %10s %10s\n' what wall_s cpu_s
for data in large small; do
    for tool in ours openssl sha256sum; do
        : >times
        for _ in $(seq "$rounds"); do
            TIMEFORMAT='%R %U %S'
            # The status is that of the program: `time` alone would hide it from `set -e`.
            status=0
            { time "${data}_${tool}" >"digest-$data-$tool" 2>errors || status=$?; } 2>>times
            [ "$status" -eq 0 ] && [ -s "digest-$data-$tool" ] || {
                echo "error: $data $tool failed with status $status: $(cat errors)" >&2
                exit 1
            }
        done
        awk -v what="$data $tool" '
            NR == 1 || $1 < wall { wall = $1 }
            NR == 1 || $2 + $3 < cpu { cpu = $2 + $3 }
            END { printf "%-16s %10.2f %10.2f\n", what, wall, cpu }' times
    done
    cmp "digest-$data-ours" "digest-$data-openssl"
    cmp "digest-$data-ours" "digest-$data-sha256sum"
done
echo "load after: $(cut -d' ' -f1 /proc/loadavg)"
