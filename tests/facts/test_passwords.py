"""Password rules as PAM and its modules take them, on recorded stacks of Debian, Red Hat and SUSE."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.passwords import login_locks, password_defaults, password_rules
from tests.make import fact, refused

DEBIAN = """
password	requisite			pam_pwquality.so retry=3
password	[success=1 default=ignore]	pam_unix.so obscure use_authtok try_first_pass yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
"""
DEBIAN_AUTH = """
auth	requisite			pam_faillock.so preauth
auth	[success=2 default=ignore]	pam_unix.so nullok
auth	[default=die]			pam_faillock.so authfail
auth	requisite			pam_deny.so
auth	required			pam_permit.so
"""
# authselect's sssd profile with faillock, as RHEL 9 writes it.
REDHAT = """
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        required                                     pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_faillock.so authfail
auth        required                                     pam_deny.so
password    [default=1 ignore=ignore success=ok]         pam_localuser.so
password    requisite                                    pam_pwquality.so local_users_only
password    [default=1 ignore=ignore success=ok]         pam_localuser.so
password    requisite                                    pam_pwhistory.so use_authtok
password    sufficient                                   pam_unix.so sha512 shadow nullok use_authtok
password    required                                     pam_deny.so
"""


def printed(files: dict[str, str]) -> str:
    """Return what the request prints for these files."""
    return "".join(f"\n#== file {path}\n{text}" for path, text in files.items()) + "\n\n#== end\n"


def debian(*, password: str = DEBIAN, auth: str = DEBIAN_AUTH, **more: str) -> str:
    """Return a Debian host: `more` are files of /etc/security, without `.conf`."""
    return printed(
        {
            "/etc/login.defs": "ENCRYPT_METHOD SHA512\n",
            "/etc/pam.d/passwd": "@include common-password\n",
            "/etc/pam.d/common-password": password,
            "/etc/pam.d/common-auth": auth,
            "/etc/pam.d/login": "auth optional pam_faildelay.so delay=3000000\n@include common-auth\n",
            **{f"/etc/security/{name}.conf": text for name, text in more.items()},
        }
    )


def redhat(auth: str = REDHAT, **more: str) -> str:
    """Return a Red Hat host."""
    return printed(
        {
            "/etc/login.defs": "ENCRYPT_METHOD YESCRYPT\n",
            "/etc/pam.d/passwd": "password   substack   system-auth\n-password   optional   pam_gnome_keyring.so\n",
            "/etc/pam.d/system-auth": auth,
            "/etc/pam.d/password-auth": auth,
            "/etc/pam.d/sshd": "auth substack password-auth\nauth include postlogin\n",
            "/etc/pam.d/postlogin": "session optional pam_umask.so silent\n",
            **{f"/etc/security/{name}.conf": text for name, text in more.items()},
        }
    )


def quality(text: str) -> object:
    """Return the rules for new passwords."""
    return fact(password_rules, text).quality


def test_defaults_of_pwquality_hold_where_no_file_says_otherwise() -> None:
    """Module in the stack, no file: length 8 and no kinds."""
    found = quality(debian())

    assert (found.by, found.length, found.classes, found.values["retry"]) == ("pam_pwquality", 8, 0, 3)


def test_a_file_without_the_module_demands_nothing() -> None:
    """pwquality.conf is read by nobody then."""
    rules = fact(password_rules, debian(password="password required pam_unix.so sha512\n", pwquality="minlen = 20\n"))

    assert rules.quality is None
    assert "checks new passwords" in rules.no_quality


def test_a_commented_module_is_not_there() -> None:
    """`#` at the beginning, and anywhere."""
    assert quality(debian(password="#" + DEBIAN.strip())) is None


def test_a_module_after_pam_unix_comes_too_late() -> None:
    """The password is stored by then."""
    late = "password sufficient pam_unix.so sha512\npassword requisite pam_pwquality.so\n"

    assert "after pam_unix" in fact(password_rules, debian(password=late)).no_quality


def test_a_history_after_pam_unix_comes_too_late() -> None:
    """The password is stored by then, whatever pam_pwhistory says of it."""
    late = "password [success=1 default=ignore] pam_unix.so\npassword requisite pam_pwhistory.so remember=5\n"

    assert fact(password_rules, debian(password=late)).remembered == ()


def test_the_folder_is_read_before_the_file_and_the_last_value_wins() -> None:
    """pwquality.conf(5): ASCII order in the folder, then the file, then the module's arguments."""
    files = {"pwquality.conf.d/10": "minlen = 20\nminclass=4\ndifok 5\n", "pwquality.conf.d/9": "minclass = 1\n"}
    found = quality(debian(**files, pwquality="minlen = 10\nMINLEN = 12 # was 10\n"))

    assert (found.values["minlen"], found.values["minclass"], found.values["difok"]) == (12, 1, 5)


