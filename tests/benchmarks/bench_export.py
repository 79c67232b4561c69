"""A register of 100,000 rows beside raw, unstyled openpyxl write-only of the same cells.

``python tests/benchmarks/bench_export.py [rounds]``: bar 0.65 times, 64 MiB above the interpreter's own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import material

RAW = """
import sys, openpyxl
from datetime import datetime
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet()
for n in range(int(sys.argv[2])):
    sheet.append([n, datetime(2024, 3, 5, 10, 30), "电话", "王芳", "13912345678", "青禾镇3组21号",
                  "反映停电没有通知，冰箱损坏要求赔偿" * 4, "电费电价", "一般", "张建国", "营业班",
                  datetime(2024, 3, 6), "电话", "已向客户解释并道歉", "属实", "满意", None, "否",
                  datetime(2024, 3, 12), "已归档"])
book.save(sys.argv[1])
"""
OURS = """
import sys, datetime as dt
from pathlib import Path
from complaintctl import clock
from complaintctl.rulebook.files import load_form
from complaintctl.sheets.register import write_register
form = load_form("f03")
at = dt.datetime(2024, 3, 5, 10, 30, tzinfo=clock.TZ)
text = ["电话", "王芳", "13912345678", "青禾镇3组21号", "反映停电没有通知，冰箱损坏要求赔偿" * 4, "电费电价"]
row = {c.field: at if c.field.endswith("_at") else text[n % 6] for n, c in enumerate(form.columns)}
write_register(Path(sys.argv[1]), form, (dict(row) for _ in range(int(sys.argv[2]))), unit="青禾供电所",
               filled_on=at.date(), period="2024年", footer="", notes=[], force=True)
"""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    env = {**os.environ, "PYTHONPATH": str(material.ROOT)}
    peaks: list[int] = []
    with tempfile.TemporaryDirectory() as folder:

        def written(program: str) -> float:
            target = Path(folder) / "register.xlsx"
            command = [material.PYTHON, "-c", program, str(target), str(material.ROWS)]
            spent, peak = material.timed(command, env)
            peaks.append(peak if program is OURS else 0)
            return spent

        ratios = material.paired(
            {"raw": lambda: written(RAW), "ours": lambda: written(OURS)}, "raw", rounds
        )
    base = material.timed([material.PYTHON, "-I", "-c", "import sqlite3"])[1]
    print(
        f"register of {material.ROWS} rows, time x raw openpyxl: {material.spread(ratios['ours'])}"
    )
    print(f"peak memory above the interpreter's own: {(max(peaks) - base) / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
