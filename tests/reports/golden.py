"""Write the reports of the made-up audit anew: `python -m tests.reports.golden`, then read the difference in git."""

from pathlib import Path

from auditor.reports import write
from tests.make import ROOT
from tests.reports.made import audited

GOLDEN = Path(__file__).parent / "golden"

if __name__ == "__main__":
    write(audited(), [ROOT / "reports"], GOLDEN)
    for written in GOLDEN.iterdir():
        written.chmod(0o644)
