#!/bin/sh
# From nothing to a working office: sets up .venv, creates a ledger, imports the example old records,
# handles new complaints, writes registers, verifies. Stops at the first failure.
#   sh examples/quickstart.sh [RESULTS]     the folder for the results (default: results/ in the project)
# A RESULTS folder that holds something is left alone; the results then go into a dated folder inside it.
# COMPLAINTCTL=/path/to/complaintctl uses that program and sets up nothing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

setup() {
    venv="$here/.venv"
    if [ ! -e "$venv/pyvenv.cfg" ]; then
        for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
            "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
            python=
        done
        [ -n "$python" ] || { echo "Python 3.11 or newer is needed (PYTHON=/path/to/python)." >&2; exit 2; }
        echo "Setting up $venv ..."
        "$python" -m venv "$venv"
    fi
    bin="$venv/bin"
    [ -d "$bin" ] || bin="$venv/Scripts"
    # Editable: the program always is the source as it stands, at no cost in start-up time.
    # Only what pyproject.toml asks for can go stale.
    if ! cmp -s "$here/pyproject.toml" "$venv/installed.toml" || [ ! -x "$bin/complaintctl" ]; then
        "$bin/python" -m pip install --quiet --disable-pip-version-check -e "$here"
        cp "$here/pyproject.toml" "$venv/installed.toml"
    fi
    COMPLAINTCTL="$bin/complaintctl"
}

fresh_folder() {  # results: the wanted folder when it is new or empty, else a dated one inside it
    results=$1
    mkdir -p "$results"
    if [ -n "$(ls -A "$results")" ]; then
        stamp=$(date +%Y%m%d-%H%M%S)
        results="$results/$stamp"
        while ! mkdir "$results" 2>/dev/null; do
            sleep 1
            results="${results%/*}/$(date +%Y%m%d-%H%M%S)"
        done
    fi
    results=$(CDPATH='' cd -- "$results" && pwd)
}

run() {  # shows a command as one would type it, then runs it
    printf '\n$ complaintctl'
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$COMPLAINTCTL" "$@"
}

number_of() {  # the number in the JSON document of a log
    sed -n 's/^  "number": "\(.*\)",$/\1/p'
}

title() {
    printf '\n== %s ==\n' "$1"
}

if [ -z "${COMPLAINTCTL:-}" ]; then setup; fi
fresh_folder "${1:-$here/results}"
COMPLAINTCTL_LANG=${COMPLAINTCTL_LANG:-zh}
COMPLAINTCTL_BY=${COMPLAINTCTL_BY:-李晓梅}
COMPLAINTCTL_LEDGER="$results/台账.db"
export COMPLAINTCTL_LANG COMPLAINTCTL_BY COMPLAINTCTL_LEDGER
unset COMPLAINTCTL_RULES

title '建账'
run init --station 青禾供电所

title '旧账入账：有问题的行另存，其余写入'
for book in old-records.csv old-records.xlsx; do
    run import "$here/examples/$book" --skip-bad --rejects "$results/有问题的行-${book#*.}.csv"
done

title '登记新件：一件投诉、一件举报、一件咨询'
first=$("$COMPLAINTCTL" --json log '电表走得太快，要求校表' --channel 电话 --category 电能计量 \
    --name 陈志远 --phone 13800000001 --address 青禾镇柳湾村3组 --at '前天 16:05' | number_of)
run show "$first"
run log '抄表员收了好处费才给换表' --kind 举报 --channel 来信 --at '昨天'
run log '怎样办理过户' --kind 咨询 --channel 来访 --name 周敏

title '办理第一件投诉'
run assign "$first" 张强 --unit 计量班 --at '前天 16:10'
run update "$first" 已联系 --at '前天 16:30'

title '到期事项，以及为什么是这一天'
run due --within 7天
run explain "$first"

title '没办完就办结：缺什么一次列全'
status=0
run close "$first" || status=$?
[ "$status" -eq 4 ] || { echo "close 应被拒绝（退出码 4），实为 $status" >&2; exit 1; }

title '补齐各步，办结'
run update "$first" 已调查 --at '昨天 9:30' --set 是否属实=属实 --set 责任认定=供电方 \
    --set 原因清楚=是 --set 责任人受教育=是
run update "$first" 已解决 '校表偏快2%，已更换电表并退费' --at '昨天 15:00' \
    --set 采取整改措施=是 --set 责任人受处理=是
run update "$first" 已答复 --at '昨天 16:00' --set 处理结果='校表偏快2%，已更换电表并退费' \
    --set 答复方式=电话 --set 已回复上级=是
run update "$first" 已书面通知 --at '昨天 16:20'
run update "$first" 已回访 --at '昨天 17:00' --set 满意度=满意
run close "$first" --at '昨天 17:10'
run show "$first" --history

title '本月汇总'
run report summary --month this

title '登记簿：上月和本月'
for month in last this; do
    for form in f01 f03; do
        run export "$form" --month "$month" --output "$results"
    done
done

title '校验'
run verify

printf '\n结果都在这个文件夹里 / The results are in:\n%s\n' "$results"