def test_every_value_written_is_kept_in_reading_order() -> None:
    """Folder, file, then the module's arguments; defaults and comments are not written."""
    files = {"pwquality.conf.d/10": "minlen = 8\n#minlen = 9\n", "pwquality": "minlen = 14\nMINLEN=15\n"}
    found = quality(debian(password=DEBIAN.replace("retry=3", "retry=3 minlen=16"), **files))

    assert (found.written["minlen"], "difok" in found.written) == ((8, 14, 15, 16), False)


def test_a_module_argument_overrides_the_file() -> None:
    """The stack has the last word."""
    found = quality(debian(password=DEBIAN.replace("retry=3", "retry=3 minlen=7"), pwquality="minlen = 14\n"))

    assert found.length == 7


def test_credits_shorten_the_length_and_six_is_the_floor() -> None:
    """Minlen 14 with four credits accepts 10; minlen 3 is 6."""
    assert quality(debian(pwquality="minlen=14\ndcredit=1\nucredit=1\nlcredit=1\nocredit=1")).length == 10
    assert quality(debian(pwquality="minlen=3")).length == 6
    assert quality(debian(pwquality="dcredit=-1\nucredit=-2")).classes == 2


def test_reading_stops_at_what_the_library_cannot_take() -> None:
    """Everything after it is ignored, so the values are doubtful."""
    found = quality(debian(pwquality="minlen = fourteen\nminclass = 4\n"))

    assert "/etc/security/pwquality.conf:1" in found.doubt
    assert found.values["minclass"] == 0


def test_an_optional_module_is_doubtful() -> None:
    """Its refusal does not count by itself."""
    assert "optional" in quality(debian(password=DEBIAN.replace("requisite\t\t\tpam_pwq", "optional pam_pwq"))).doubt


def test_a_condition_that_may_jump_over_the_module_is_doubtful() -> None:
    """Who is skipped cannot be told."""
    jump = "password [success=1 default=ignore] pam_succeed_if.so user ingroup ops\n" + DEBIAN.strip()

    assert "pam_succeed_if" in quality(debian(password=jump)).doubt


def test_red_hat_substacks_local_users_history_and_method() -> None:
    """pam_localuser skips only accounts of a directory."""
    rules = fact(password_rules, redhat(pwquality="minlen = 15"))

    assert (rules.quality.length, rules.quality.doubt) == (15, "")
    assert (rules.remembered, rules.methods) == ((10,), ("sha512",))


def test_history_by_argument_by_file_and_by_pam_unix() -> None:
    """The argument is certain; the file is read by newer releases only; 0 remembers nothing."""
    by_file = fact(password_rules, redhat(pwhistory="remember = 24\nremember = 1\n"))
    by_argument = fact(password_rules, redhat(REDHAT.replace("pam_pwhistory.so", "pam_pwhistory.so remember=5")))
    by_unix = fact(password_rules, debian(password=DEBIAN.replace("yescrypt", "yescrypt remember=7")))
    none = fact(password_rules, redhat(REDHAT.replace("pam_pwhistory.so", "pam_pwhistory.so remember=0")))

    assert (by_file.remembered, by_argument.remembered) == ((10, 24), (5,))
    assert (by_unix.remembered, none.remembered, fact(password_rules, debian()).remembered) == ((7,), (0,), ())


def test_the_method_named_to_pam_unix_goes_before_login_defs() -> None:
    """And the last of two holds; without any, login.defs, in any case."""
    two = fact(password_rules, debian(password=DEBIAN.replace("yescrypt", "md5 sha512")))
    none = fact(password_rules, debian(password=DEBIAN.replace(" yescrypt", "")))

    assert (two.methods, none.methods) == (("sha512",), ("sha512",))


@pytest.mark.parametrize("text", ["", "<html/>", "\n#== file /etc/login.defs\nX 1\n\n#== end\n"])
def test_without_pam_nothing_is_known(text: str) -> None:
    """Garbage, and a host without PAM."""
    assert isinstance(refused(password_rules, text), Unreadable)
    assert isinstance(refused(login_locks, text), Unreadable)


