"""Where secrets stand in a line: the patterns that redaction looks for by the words before them.

Devices write these texts, so each pattern takes time in proportion to the text, whatever it holds: a pattern begins at
the beginning of a line, at a word that no repetition stands before, or looks at most 200 characters ahead. Before each
stand words in small letters, one of which every line holds that the pattern finds something in: to look for words takes
a hundredth of the time.

Sources of the forms: Cisco IOS password types (NSA "Cisco Password Types: Best Practices"), the configuration guides of
ASA, NX-OS, IOS XR, EOS, Junos, FortiOS, VyOS, FRR, RouterOS and VRP, snmpd.conf(5), chrony.conf(5), netrc(5),
redis.conf, RFC 6750 (bearer tokens), RFC 6265 (cookies).
"""

import re
from dataclasses import dataclass
from typing import Final

_BLANK: Final = r"(?>(?<![ \t])[ \t]+)"  # a run of blanks is looked at once, from its beginning
_QUOTED: Final = r'"(?:[^"\\\n\ufdd0]|\\[^\n])+"?' + r"|'[^'\n\ufdd0]+'"
# A semicolon or a quotation mark at the end is not the secret's; within, it is, as IOS takes it.
_BARE: Final = r"(?:[^\s;\"\ufdd0]|[;\"](?![\s;\"\ufdd0]|\Z)|[;\"](?=[;\"]{1,20}[^\s;\"\ufdd0]))+"
_VALUE: Final = rf"(?P<secret>{_QUOTED}|{_BARE})"
# Among assignments they end a value where a bracket or another assignment follows, too.
_GIVEN: Final = rf"(?P<secret>{_QUOTED}|(?:[^\s;\"\ufdd0]|[;\"](?![\s;\",)}}\]>\ufdd0]|\Z|[\w\x20.-]{{0,60}}=))+)"
# IOS takes all words to the end of the line for the password; what other systems write behind it is left.
_WORDS: Final = (
    rf"(?P<secret>{_QUOTED}|{_BARE}(?: (?!(?:encrypted|pbkdf2|nt-encrypted|privilege|role|level|##)(?!\S)){_BARE})*)"
)
_TYPE: Final = r"(?>(?:(?P<type>[0-9]) )?)"
_START: Final = r"^[^\S\n]*"
_ANY: Final = r"[^\n\ufdd0]{0,200}?"
_SAID: Final = (
    r"(?>(?: (?:ENC|hmac-\w+|text|clear|encrypted|cipher|irreversible-cipher|simple|ciphertext|plaintext|sha512|md5|is"
    r"|was)(?= ))*)"
)

_WAY: Final = r"(?:(?:auth|priv)-pass|encrypted|clear|ciphertext|plaintext|[07](?= ))"  # of SNMP, before the value
_HOW: Final = rf"(?>(?: {_WAY}(?= ))*)"

# A word behind `password` that says something of passwords in general.
_SETTING: Final = (
    r"(?!(?:algorithm-type|change|encrypt|encryption|expire|expiration|format|history|level|lifetime|lockout|logging|masked"
    r"|maximum|min-length|minimum|minimum-length|policy|prompt|recovery|required|restriction|secure-mode|sha512"
    r"|strength-check)\b|[{}|]|\d+[^\S\n]*$)"
)
# What an assignment may say that is no secret: a switch, or a count such as passwdqc's `passphrase=3`.
_SWITCH: Final = r"(?![\"']?(?:yes|no|true|false|none|null|on|off|required|optional|\d{1,2}|[*!]+)(?![^\s;,}\"']))"
_NAMES: Final = (
    r"(?:password|passwd|passphrase|bindpw|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key"
    r"|(?:account|app|encryption|jwt|master|signing|storage)[_-]?key|secret_key_base|wep_?key\d?"
    r"|shared[_-]?key|authentication-key|fastopen_key|psk|(?<=[?&])sig"
    r"|(?-i:(?<![A-Za-z])(?:pass|PASS|pwd)|(?<=[a-z])Pass|_PWD))"
)
_NAME_HINTS: Final = "pass pwd secret token key psk bindpw sig"


