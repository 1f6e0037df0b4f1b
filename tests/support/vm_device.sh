#!/usr/bin/env bash
# Test streamer with a real V4L2 camera (the kernel's vivid driver) or a real ALSA card (snd-aloop) in a small virtual
# machine: live, unplugged, stalled.
#   VM_DIR=FOLDER tests/support/vm_device.sh camera|microphone [PYTHON]
# It needs rigs/vm_hw.sh of $STREAMER_SHARED, and once before: VM_DIR=FOLDER .../rigs/vm_hw.sh install
# The guest has this machine's files, read-only; so PYTHON, with streamer's dependencies, runs there too.
set -eu
support=$(cd "$(dirname "$0")" && pwd)
if [ "$1" != guest ]; then
    rig="${STREAMER_SHARED:-$support/../../../shared}/rigs/vm_hw.sh"
    job=$(mktemp)
    trap 'rm -f "$job"' EXIT
    echo "exec bash '$support/vm_device.sh' guest '$1' '${2:-$(command -v python3)}'" >"$job"
    "$rig" run "$job" 1024 2
    exit
fi
case $2 in
camera) vmod vivid n_devs=1 node_types=0x1 ;;
microphone) vmod snd-aloop pcm_substreams=1 ;;
esac
export PYTHONPATH="$support/../.." PYTHONDONTWRITEBYTECODE=1
"$3" "$support/vm_$2_guest.py"
