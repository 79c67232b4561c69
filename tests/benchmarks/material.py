"""What the measurements share: believable Chinese books of any length, ledgers kept in the temporary
folder between runs, and one process timed. Everything is invented and the same at every run.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(tempfile.gettempdir()) / f"complaintctl-benchmarks-{os.getuid()}"
PYTHON = sys.executable
ROWS = int(os.environ.get("BENCH_ROWS", "100000"))

_WORDS = ["停电", "电压", "低", "电表", "读数", "异常", "抄表员", "态度", "生硬", "电费", "突然", "增加", "三倍", "线路", "老化", "树障", "变压器", "噪音", "雨天", "跳闸", "冰箱", "损坏", "要求", "赔偿", "报装", "时间", "过长", "营业厅", "排队", "无人", "受理", "通知", "不到位", "抢修", "人员", "迟到", "电杆", "倾斜", "安全", "隐患", "施工", "占地", "未", "恢复", "夜间", "照明", "频繁", "闪烁", "多次", "反映", "没有", "结果", "邻居", "窃电", "计量", "不准", "申请", "校验", "合同", "解释", "不清", "阶梯", "电价", "分时", "欠费", "停机", "复电", "不及时", "村民", "小组", "灌溉", "用电", "困难", "春节", "期间", "农忙", "台区", "过载", "表箱", "破损", "漏电", "保护器", "动作", "电缆", "外露", "儿童", "学校", "附近", "高压线", "距离", "房屋", "太近", "客户", "经理", "电话", "打不通", "答复", "与", "实际", "不符", "希望", "尽快", "处理", "当面", "道歉", "书面", "说明", "原因"]
_KINDS = ["投诉"] * 12 + ["意见", "建议", "咨询", "求助", "举报"]
_CHANNELS = [
    "电话",
    "来电",
    "95598热线",
    "12345热线",
    "12398热线",
    "来信",
    "来访",
    "意见箱",
    "网站",
]
_ITEMS = ["服务态度", "服务规范", "抄表质量", "营业收费", "电费电价", "催收电费", "电能计量", "故障处理",
          "供电质量", "停电公告", "电器损坏", "安全隐患", "施工质量", "环保", "电网改造", "宣传不到位"]  # fmt: skip
_LEVELS = ["一般"] * 8 + ["重要", "重大", ""]
_SURNAMES, _GIVEN = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗",
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂红",
)
_STAFF = ["张建国", "李秀兰", "王志强", "刘海燕", "陈立新", "赵国庆"]
_UNITS = ["营业班", "运维班", "抢修班", "客户服务班"]
_PLACES = ["青禾镇", "柳河乡", "大垌村", "新安街道", "石桥镇"]
WIDE = [
    "编号", "受理时间", "性质", "来源渠道", "投诉人", "联系电话", "联系地址", "户号", "项目", "等级", "反映内容",
    "客户要求", "受理人", "承办人", "承办部门", "首次联系时间", "解决时间", "答复时间", "答复方式", "办结时间",
    "回访时间", "是否属实", "责任认定", "处理结果", "满意度", "备注", "台区名称", "所属线路", "天气", "录入批次",
]  # fmt: skip
NARROW = [*WIDE[:3], "来源渠道", "投诉人", "联系电话", "户号", "项目", "反映内容", "承办人", "答复时间",
          "办结时间", "满意度", "备注"]  # fmt: skip


def _text(dice: random.Random, least: int, most: int) -> str:
    wanted, words, length = dice.randint(least, most), [], 0
    while length < wanted:
        word = dice.choice(_WORDS) + dice.choice(("", "", "", "，", "。"))
        words.append(word)
        length += len(word)
    return "".join(words)[:most]


def _row(dice: random.Random, n: int, texts: tuple[int, int]) -> dict[str, str]:
    minutes = n * 525600 * 5 // max(ROWS, 1) + dice.randint(0, 4)
    received = dt.datetime(2020, 1, 1, 8) + dt.timedelta(minutes=minutes)

    def later(days: int) -> str:
        return f"{received + dt.timedelta(minutes=dice.randint(5, days * 1440)):%Y-%m-%d %H:%M}"

    steps = {
        "首次联系时间": later(1),
        "解决时间": later(6),
        "答复时间": later(8),
        "回访时间": later(14),
    }
    known = {k: v for k, v in steps.items() if dice.random() < 0.85}
    given = {
        "编号": f"JB{received:%Y%m}-{n + 1:06}", "受理时间": f"{received:%Y-%m-%d %H:%M}",
        "性质": dice.choice(_KINDS), "来源渠道": dice.choice(_CHANNELS),
        "投诉人": dice.choice(_SURNAMES) + "".join(dice.choices(_GIVEN, k=dice.randint(1, 2))),
        "联系电话": f"1{dice.choice('3578')}{dice.randint(0, 10**9 - 1):09}",
        "联系地址": f"{dice.choice(_PLACES)}{dice.randint(1, 40)}组{dice.randint(1, 300)}号",
        "户号": f"06{dice.randint(0, 10**8 - 1):08}", "项目": dice.choice(_ITEMS),
        "等级": dice.choice(_LEVELS), "反映内容": _text(dice, *texts), "客户要求": _text(dice, 6, 20),
        "受理人": dice.choice(_STAFF), "承办人": dice.choice(_STAFF), "承办部门": dice.choice(_UNITS),
        "答复方式": dice.choice(["电话", "书面", "当面", "走访"]), "办结时间": later(15),
        "是否属实": dice.choice(["属实", "部分属实", "不属实"]),
        "责任认定": dice.choice(["供电方", "客户", "第三方", "无责"]), "处理结果": _text(dice, 10, 40),
        "满意度": dice.choice(["满意", "基本满意", "不满意", ""]), "备注": dice.choice(["", "", "已归档", "转班组"]),
        "台区名称": f"{dice.choice(_PLACES)}{dice.randint(1, 60)}号台区", "所属线路": f"10kV青{dice.randint(1, 30)}线",
        "天气": dice.choice(["晴", "阴", "小雨", "雷雨", "大风"]), "录入批次": str(dice.randint(1, 400)),
    }  # fmt: skip
    return given | known


def book(name: str, headings: Sequence[str], texts: tuple[int, int], rows: int = ROWS) -> Path:
    """A CSV of old records under these headings, made once."""
    path = KEPT / f"{name}-{rows}.csv"
    if not path.exists():
        KEPT.mkdir(mode=0o700, exist_ok=True)
        dice = random.Random(20260212)
        with open(path.with_suffix(".part"), "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, headings, extrasaction="ignore", restval="")
            writer.writeheader()
            writer.writerows(_row(dice, n, texts) for n in range(rows))
        path.with_suffix(".part").rename(path)
    return path


def wide(rows: int = ROWS) -> Path:
    """30 columns, four of them unknown to any mapping, contents of 50 to 500 characters."""
    return book("wide", WIDE, (50, 500), rows)


def narrow(rows: int = ROWS) -> Path:
    """14 columns, contents of 15 to 60 characters: what a station's own book looks like."""
    return book("narrow", NARROW, (15, 60), rows)


