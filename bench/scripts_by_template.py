"""Scripts of our own in the spirit of the corpus's scenarios, for rules that are made from a template.

A scenario's name says what somebody got wrong (`param_conflict_directory.fail`), the template says of what. Words in
braces stand for what a rule asks for: `{good}` is a line that meets it, `{bad}` one that does not.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

Row = Mapping[str, str]
Given = Mapping[str, str]
Scripts = Mapping[str, str]


def script(row: Row) -> str:
    """Return a script for a row whose rule is made from a template that is known here, or nothing."""
    make = _TEMPLATES.get(row["template"])
    return make(row, json.loads(row["template_vars"] or "{}")) if make else ""


def name_of(row: Row) -> str:
    """Return a scenario's name without what is expected of it: `comment.fail.sh` is `comment`."""
    return row["scenario"].partition(".")[0]


def _of(scripts: Scripts, row: Row, clean: str = "", **words: str) -> str:
    """Return the script of a row's scenario after what clears the ground for it, or nothing where there is none."""
    found = scripts.get(name_of(row), "")
    return found and f"{clean}\n{found}".format_map(words)


# --- sshd -------------------------------------------------------------------------------------------------------------

_WRONG: Final = {"yes": "no", "no": "yes", "VERBOSE": "ERROR"}
_SSHD_CLEAN: Final = (
    "mkdir -p {config}.d; touch {config}.d/nothing; sed -i '/^#*\\s*{keyword}\\b/Id' {config} {config}.d/*"
)
_SSHD: Final[Scripts] = {
    "comment": "echo '# {good}' >>{config}",
    "correct_value": "echo '{good}' >>{config}",
    "correct_value_directory": "echo '{good}' >{config}.d/good.conf",
    "duplicated_param": "printf '{good}\\n{good}\\n' >>{config}",
    "duplicated_param_directory": "for f in first second; do echo '{good}' >{config}.d/$f.conf; done",
    "line_not_there": "true",
    "param_conflict": "printf '{good}\\n{bad}\\n' >>{config}",
    "param_conflict_directory": "echo '{bad}' >{config}.d/bad_config.conf; echo '{good}' >{config}.d/good_config.conf",
    "param_conflict_file_with_directory": "echo '{bad}' >{config}.d/bad_config.conf; echo '{good}' >>{config}",
    "wrong_value": "echo '{bad}' >>{config}",
    "wrong_value_directory": "echo '{bad}' >{config}.d/bad_config.conf",
    "lower_bound": "echo '{keyword} 1' >>{config}",
    "no_limit": "echo '{keyword} 0' >>{config}",
    "too_high": "echo '{bad}' >>{config}",
}


def _sshd(row: Row, given: Given) -> str:
    keyword = given["parameter"]
    value = (
        given.get("value") or row["variables"].partition("=")[2] or row["variable_defaults"].partition("=")[2] or "60"
    )
    wrong = _WRONG.get(value) or str(int(value) + 40)
    lines = {"good": f"{keyword} {value}", "bad": f"{keyword} {wrong}"}
    return _of(_SSHD, row, _SSHD_CLEAN, config="/etc/ssh/sshd_config", keyword=keyword, **lines)


# --- sysctl -----------------------------------------------------------------------------------------------------------

