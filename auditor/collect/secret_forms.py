"""Where secrets stand in texts, and what they look like: the patterns that redaction replaces.

Devices write these texts, so each pattern takes time in proportion to the text, whatever it holds: a pattern begins at
the beginning of a line, at a word that no repetition stands before, or looks at most 200 characters ahead.

Sources of the forms: Cisco IOS password types (NSA "Cisco Password Types: Best Practices"), crypt(5), shadow(5),
snmpd.conf(5), chrony.conf(5), RFC 7468 (PEM), RFC 3986 3.2.1 (user information in URLs), RFC 6750 (bearer tokens),
RFC 7519 (JSON web tokens), RFC 2307 (password schemes).
"""

import re
from typing import Final

_BLANK: Final = r"(?>(?<![ \t])[ \t]+)"  # a run of blanks is looked at once, from its beginning
_QUOTED: Final = r'"(?:[^"\\\n\ufdd0]|\\[^\n])+"?' + r"|'[^'\n\ufdd0]+'"
_VALUE: Final = rf'(?P<secret>{_QUOTED}|[^\s;"\ufdd0]+)'
_TYPE: Final = r"(?>(?:(?P<type>[0-9]) )?)"
_START: Final = r"^[^\S\n]*"
_ANY: Final = r"[^\n\ufdd0]{0,200}?"

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
    r"|shared[_-]?key|authentication-key|fastopen_key|psk|(?-i:(?<![A-Za-z])pwd|_PWD))"
)


def _patterns(*written: str) -> list[re.Pattern[str]]:
    """Compile patterns in which a space stands for any run of blanks, as devices take it."""
    return [re.compile(one.replace(" ", _BLANK), re.MULTILINE | re.IGNORECASE) for one in written]


# `password=...` and its like, which stand in configurations and on hosts alike.
ASSIGNED: Final = _patterns(
    rf"{_NAMES}[\"']?[^\S\n]*=[^\S\n]*{_SWITCH}{_VALUE}",
    rf"{_NAMES}\"[^\S\n]*:[^\S\n]*(?P<secret>\"(?:[^\"\\\n\ufdd0]|\\[^\n])+\"?)",
    rf"\b(?:proxy-)?authorization:[^\S\n]*(?:basic|bearer|digest|token) {_VALUE}",
    rf"\bx-[\w-]{{0,40}}(?:key|token):[^\S\n]*{_VALUE}",
    r"\bbearer (?P<secret>[\w.~+/=-]{16,})",
)