def environment(ledger: Path) -> dict[str, str]:
    """The environment of a command on a ledger."""
    own = {"COMPLAINTCTL_LEDGER": str(ledger), "COMPLAINTCTL_LANG": "zh", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **own, "LOGNAME": "bench"}


def run(ledger: Path, *words: str) -> str:
    """One complaintctl command; what it printed."""
    command = [PYTHON, "-m", "complaintctl", *words]
    done = subprocess.run(
        command, env=environment(ledger), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{words}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def new_ledger(path: Path) -> Path:
    """An empty ledger at this place, instead of whatever stood there."""
    for old in path.parent.glob(path.name + "*"):
        old.unlink()
    run(path, "init", "--station", "青禾供电所")
    return path


def full_ledger() -> Path:
    """A ledger of ROWS imported complaints and some hundred live ones, made once."""
    path = KEPT / f"full-{ROWS}.db"
    if not path.exists():
        part = new_ledger(path.with_suffix(".part"))
        run(part, "import", str(wide()))
        for n, now in zip(range(400), _mornings(), strict=False):
            log_in_process(part, n, now)
        part.rename(path)
    return path


def _mornings() -> Iterator[dt.datetime]:
    from complaintctl import clock

    first = clock.now() - dt.timedelta(days=40)
    while True:
        yield first
        first += dt.timedelta(hours=2, minutes=23)


def log_in_process(ledger: Path, n: int, now: dt.datetime) -> str:
    """One complaint through the service layer; its number."""
    from complaintctl.services import casework
    from complaintctl.services.session import office

    given = {"channel": "电话", "category": _ITEMS[n % 16], "content": f"第{n}次反映停电未通知",
             "phone": f"139{n:08}", "name": "王芳"}  # fmt: skip
    with office(ledger, by="bench", now=now) as opened:
        return str(casework.log(opened, given.items())["number"])


def timed(command: Sequence[str], env: dict[str, str] | None = None) -> tuple[float, int]:
    """Seconds and peak memory (KiB) of one process, its output thrown away."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    spent = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{list(command)}: exit {child.returncode}")
    return spent, usage.ru_maxrss


def spread(values: Sequence[float]) -> str:
    """A median with its extremes."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def paired(
    contestants: dict[str, Callable[[], float]], base: str, rounds: int
) -> dict[str, list[float]]:
    """Interleaved rounds; per contestant its time divided by the base's time of the same round."""
    ratios: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        seconds = {name: measure() for name, measure in contestants.items()}
        for name, value in seconds.items():
            ratios[name].append(value / seconds[base])
    return ratios


sys.path.insert(0, str(ROOT))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's second command finds compiled modules