_SYSCTL_CLEAN: Final = (
    "mkdir -p /usr/local/lib/sysctl.d; rm -f {etc}/* /usr/lib/sysctl.d/*; sed -i '/{key}/d' {conf}; "
    "sysctl -w '{key} = {runs}'"
)
_LINKED: Final = "ln -s {conf} {etc}/99-sysctl.conf"
_ROOTS: Final = "ln -s /root/root-sysctl.conf {etc}/90-root.conf"
_SYSCTL: Final[Scripts] = {
    "comment": "echo '# {good}' >>{conf}",
    "correct_value": "echo '{good}' >>{conf}",
    "correct_value_etc_sysctld": "echo '{good}' >{etc}/duplicate.conf",
    "correct_value_usr_lib": "echo '{good}' >/usr/lib/sysctl.d/correct.conf",
    "correct_value_usr_local_lib": "echo '{good}' >/usr/local/lib/sysctl.d/correct.conf",
    "line_not_there": "true",
    "one_sysctl_conf_one_sysctl_d": "echo '{good}' | tee -a {conf} >{etc}/duplicate.conf",
    "one_sysctl_conf_one_sysctl_d_conflicting": "echo '{good}' >>{conf}; echo '{bad}' >{etc}/second.conf",
    "symlink_conflicting": f"echo '{{good}}' >>{{conf}}; {_LINKED}; echo '{{bad}}' >{{etc}}/90-test.conf",
    "symlink_different_option": f"echo '{{good}}' >>{{conf}}; {_LINKED}; echo '{{other}}' >{{etc}}/90-test.conf",
    "symlink_repeated_sysctl_conf": f"printf '{{good}}\\n{{good}}\\n' >>{{conf}}; {_LINKED}",
    "symlink_root_duplicate": f"echo '{{good}}' | tee -a {{conf}} >/root/root-sysctl.conf; {_ROOTS}",
    "symlink_root_duplicate_conflicting": "echo '{good}' >>{conf}; echo '{bad}' >/root/root-sysctl.conf; " + _ROOTS,
    "symlink_root_incompliant": f"echo '{{bad}}' >/root/root-sysctl.conf; {_ROOTS}",
    "symlink_same_option": f"echo '{{good}}' | tee -a {{conf}} >{{etc}}/90-test.conf; {_LINKED}",
    "symlinks_to_same_file": f"echo '{{good}}' >>{{conf}}; {_LINKED}; ln -s {{conf}} {{etc}}/90-sysctl.conf",
    "two_sysctls_on_d": "echo '{good}' | tee {etc}/first.conf >{etc}/duplicate.conf",
    "two_sysctls_on_d_conflicting": "echo '{bad}' >{etc}/first.conf; echo '{good}' >{etc}/second.conf",
    "two_sysctls_on_same_file": "printf '{good}\\n{good}\\n' >>{conf}",
    "two_sysctls_on_same_file_name": "echo '{good}' | tee -a {conf} >{etc}/sysctl.conf",
    "two_sysctls_on_same_file_name_conflicting": "echo '{good}' >>{conf}; echo '{bad}' >{etc}/sysctl.conf",
    "wrong_runtime": "echo '{good}' >>{conf}",
    "wrong_value": "echo '{bad}' >>{conf}",
    "wrong_value_d_directory": "echo '{good}' >>{conf}; echo '{bad}' >{etc}/98-sysctl.conf",
    "wrong_value_usr_local_lib": "echo '{bad}' >/usr/local/lib/sysctl.d/wrong.conf",
    "wrong_usr_lib_wrong_etc": "echo '{bad}' | tee /usr/lib/sysctl.d/01-first.conf >{etc}/50-second.conf",
    "wrong_usr_lib_correct_etc": "echo '{bad}' >/usr/lib/sysctl.d/01-first.conf; echo '{good}' >{etc}/50-second.conf",
    "correct_etc_ufw_correct_rt": "mkdir -p /etc/ufw; echo '{good}' >/etc/ufw/sysctl.conf",
    "correct_etc_ufw_wrong_rt": "mkdir -p /etc/ufw; echo '{good}' >/etc/ufw/sysctl.conf",
    "wrong_etc_ufw_correct_rt": "mkdir -p /etc/ufw; echo '{bad}' >/etc/ufw/sysctl.conf",
}
_RUNS_WRONG: Final = {"wrong_runtime", "correct_etc_ufw_wrong_rt"}


def _sysctl(row: Row, given: Mapping[str, str | list[str]]) -> str:
    key = str(given["sysctlvar"])
    value = given.get("sysctlval") or row["variables"].partition("=")[2] or row["variable_defaults"].partition("=")[2]
    value = value[0] if isinstance(value, list) else value
    wrong = "1" if value == "0" else "0"
    lines = {"good": f"{key} = {value}", "bad": f"{key} = {wrong}", "other": "kernel.pid_max = 65536"}
    runs = wrong if name_of(row) in _RUNS_WRONG else value
    return _of(_SYSCTL, row, _SYSCTL_CLEAN, etc="/etc/sysctl.d", conf="/etc/sysctl.conf", key=key, runs=runs, **lines)


# --- modules ----------------------------------------------------------------------------------------------------------

