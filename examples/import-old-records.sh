#!/bin/sh
# Imports a folder of old books (.csv, .xlsx) into the ledger, in the order of their names.
#   sh examples/import-old-records.sh FOLDER [options of complaintctl import, such as --skip-bad]
# One line of log per book, on standard output. The first book that cannot be taken stops the run with
# its exit code (5: bad rows, nothing of that book is written); its problems go to standard error.
# A second run adds nothing: what is known already counts as duplicate.
# COMPLAINTCTL names the program; COMPLAINTCTL_LEDGER the ledger.
set -eu

program=${COMPLAINTCTL:-complaintctl}
[ $# -ge 1 ] && [ -d "$1" ] || { echo "usage: $0 FOLDER [import options]" >&2; exit 2; }
folder=${1%/}
shift

count_of() {  # one number of the JSON document
    printf '%s\n' "$found" | sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"
}

books=0
for book in "$folder"/*; do
    case ${book##*/} in
        '~$'* | .*) continue ;;  # Excel's lock files
        *.[cC][sS][vV] | *.[xX][lL][sS][xX]) ;;
        *) continue ;;
    esac
    books=$((books + 1))
    status=0
    found=$("$program" --json import "$book" "$@") || status=$?
    line="$(date '+%Y-%m-%d %H:%M:%S') $book"
    for name in read accepted rejected duplicate blank; do
        line="$line $name=$(count_of "$name")"
    done
    if [ "$status" -ne 0 ]; then
        echo "$line FAILED exit=$status"
        [ "$status" -ne 5 ] || "$program" import "$book" --dry-run "$@" >&2 || true
        exit "$status"
    fi
    echo "$line batch=$(count_of batch)"
done
[ "$books" -gt 0 ] || { echo "no .csv or .xlsx in $folder" >&2; exit 3; }
