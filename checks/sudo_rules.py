"""What a company may demand of who may do what by sudo. A rule for other hosts only does not count."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.sudo import Sudo
from auditor.facts.sudoers import SudoRule

Names = frozenset[str]

_ROOT = frozenset({"root", "#0"})


def _fix(text: str) -> Fix:
    return Fix(text, solution="restrict-sudo")


def _here(sudo: Sudo) -> Iterator[SudoRule]:
    """Yield the rules that allow something on this host, those among them that addresses decide."""
    return (rule for rule in sudo.rules if not rule.denied and sudo.here(rule) is not False)


def _found(sudo: Sudo, rule: SudoRule, subject: str, found: str, wanted: str) -> Outcome:
    """Return what is wrong with a rule, or that it may be meant for other hosts."""
    if sudo.here(rule) is None:
        return Undecided(subject, f"whether {rule.place} holds on this host depends on addresses or netgroups")
    return Violation(subject, found=found, wanted=wanted)


def _doubts(sudo: Sudo) -> Iterator[Outcome]:
    if sudo.doubts:
        yield Undecided("sudoers", sudo.doubts[0])


def _others(rule: SudoRule, accepted: Names) -> list[str]:
    """Return whom a rule is for, without root and those accepted; whom it leaves out does not count."""
    return [user for user in rule.users if user not in accepted | _ROOT and not user.startswith("!")]


def _as_root(sudo: Sudo, rule: SudoRule) -> bool:
    """Whether a rule's commands run as root; where only a group is named, they run as whoever runs them."""
    if not rule.runas:
        return not rule.groups and sudo.value("runas_default") in {None, "root"}
    return bool({"ALL", *_ROOT} & set(rule.runas)) and not {"!root", "!#0"} & set(rule.runas)


@check(
    "sudo.password-asked",
    severity=Severity.HIGH,
    fix=_fix("Remove NOPASSWD from the rule, or let it name the commands that need it."),
    references=("cis-debian12:5.2.4", "nist-800-53r5:IA-11"),
)
def password_asked(sudo: Sudo, *, exceptions: Names = frozenset(), named_commands: bool = False) -> Iterator[Outcome]:
    """No rule for sudo does without a password

    Whoever gets hold of an account then has its rights as an administrator too. `exceptions` are users, or groups with
    their %; with `named_commands` rules count only that allow everything.
    """
    rules = [rule for rule in _here(sudo) if "NOPASSWD" in rule.tags]
    wrong = [rule for rule in rules if not named_commands or rule.command == "ALL"]
    yield from _by_user(sudo, wrong, exceptions, "a password is asked for")
    yield from _doubts(sudo)


def _by_user(sudo: Sudo, rules: list[SudoRule], accepted: Names, wanted: str) -> Iterator[Outcome]:
    """Yield each user or group with the rules that it should not have, or that it has them where addresses fit."""
    users = dict.fromkeys(user for rule in rules for user in _others(rule, accepted))
    for user in users:
        own = [rule for rule in rules if user in rule.users]
        certain = tuple(f"{rule.command} ({rule.place})" for rule in own if sudo.here(rule))
        if certain:
            yield Violation(user, found=certain, wanted=wanted)
        else:
            yield Undecided(user, f"whether {own[0].place} holds on this host depends on addresses or netgroups")


@check(
    "sudo.administrators",
    severity=Severity.HIGH,
    fix=_fix("Replace ALL in the rule by the commands that are needed, or make the account an administrator's."),
    references=("nist-800-53r5:AC-6(5)",),
)
def administrators(
    sudo: Sudo, *, admins: Names = frozenset({"root", "%root", "%sudo", "%wheel", "%admin"})
) -> Iterator[Outcome]:
    """Only administrators may run everything as root

    `admins` are users, or groups with their %. Whoever may run everything is root, whatever the account is called.
    """
    rules = [rule for rule in _here(sudo) if rule.command == "ALL" and _as_root(sudo, rule)]
    yield from _by_user(sudo, rules, admins, "an administrator, or fewer commands")
    yield from _doubts(sudo)


@check(
    "sudo.no-exclusions",
    severity=Severity.MEDIUM,
    fix=_fix("Name the commands that are allowed, instead of those that are not."),
)
def no_exclusions(sudo: Sudo) -> Iterator[Outcome]:
    """No rule allows everything but some commands

    Copying the program under another name is enough to run it all the same; sudoers(5) warns of it.
    """
    everything = {(rule.place, rule.users) for rule in _here(sudo) if rule.command == "ALL"}
    excepted: dict[str, list[str]] = {}
    for rule in sudo.rules:
        if rule.denied and rule.command != "ALL" and (rule.place, rule.users) in everything:
            excepted.setdefault(", ".join(rule.users), []).append(rule.command)
    for users, commands in excepted.items():
        yield Violation(users, found=f"ALL but {', '.join(commands)}", wanted="the commands that are allowed")
    yield from _doubts(sudo)


@check(
    "sudo.programs-guarded",
    severity=Severity.HIGH,
    fix=_fix("Run chown root:root and chmod go-w on the program and the folder that it lies in."),
    references=("nist-800-53r5:AC-6(10)",),
)
def programs_guarded(sudo: Sudo) -> Iterator[Outcome]:
    """Programs that sudo lets others run can only be changed by root

    Whoever can replace the program runs what he likes as root.
    """
    rules = [rule for rule in _here(sudo) if _others(rule, frozenset()) and _as_root(sudo, rule)]
    named = {rule.command.partition(" ")[0]: rule for rule in rules if rule.command.startswith("/")}
    paths = {path: rule for program, rule in named.items() for path in (program, _folder(program))}
    for path, rule in paths.items():
        shown = sudo.programs.get(path)
        if shown is not None and shown.open:
            yield _found(sudo, rule, path, str(shown), "only root may write")
    for program in named:
        if any(sign in _folder(program) for sign in "*?[^"):
            yield Undecided(program, "which programs it stands for was not looked at")
    yield from _doubts(sudo)
    if not named:
        yield NotApplicable("no rule names a program")


def _folder(program: str) -> str:
    """Return where a program lies; a path that ends in a slash is itself a folder, of which all may be run."""
    return program.rpartition("/")[0]


@check(
    "sudo.no-wildcards",
    severity=Severity.LOW,
    fix=_fix('Write the arguments out, or "" for none; one rule each.'),
)
def no_wildcards(sudo: Sudo) -> Iterator[Outcome]:
    """Commands in rules for sudo hold no `*`

    A star among the arguments also stands for blanks and further arguments: `cat /var/log/*` shows any file.
    """
    for command, rule in {rule.command: rule for rule in _here(sudo) if _others(rule, frozenset())}.items():
        if "*" in command.replace("\\*", ""):
            yield _found(sudo, rule, command, f"a wildcard in {rule.place}", "the arguments written out")
    yield from _doubts(sudo)