_MODULE_CLEAN: Final = "sed -i '/{module}/d' /etc/modprobe.d/* /usr/lib/modprobe.d/* 2>/dev/null || true"
_BOTH: Final = (
    "mkdir -p {folder}; printf 'install {{module}} /bin/true\\nblacklist {{module}}\\n' >{folder}/{{module}}.conf"
)
_MODULE: Final[Scripts] = {
    "comment": "printf '# install {module} /bin/true\\n# blacklist {module}\\n' >/etc/modprobe.d/{module}.conf",
    "empty": ": >/etc/modprobe.d/{module}.conf",
    "file_not_there": "true",
    "wrong_value": "echo 'install {module} /sbin/modprobe -i {module}' >/etc/modprobe.d/{module}.conf",
    "missing_blacklist": "echo 'install {module} /bin/true' >/etc/modprobe.d/{module}.conf",
    "correct_value_modprobe_d": _BOTH.format(folder="/etc/modprobe.d"),
    "correct_value_run_modprobe_d": _BOTH.format(folder="/run/modprobe.d"),
    "correct_value_usr_lib_modprobe_d": _BOTH.format(folder="/usr/lib/modprobe.d"),
    "correct_value_modules_load_d": _BOTH.format(folder="/etc/modules-load.d"),
    "correct_value_run_modules_load_d": _BOTH.format(folder="/run/modules-load.d"),
    "correct_value_usr_lib_modules_load_d": _BOTH.format(folder="/usr/lib/modules-load.d"),
}


def _module(row: Row, given: Given) -> str:
    return _of(_MODULE, row, _MODULE_CLEAN, module=given["kernmodule"])


# --- files ------------------------------------------------------------------------------------------------------------

_MODE: Final[Scripts] = {
    "correct_permissions": "chmod {mode} {path}",
    "lenient_permissions": "chmod 777 {path}",
    "stricter_permisions": "chmod 400 {path}",
    "stricter_permissions": "chmod 400 {path}",
}
_MODES: Final[Scripts] = {
    "correct_permissions": "touch {folder}new.pub; chmod {mode} {folder}*.pub",
    "lenient_permissions": "touch {folder}new.pub; chmod 777 {folder}new.pub",
    "stricter_permisions": "chmod 400 {folder}*.pub",
    "multiple_keys": "touch {folder}a.pub {folder}b.pub; chmod {mode} {folder}a.pub; chmod 777 {folder}b.pub",
    "missing_file_test": "mkdir -p {folder}keys; mv {folder}*.pub {folder}keys/",
}
_GROUP: Final[Scripts] = {
    "correct_groupowner": "touch {path}; chgrp {group} {path}",
    "incorrect_groupowner": "groupadd strangers; chgrp strangers {path}",
    "no_file": "rm -f {path}",
}


def _mode(row: Row, given: Given) -> str:
    path, mode = given["filepath"], given["filemode"]
    if path.endswith("/"):
        return _of(_MODES, row, folder=path, mode=mode)
    return _of(_MODE, row, "mkdir -p {folder}; touch {path}", folder=path.rpartition("/")[0], path=path, mode=mode)


def _group(row: Row, given: Given) -> str:
    return _of(_GROUP, row, path=given["filepath"], group=given["gid_or_name"])


# --- packages: what dpkg believes, without the package ----------------------------------------------------------------

_ENTRY: Final = (
    "printf '%s\\n' '' 'Package: {package}' 'Status: %s' 'Priority: optional' 'Maintainer: Nobody <none@lab.example>' "
    "'Architecture: all' 'Version: 4.3' 'Description: a package of the lab' >>/var/lib/dpkg/status"
)
_PACKAGE: Final[Scripts] = {
    "package-installed": _ENTRY.replace("Status: %s", "Status: install ok installed"),
    "package-installed-removed": _ENTRY.replace("Status: %s", "Status: deinstall ok config-files"),
    "package-removed": "true",
}


def _package(row: Row, given: Given) -> str:
    return _of(_PACKAGE, row, package=given["pkgname"])


_TEMPLATES: Final[Mapping[str, Callable[..., str]]] = {
    "sshd_lineinfile": _sshd,
    "sysctl": _sysctl,
    "kernel_module_disabled": _module,
    "file_permissions": _mode,
    "file_groupowner": _group,
    "package_removed": _package,
}