@dataclass(frozen=True, slots=True)
class Form:
    """Where a line puts a secret, which the pattern calls `secret`.

    A line that it finds one in holds one of `hints` and, where given, `also`, in small letters.
    """

    pattern: re.Pattern[str]
    hints: tuple[str, ...]
    also: str
    anchored: bool  # it begins where the line does


def _form(words: str, written: str) -> Form:
    """Compile a pattern, in which a space stands for any run of blanks, as devices take it.

    `words` are its hints, parted by blanks; behind an ampersand stands what the line has to hold as well.
    """
    hints, _, also = words.partition(" & ")
    pattern = re.compile(written.replace(" ", _BLANK), re.MULTILINE | re.IGNORECASE)
    return Form(pattern, tuple(hints.split()), also, written.startswith("^"))


# `password=...` and its like, which stand in configurations and on hosts alike.
ASSIGNED: Final = (
    _form(f"{_NAME_HINTS} & =", rf"{_NAMES}[\"']?[^\S\n]*=[^\S\n]*{_SWITCH}{_GIVEN}"),
    _form(f'{_NAME_HINTS} & ":', rf"{_NAMES}\"[^\S\n]*:[^\S\n]*(?P<secret>\"(?:[^\"\\\n\ufdd0]|\\[^\n])+\"?)"),
    _form(
        "</",
        r"<[\w-]{0,60}(?:password|passwd|passphrase|secret|phash|psk|community-string|private-key|shared-key|token)>"
        r"(?P<secret>[^<\n\ufdd0]+)",
    ),
    _form("authorization:", rf"\b(?:proxy-)?authorization:[^\S\n]*(?:basic|bearer|digest|token) {_VALUE}"),
    _form("cookie:", r"\bcookie:[^\S\n]*(?P<secret>[^\n\ufdd0]+)"),
    _form("key: token:", rf"\bx-[\w-]{{0,40}}(?:key|token):[^\S\n]*{_VALUE}"),
    _form("bearer", r"\bbearer (?P<secret>[\w.~+/=-]{16,})"),
)

