"""What the keyboard of a machine does without a log-in: Ctrl-Alt-Del, and shells for maintenance.

Sources: systemd.special(7) (ctrl-alt-del.target, an alias of reboot.target unless it is masked); systemd-system.conf(5)
(CtrlAltDelBurstAction, `reboot-force` by default); sulogin(8) (SYSTEMD_SULOGIN_FORCE gives a shell without a password
where root has none); systemd.unit(5), systemd.service(5) (drop-ins, and an empty ExecStart= that takes back all before
it); inittab(5) where there is no systemd.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dropins import UNIT_FOLDERS, Lines, in_order, ini_values, main_and_dropins
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_TARGET: Final = "ctrl-alt-del.target"
_INITTAB: Final = "/etc/inittab"
_SHELLS: Final = ("rescue", "emergency")
_ROOTS: Final = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")


@dataclass(frozen=True, slots=True)
class Console:
    """What happens on Ctrl-Alt-Del, once (a command or target, or "" for nothing) and seven times within two seconds.

    `shells` has what each maintenance mode of systemd runs, in the order of its lines, and `forced` those of them that
    ask for no password where root has none. `unread` are files that could not be read.
    """

    keys: str
    burst: str = ""
    shells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forced: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


_KEYS: Final = (
    f"for d in {' '.join(UNIT_FOLDERS)}; do f=$d/{_TARGET}; [ -h $f ] || [ -e $f ] || continue; "
    "if [ -s $f ]; then echo \"[keys $f]\"; else echo '[keys masked]'; fi; break; done"
)
_PATHS: Final = (
    _INITTAB,
    *(f"{root}/systemd/system.conf{part}" for root in _ROOTS for part in ("", ".d/*.conf")),
    *(f"{folder}/{name}.service{part}" for folder in UNIT_FOLDERS for name in _SHELLS for part in ("", ".d/*.conf")),
)
_CONSOLE: Final = Shell(
    f"{SHOW_FILES}; [ ! -e /usr/lib/systemd/systemd ] && [ ! -e /lib/systemd/systemd ] || echo '[systemd]'; {_KEYS}; "
    f"echo '[console]'; show {' '.join(_PATHS)}; {END}"
)


@probe(_CONSOLE, on={Platform.LINUX})
def console(answer: Answer) -> Console:
    """Read what the keyboard does. Raises NotPresent where neither systemd nor inittab decides it."""
    seen = sections(answer.text)
    seen.one("console")
    files = seen.files()
    if any(seen.named("systemd")):
        return _by_systemd(seen, files)
    if _INITTAB in files:
        return Console(_by_inittab(files[_INITTAB]), unread=seen.unread())
    if _INITTAB in seen.unread():
        raise Unreadable(f"{_INITTAB} could not be read")
    raise NotPresent("no init system here decides what the keyboard does")


def _by_systemd(seen: Sections, files: Mapping[str, Lines]) -> Console:
    target = next(seen.named("keys"), None)
    manager = dict(ini_values(main_and_dropins(files, "system.conf"), "Manager"))
    services = {name: values for name in _SHELLS if (values := _service(name, files)) is not None}
    return Console(
        "" if target is None or target.words == "masked" else _TARGET,
        manager.get("CtrlAltDelBurstAction") or "reboot-force",
        {name: _commands(values) for name, values in services.items()},
        tuple(name for name, values in services.items() if _forced(values)),
        seen.unread(),
    )


def _service(name: str, files: Mapping[str, Lines]) -> list[tuple[str, str]] | None:
    """Return the assignments of a service with its drop-ins; None where there is none, or it is masked."""
    path = next((path for folder in UNIT_FOLDERS if (path := f"{folder}/{name}.service") in files), None)
    if path is None or not any(line.strip() for line in files[path]):
        return None
    dropins = in_order(files, [f"{folder}/{name}.service.d" for folder in UNIT_FOLDERS])
    return list(ini_values([(path, files[path]), *dropins], "Service"))


def _commands(assignments: list[tuple[str, str]]) -> tuple[str, ...]:
    commands: list[str] = []
    for key, value in assignments:
        if key == "ExecStart":
            commands = [*commands, value] if value else []
    return tuple(commands)


def _forced(assignments: list[tuple[str, str]]) -> bool:
    """Whether the environment of a service says that no password is asked for; an empty line takes it back."""
    words: list[str] = []
    for key, value in assignments:
        if key == "Environment":
            words = [*words, *value.replace('"', " ").replace("'", " ").split()] if value else []
    told = [word.partition("=")[2].lower() for word in words if word.startswith("SYSTEMD_SULOGIN_FORCE=")]
    return bool(told) and told[-1] in {"1", "yes", "y", "true", "t", "on"}


def _by_inittab(lines: Lines) -> str:
    """Return the command of the first line whose action is ctrlaltdel: `id:runlevels:action:command`."""
    entries = (line.strip().split(":", 3) for line in lines if not line.strip().startswith("#"))
    return next((entry[3] for entry in entries if len(entry) == 4 and entry[2] == "ctrlaltdel"), "")