def test_a_missing_include_is_unreadable_and_a_loop_ends() -> None:
    """PAM would refuse; no rule is guessed."""
    assert "common-nothing" in str(refused(password_rules, printed({"/etc/pam.d/passwd": "@include common-nothing"})))
    assert "includes itself" in str(refused(password_rules, printed({"/etc/pam.d/passwd": "@include passwd"})))


def test_a_stack_that_may_not_be_read_is_unreadable() -> None:
    """Not the same as a missing one."""
    text = "\n#== unreadable /etc/pam.d/passwd\n\n#== end\n"

    assert "may not be read" in str(refused(password_rules, text))


def locks(text: str) -> list[object]:
    """Return the locks of a host."""
    return list(fact(login_locks, text).locks)


def test_faillock_on_debian_and_red_hat_with_defaults() -> None:
    """Deny 3, unlock 600, root not locked."""
    assert [(k.service, k.deny, k.unlock, k.root, k.doubt) for k in locks(debian())] == [("login", 3, 600, False, "")]
    assert [(k.service, k.deny, k.unlock, k.root, k.doubt) for k in locks(redhat())] == [("sshd", 3, 600, False, "")]


def test_faillock_file_and_arguments() -> None:
    """Last line wins, comments end a line, `never` is 0, arguments override."""
    conf = "deny = 9\ndeny=5 # five\n unlock_time = never\neven_deny_root\n#deny = 1\n"
    by_file = locks(debian(faillock=conf))[0]
    by_argument = locks(debian(auth=DEBIAN_AUTH.replace("preauth", "preauth deny=0"), faillock=conf))[0]

    assert (by_file.deny, by_file.unlock, by_file.root) == (5, 0, True)
    assert (by_argument.deny, by_argument.why) == (0, "deny is 0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("auth\t[default=die]\t\t\tpam_faillock.so authfail\n", ""), "no authfail"),
        (("auth\trequisite\t\t\tpam_faillock.so preauth\n", ""), "no preauth"),
        (("requisite\t\t\tpam_faillock.so preauth", "optional pam_faillock.so preauth"), "no preauth"),
        (("[success=2 default=ignore]\tpam_unix", "requisite pam_unix"), "before authfail"),
    ],
)
def test_half_a_faillock_locks_nobody(change: tuple[str, str], why: str) -> None:
    """Counting without refusing, refusing without counting."""
    found = locks(debian(auth=DEBIAN_AUTH.replace(*change)))[0]

    assert found.deny == 0
    assert why in found.why


def test_another_configuration_file_that_was_not_read_is_doubtful() -> None:
    """conf= names a file outside the request."""
    found = locks(debian(auth=DEBIAN_AUTH.replace("preauth", "preauth conf=/opt/f.conf")))[0]

    assert "/opt/f.conf" in found.doubt


def test_tally2_without_deny_locks_nobody() -> None:
    """Its default is 0."""
    line = "auth required pam_tally2.so onerr=fail {}\nauth sufficient pam_unix.so\nauth required pam_deny.so\n"

    assert locks(debian(auth=line.format("deny=5 unlock_time=900")))[0].deny == 5
    assert locks(debian(auth=line.format("")))[0].deny == 0


def test_no_module_no_lock() -> None:
    """The reason says so."""
    assert "no module" in locks(debian(auth="auth required pam_unix.so\n"))[0].why


def test_defaults_for_new_accounts() -> None:
    """login.defs, and INACTIVE of useradd; a commented line is none."""
    found = fact(
        password_defaults,
        printed({"/etc/login.defs": "#PASS_MAX_DAYS 1\nPASS_MAX_DAYS 365", "/etc/default/useradd": "INACTIVE=30\n"}),
    )

    assert (found.by_tools, found.inactive, found.merged) == ({"PASS_MAX_DAYS": "365"}, "30", False)


def test_defaults_merged_by_suse() -> None:
    """Vendor file below, drop-ins above."""
    found = fact(
        password_defaults,
        printed({"/usr/etc/login.defs": "PASS_MAX_DAYS 99999\n", "/etc/login.defs.d/70-x.defs": "PASS_MAX_DAYS 90\n"}),
    )

    assert (found.by_tools["PASS_MAX_DAYS"], found.merged) == ("90", True)


def test_no_login_defs_is_unreadable() -> None:
    """No defaults are invented."""
    assert isinstance(refused(password_defaults, printed({"/etc/pam.d/passwd": "x"})), Unreadable)