# Where a configuration puts a secret: what stands before it, an optional type digit, the secret itself. What is
# optional is atomic, so that a keyword is never taken for the secret that a mask already hides. (Possessive quantifiers
# would say the same, but match wrongly before CPython 3.11.5: gh-106052.)
CONFIGURED: Final = (
    _form(
        "enable super",
        rf"{_START}(?:enable|super)(?>(?: algorithm-type \S+)?) (?:secret|password)"
        rf"(?>(?: level \d+)?(?: (?:sha512|cipher|hash|simple)(?= ))?)"
        rf" {_TYPE}{_WORDS}",
    ),
    _form(
        "user",
        rf"{_START}user(?:name)?\b{_ANY} (?:secret|password|passphrase)(?>(?: (?:sha512|ciphertext|plaintext)(?= ))?)"
        rf" {_TYPE}{_VALUE}",
    ),
    _form("pass", rf"{_START}(?:password|passphrase|passwd){_SAID} {_TYPE}{_SETTING}{_WORDS}"),
    _form(
        "key",
        rf"{_START}(?:(?:tacacs|radius|server-private|client|pre-shared-key|isis|switch virtual link|failover)\b{_ANY}"
        rf" )?(?:server-)?key (?>(?P<type>[0-9]) |(?!chain\b|config-key\b|generate\b|\d+[^\S\n]*$)){_VALUE}",
    ),
    _form("config-key", rf"\bkey config-key \S+ {_VALUE}"),
    _form("key", rf"\b(?:key-string(?>(?: password)?)|pre-share key|wep key \d+|md5 \d+ key) {_TYPE}{_VALUE}"),
    _form("key & size", rf"\bkey \d+ size \S+ {_TYPE}{_VALUE}"),
    _form("ntp", rf"\bntp authentication-key \d+ (?!type\b)\S+ {_TYPE}{_VALUE}"),
    _form("authentication-key & value", rf"\bauthentication-key \d+ type \S+ value {_VALUE}"),
    _form(
        "message-digest-key authentication isis area-password domain-password",
        rf"\b(?:message-digest-key \d+ md5|ospf authentication-key|eigrp authentication-key|isis password|area-password"
        rf"|domain-password|nhrp authentication|authentication (?:text|string))(?>(?: (?:clear|md5)(?= ))?)"
        rf" {_TYPE}{_VALUE}",
    ),
    _form("standby vrrp glbp", rf"{_START}(?:standby|vrrp|glbp)\b{_ANY} authentication (?!md5\b|text\b){_VALUE}"),
    _form("neighbor", rf"\bneighbor \S+ password(?>(?: encrypted)?) {_TYPE}{_VALUE}"),
    _form("aaa-server", rf"{_START}aaa-server \S+(?>(?: \(\S+\))?) host \S+ (?!timeout\b){_VALUE}"),
    _form(
        "pre-shared-key psksecret isakmp wpa-psk",
        rf"\b(?:pre-shared-key|psksecret|isakmp key|wpa-psk (?:ascii|hex))"
        rf"(?>(?: (?:local|remote|hexadecimal|ascii-text|cipher|simple))*) {_TYPE}(?!address\b|hostname\b){_VALUE}",
    ),
    _form(
        "password secret key",
        rf"\b(?:password|secret|key|key-string|server-key|set-key \w+) (?P<type>[05-9]) "
        rf"(?!prefer\b|version\b|source\b|burst|iburst|minpoll|maxpoll|use-vrf|vrf\b){_VALUE}",
    ),
    _form("snmp", rf"\bsnmp(?:-server|v3) user\b{_ANY} auth \S+{_HOW} {_VALUE}"),
    _form(
        "snmp",
        rf"\bsnmp(?:-server|v3) user\b{_ANY} priv (?>(?:(?:aes|des|des56|3des|aes-?\d+)(?: \d+)? )?)"
        rf"(?>(?:{_WAY} )*){_VALUE}",
    ),
    _form("snmp-server", rf"\bsnmp-server user\b{_ANY} auth \S+ [07] \S+ (?!priv\b|access\b|\d{{1,4}}\b){_VALUE}"),
    _form("usm-user", rf"\bsnmp-agent usm-user\b{_ANY} (?:authentication|privacy)-mode \S+(?>(?: cipher)?) {_VALUE}"),
    _form(
        "set",
        rf"{_START}set (?:\S*pass(?:word|wd|phrase)|secret|token|\S*key|psksecret|private-key)(?>(?: ENC)?)"
        rf" (?!\d+[^\S\n]*$){_VALUE}",
    ),
    _form(
        "password password-value authentication-key privacy-key secret",
        rf"\b(?:encrypted-password|plain-text-password-value|plaintext-password|authentication-password"
        rf"|privacy-password|hashed-password|authentication-key|privacy-key|secret|pre-shared-secret)"
        rf"(?>(?: ascii-text)?) (?!\d+ ){_VALUE}(?=[^\S\n]*(?:;|$|#))",
    ),
    _form(
        "password passphrase passwd pwd secret private-key",
        rf"(?:(?<!no)password|passphrase|passwd|[-_]pwd|[-_]secret|private-key){_SAID} {_TYPE}{_SETTING}{_VALUE}",
    ),
    _form(
        "password",  # a reversible number, as IOS XR has it
        rf"\bpassword (?>(?:encrypted|cipher|clear|ciphertext|plaintext) )(?!required\b){_VALUE}",
    ),
    # What people write into banners, descriptions and remarks.
    _form(
        "pass pw psk pin secret & :",
        rf"\b(?:pass(?:word|wd|phrase|code)?|pwd?|psk|pin|secret)[^\S\n]*:[^\S\n]*(?![{{}}]){_SWITCH}{_VALUE}",
    ),
    _form("auth=", rf"-(?:cv|ingest)auth=key,{_VALUE}"),
)
COMMUNITIES: Final = (
    _form("snmp-server", rf"\bsnmp-server community {_TYPE}{_VALUE}"),
    _form(
        "snmp-server",
        r"\bsnmp-server host \S+(?>(?: (?:vrf \S+|use-vrf \S+|traps|informs|version (?:1|2c)))*)"
        rf" (?!version 3\b|\d+\.\d+\.\d+\.\d+[^\S\n]){_TYPE}{_VALUE}",  # with version 3 it is a user's name
    ),
    _form("snmp-server", rf"\bsnmp-server host{_ANY} community {_TYPE}{_VALUE}"),
    _form("snmp", rf"\bsnmp(?: v3)? community (?!add\b|set\b|print\b){_VALUE}"),
    _form("snmp-agent", rf"\bsnmp-agent community (?:read|write)(?>(?: cipher)?) {_VALUE}"),
    _form("/snmp", rf"^/snmp community {_ANY}\bname={_VALUE}"),
    _form("snmp", rf"\bsnmp mib community-map {_VALUE}"),
    _form("community", rf"{_START}community {_VALUE}(?=[^\S\n]*(?:[;{{]|$))"),
)
AGENT_COMMUNITIES: Final = (
    _form(
        "community trap informsink",
        rf"{_START}(?:r[ow]community6?|trapcommunity|(?:trap2?sink|informsink) \S+) {_VALUE}",
    ),
    _form("com2sec", rf"{_START}com2sec(?:6|unix)?(?>(?: -Cn \S+)?) \S+ \S+ {_VALUE}"),
)
# Where a host's own files, environment and command lines put one.
HOSTED: Final = (
    _form("createuser", rf"{_START}createUser(?>(?: -e \S+)?) \S+ \S+ {_VALUE}"),
    _form("createuser", rf"{_START}createUser(?>(?: -e \S+)?) \S+ \S+ (?:{_QUOTED}|[^\s\"]+) \S+ {_VALUE}"),
    *(_form("trapsess snmp", rf"\b(?:trapsess|snmp[a-z]{{2,12}})\b{_ANY} (?-i:-{one}) {_VALUE}") for one in "AXc"),
    _form(
        "rootpw bind requirepass masterauth",
        rf"{_START}(?:bindpw|rootbindpw|rootpw|bind_password|requirepass|masterauth) {_VALUE}",
    ),
    _form(
        "password: passphrase: secret: token: key-data:",
        rf"^[^\S\n]*(?:- )?[\w.-]{{0,60}}(?:password|passphrase|secret|token|key-data):[^\S\n]+{_SWITCH}{_VALUE}",
    ),
    _form('"auth" identitytoken & ":', r"\"(?:auth|identitytoken)\"[^\S\n]*:[^\S\n]*(?P<secret>\"[^\"\n\ufdd0]+\"?)"),
    _form("machine & login", rf"\bmachine \S+ login \S+ password {_VALUE}"),
    _form("password", rf"{_START}password (?P<secret>[^\s\ufdd0]+)[^\S\n]*$"),  # netrc, a word a line
    _form("md5 sha aes", rf"^\d+ (?:MD5|SHA\d+|AES\d+) {_VALUE}"),
    _form(":om", rf":om(?:mysql|pgsql):[^,\n]{{0,200}},[^,\n]{{0,200}},[^,\n]{{0,200}},{_VALUE}"),
    _form(
        "--pass --token --secret --api",
        rf"(?<!\S)--(?:password|passwd|passphrase|pass|token|secret|api-key) (?!-){_VALUE}",
    ),
    _form("sshpass", rf"\bsshpass -p[^\S\n]*{_VALUE}"),
    _form("mysql mariadb & -p", rf"\b(?:mysql|mariadb)[\w-]{{0,20}}{_ANY} (?-i:-p)(?P<secret>[^\s\ufdd0]+)"),
    _form(
        "curl wget http & -u", rf"\b(?:curl|wget|http)\b{_ANY} (?:-u|--user) [^\s:]{{1,100}}:(?P<secret>[^\s\ufdd0]+)"
    ),
)