# Where a configuration puts a secret: what stands before it, an optional type digit, the secret itself. What is
# optional is atomic, so that a keyword is never taken for the secret that a mask already hides. (Possessive quantifiers
# would say the same, but match wrongly before CPython 3.11.5: gh-106052.)
CONFIGURED: Final = _patterns(
    rf"{_START}enable(?>(?: algorithm-type \S+)?) (?:secret|password)(?>(?: level \d+)?) {_TYPE}{_VALUE}",
    rf"{_START}user(?:name)?\b{_ANY} (?:secret|password|passphrase)(?>(?: sha512)?) {_TYPE}{_VALUE}",
    rf"{_START}(?:password|passphrase|passwd) {_TYPE}{_SETTING}{_VALUE}",
    rf"{_START}(?:(?:tacacs|radius|server-private|client|pre-shared-key|isis|switch virtual link)\b{_ANY} )?"
    rf"(?:server-)?key (?>(?P<type>[0-9]) |(?!chain\b|config-key\b|generate\b|\d+[^\S\n]*$)){_VALUE}",
    rf"\bkey config-key \S+ {_VALUE}",
    rf"\b(?:key-string(?>(?: password)?)|pre-share key|wep key \d+|md5 \d+ key) {_TYPE}{_VALUE}",
    rf"\bkey \d+ size \S+ {_TYPE}{_VALUE}",
    rf"\bntp authentication-key \d+ (?!type\b)\S+ {_TYPE}{_VALUE}",
    rf"\bauthentication-key \d+ type \S+ value {_VALUE}",
    rf"\b(?:message-digest-key \d+ md5|ospf authentication-key|eigrp authentication-key|isis password|area-password|"
    rf"domain-password|nhrp authentication|authentication text) {_TYPE}{_VALUE}",
    rf"{_START}(?:standby|vrrp|glbp)\b{_ANY} authentication (?!md5\b|text\b){_VALUE}",
    rf"\bneighbor \S+ password {_TYPE}{_VALUE}",
    rf"{_START}aaa-server \S+(?>(?: \(\S+\))?) host \S+ (?!timeout\b){_VALUE}",
    rf"\b(?:pre-shared-key|psksecret|isakmp key|wpa-psk (?:ascii|hex))"
    rf"(?>(?: (?:local|remote|hexadecimal|ascii-text))*) {_TYPE}(?!address\b|hostname\b){_VALUE}",
    rf"\b(?:password|secret|key|key-string|server-key|set-key \w+) (?P<type>[05-9]) "
    rf"(?!prefer\b|version\b|source\b|burst|iburst|minpoll|maxpoll|use-vrf|vrf\b){_VALUE}",
    rf"\bsnmp-server user\b{_ANY} auth \S+ {_VALUE}",
    rf"\bsnmp-server user\b{_ANY} priv (?>(?:(?:aes|des|3des|aes-?\d+)(?: \d+)? )?){_VALUE}",
    rf"{_START}set (?:\S*pass(?:word|wd|phrase)|secret|token|\S*key|psksecret|private-key)(?>(?: ENC)?)"
    rf" (?!\d+[^\S\n]*$){_VALUE}",
    rf"\b(?:encrypted-password|plain-text-password-value|plaintext-password|authentication-password|"
    rf"privacy-password|hashed-password|authentication-key|privacy-key|secret|pre-shared-secret)(?>(?: ascii-text)?) "
    rf"(?!\d+ ){_VALUE}(?=[^\S\n]*(?:;|$|#))",
    rf"(?:(?<!no)password|passphrase|passwd|[-_]pwd|[-_]secret|private-key)"
    rf"(?>(?: (?:ENC|hmac-\w+|text|clear|encrypted)(?= ))*) {_TYPE}{_SETTING}{_VALUE}",
)  # fmt: skip
COMMUNITIES: Final = _patterns(
    rf"\bsnmp-server community {_TYPE}{_VALUE}",
    r"\bsnmp-server host \S+(?>(?: (?:vrf \S+|use-vrf \S+|traps|informs|version (?:1|2c)))*)"
    rf" (?!version 3\b|\d+\.\d+\.\d+\.\d+[^\S\n]){_TYPE}{_VALUE}",  # with version 3 it is a user's name
    rf"\bsnmp-server host{_ANY} community {_TYPE}{_VALUE}",
    rf"\bsnmp(?: v3)? community (?!add\b|set\b|print\b){_VALUE}",
    rf"^/snmp community {_ANY}\bname={_VALUE}",
    rf"\bsnmp mib community-map {_VALUE}",
    rf"{_START}community {_VALUE}(?=[^\S\n]*(?:[;{{]|$))",
)
AGENT_COMMUNITIES: Final = _patterns(
    rf"{_START}(?:r[ow]community6?|trapcommunity|(?:trap2?sink|informsink) \S+) {_VALUE}",
    rf"{_START}com2sec(?:6|unix)?(?>(?: -Cn \S+)?) \S+ \S+ {_VALUE}",
)
# Where a host's own files, environment and command lines put one.
HOSTED: Final = _patterns(
    rf"{_START}createUser(?>(?: -e \S+)?) \S+ \S+ {_VALUE}",
    rf"{_START}createUser(?>(?: -e \S+)?) \S+ \S+ (?:{_QUOTED}|[^\s\"]+) \S+ {_VALUE}",
    *(rf"\b(?:trapsess|snmp[a-z]{{2,12}})\b{_ANY} (?-i:-{option}) {_VALUE}" for option in "AXc"),
    rf"{_START}(?:bindpw|rootbindpw|rootpw|bind_password) {_VALUE}",
    rf"^[^\S\n]*(?:- )?[\w.-]{{0,60}}(?:password|passphrase|secret|token):[^\S\n]+{_SWITCH}{_VALUE}",
    rf"\bmachine \S+ login \S+ password {_VALUE}",
    rf"^\d+ (?:MD5|SHA\d+|AES\d+) {_VALUE}",
    rf":om(?:mysql|pgsql):[^,\n]{{0,200}},[^,\n]{{0,200}},[^,\n]{{0,200}},{_VALUE}",
    rf"(?<!\S)--(?:password|passwd|passphrase|pass|token|secret|api-key) (?!-){_VALUE}",
    rf"\bsshpass -p[^\S\n]*{_VALUE}",
    rf"\b(?:mysql|mariadb)[\w-]{{0,20}}{_ANY} (?-i:-p)(?P<secret>[^\s\ufdd0]+)",
    rf"\b(?:curl|wget|http)\b{_ANY} (?:-u|--user) [^\s:]{{1,100}}:(?P<secret>[^\s\ufdd0]+)",
)
SHAPES: Final = [
    (re.compile(r"\$(?P<type>[0-9a-z]{1,6})\$[^\s:\"';,<>]{4,}"), ""),
    (re.compile(r"(?<=\bENC )(?P<secret>[A-Za-z0-9+/=]{4,})"), "encrypted"),
    (
        re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,200}:(?P<secret>[^\s/\ufdd0]{1,300})(?=@)", re.IGNORECASE),
        "plain",
    ),
    (
        re.compile(
            r"\bA[KS]IA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}|\bgithub_pat_\w{20,255}|\bAIza[\w-]{35}"
            r"|\b(?:xox[abeprs]|glpat)-[A-Za-z0-9_-]{10,255}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}"
            r"|(?<![\w.-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
        ),
        "token",
    ),
    (re.compile(r"\bgrub\.pbkdf2\.sha\d{1,3}\.\d{1,9}\.[^\s\ufdd0]+"), "hash-pbkdf2"),
    (re.compile(r"\{(?:S?SHA\d{0,3}|S?MD5)\}(?P<secret>[A-Za-z0-9+/=]{8,})"), "hash-ldap"),
    (
        re.compile(
            r"-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20})-----(?>.*?(?:-----END \1-----|\Z))", re.DOTALL
        ),
        "pem",
    ),
]
# A line that holds none of these, in small letters, holds no secret that one of the lists above looks for.
HINTS: Final = (
    "pass", "pwd", "secret", "key", "token", "psk", "auth", "community", "snmp", "trap", "informsink", "com2sec",
    "createuser", "bind", "rootpw", "aaa-server", "md5", "sha", "aes", ":om", "mysql", "mariadb", "curl", "wget",
    "http", "bearer",
)  # fmt: skip
ACCOUNTS: Final = re.compile(
    r"^[^:\s]+:!{0,2}(?P<secret>\$[^:\s]+|[./A-Za-z0-9]{13}|_[./A-Za-z0-9]{19})(?=:(?:[^:\n]*:){2})", re.MULTILINE
)
