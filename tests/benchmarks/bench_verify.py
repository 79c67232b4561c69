"""``verify`` of 100,000 complaints: events a second inside the process (bar 50,000 for the chain alone).

``python tests/benchmarks/bench_verify.py``
"""

from __future__ import annotations

import time

import material


def main() -> None:
    from complaintctl.ledger import verify
    from complaintctl.ledger.connection import opened

    with opened(material.full_ledger()) as ledger:
        proof = {"events": 0}
        began = time.perf_counter()
        problems = list(verify._chain(ledger, proof))
        chain = time.perf_counter() - began
        began = time.perf_counter()
        whole = verify.prove(ledger)
        spent = time.perf_counter() - began
    print(f"{whole['events']} events, {whole['complaints']} complaints, {len(problems)} problems")
    print(f"chain alone: {proof['events'] / chain:,.0f} events a second")
    print(
        f"whole proof (chain, fold, every projected row): {whole['events'] / spent:,.0f} events a second"
    )
    if found := whole["problems"]:
        raise SystemExit(f"{len(found)} problems, first {found[0]}")


if __name__ == "__main__":
    main()
