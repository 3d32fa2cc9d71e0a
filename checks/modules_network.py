"""What a company may demand of the kernel's modules: rare network protocols cannot be loaded."""

from collections.abc import Iterator

from auditor import Outcome, Severity, check
from auditor.facts.modules import KernelModules
from auditor.facts.modules_views import EFFECTIVE, View, judge_module, keep_out


@check(
    "modules.dccp",
    severity=Severity.LOW,
    fix=keep_out("dccp"),
    references=("cis-debian12:3.2.1",),
)
def dccp(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The protocol DCCP cannot be loaded

    Nobody uses it, any user can make the kernel load it, and its flaws made users root.
    """
    yield from judge_module(modules, "dccp", blacklisted=blacklisted, view=view)


@check(
    "modules.tipc",
    severity=Severity.LOW,
    fix=keep_out("tipc"),
    references=("cis-debian12:3.2.2",),
)
def tipc(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The protocol TIPC cannot be loaded

    It joins the nodes of telephone exchanges; elsewhere it only answers attackers.
    """
    yield from judge_module(modules, "tipc", blacklisted=blacklisted, view=view)


@check(
    "modules.rds",
    severity=Severity.LOW,
    fix=keep_out("rds"),
    references=("cis-debian12:3.2.3",),
)
def rds(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The protocol RDS cannot be loaded

    It joins the nodes of one vendor's databases; elsewhere it only offers its flaws.
    """
    yield from judge_module(modules, "rds", blacklisted=blacklisted, view=view)


@check(
    "modules.sctp",
    severity=Severity.LOW,
    fix=keep_out("sctp"),
    references=("cis-debian12:3.2.4",),
)
def sctp(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The protocol SCTP cannot be loaded

    Telephone networks use it. Anybody else's kernel loads it only because a user asked for such a socket.
    """
    yield from judge_module(modules, "sctp", blacklisted=blacklisted, view=view)
