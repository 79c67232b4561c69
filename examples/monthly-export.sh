#!/bin/sh
# Verifies the ledger and writes last month's registers F01 and F03 into a folder. For cron:
#   30 6 1 * *  COMPLAINTCTL_LEDGER=/srv/station.db  sh /srv/monthly-export.sh /srv/registers >>/srv/export.log 2>&1
#   sh examples/monthly-export.sh FOLDER [MONTH [options of complaintctl export, such as --force]]
# One line of log per run. Exit code: 0 all registers are there, 8 the ledger fails its proof (nothing is
# written), else that of the export that failed. A register that is there already is kept, not compared, and
# is no failure (it may be printed and signed): its line says "kept". --force writes it anew.
set -eu

program=${COMPLAINTCTL:-complaintctl}
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [MONTH [export options]]" >&2; exit 2; }
folder=$1
month=${2:-last}
shift
[ $# -eq 0 ] || shift
line="$(date '+%Y-%m-%d %H:%M:%S') month=$month"

value_of() {  # one value of the JSON document
    printf '%s\n' "$found" | sed -n "s/^  \"$1\": \"\{0,1\}\([^\"]*[^\",]\)\"\{0,1\},\{0,1\}\$/\1/p"
}

failed() {  # the one line of a run that went wrong; the reason is on standard error already
    echo "$line FAILED $1 exit=$status"
    exit "$status"
}

status=0
mkdir -p -- "$folder" || { status=7; failed folder; }
found=$("$program" --json verify) || { status=$?; failed verify; }
line="$line events=$(value_of events) anchor=$(value_of anchor)"

for form in f01 f03; do
    status=0
    # What the program has to say is shown only when it counts.
    found=$("$program" --json export "$form" --month "$month" --output "$folder" "$@" 2>/dev/null) || status=$?
    case $status$found in
        0*) line="$line $form=$(value_of path) rows=$(value_of rows) carried=$(value_of carried)" ;;
        *'"code": "file.exists"'*) line="$line $form=kept" ;;
        *) printf '%s\n' "$found" >&2; failed "$form" ;;
    esac
done
echo "$line"
