"""What is read of mounts, now and after a reboot."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.mounts import Mounts, mounts
from auditor.facts.mounts_at_boot import Configured, MountsAtBoot, effective, mounts_at_boot
from tests.make import fact, refused

# As Linux 6 shows a root that has: a /var over an older /var/tmp, two mounts on /tmp, a bind mount with options of its
# own on a folder with a blank, an overlay, and /tmp once more below the new /var.
TANGLED = r"""63 43 0:39 / / rw,nosuid,relatime - tmpfs tmpfs rw
64 63 0:40 / /var/tmp rw,nodev,relatime - tmpfs t1 rw
65 63 0:41 / /var rw,nosuid,nodev,relatime - tmpfs t2 rw
66 63 0:42 / /tmp rw,noexec,relatime - tmpfs t3 rw
67 66 0:43 / /tmp rw,nodev,relatime - tmpfs t4 rw
68 63 0:39 /up /my\040disk rw,nosuid,nodev,relatime - tmpfs tmpfs rw
71 63 0:44 / /up/m rw,nodev,relatime - overlay ov rw,lowerdir=up/l,upperdir=up/u,workdir=up/w,uuid=on
72 63 0:46 / /home rw,nosuid,noexec,relatime - tmpfs t5 rw
73 65 0:43 / /var/tmp rw,nodev,relatime - tmpfs t4 rw
74 63 0:47 / /proc rw,relatime - proc proc rw,hidepid=invisible
"""
SERVER = """22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
29 25 0:24 / /dev/shm rw,nosuid,nodev shared:3 - tmpfs tmpfs rw,inode64
25 28 0:5 / /dev rw,nosuid,relatime shared:2 master:1 - devtmpfs udev rw,size=983412k
"""
WHERE = "".join(f"[place {place}]\n|{place}\n" for place in ("/tmp", "/var/tmp", "/dev/shm", "/home", "/var"))
ETC, RUN, USR = "/etc/systemd/system", "/run/systemd/generator.late", "/usr/lib/systemd/system"
UNIT = "[Unit]\nDescription=Temporary Directory /tmp\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions={}\n"


def text(
    shown: str = SERVER,
    files: dict[str, str] | None = None,
    *,
    systemd: str = "[systemd running]\n",
    wanted: tuple[str, ...] = (),
    where: str = WHERE,
) -> str:
    """Return an answer with these mounts, files, and units that something asks for."""
    lines = "".join(f"|{line}\n" for line in shown.splitlines())
    told = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.splitlines())
        for path, content in (files or {}).items()
    )
    return f"[mounts]\n{lines}{where}{systemd}{''.join(f'[wanted {unit}]' + chr(10) for unit in wanted)}{told}[end]\n"


def now(shown: str = SERVER, where: str = WHERE) -> Mounts:
    read = fact(mounts, text(shown, where=where))
    assert isinstance(read, Mounts)
    return read


def boot(files: dict[str, str], **more: object) -> MountsAtBoot:
    read = fact(mounts_at_boot, text(files=files, **more))  # type: ignore[arg-type]
    assert isinstance(read, MountsAtBoot)
    return read


def fstab(*lines: str, **more: object) -> MountsAtBoot:
    return boot({"/etc/fstab": "\n".join(lines)}, **more)


def at(read: MountsAtBoot, place: str) -> Configured:
    found = read.at(place)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "source", "place"),
    [
        ("/", "tmpfs", "/"),
        ("/tmp", "t4", "/tmp"),
        ("/tmp/x", "t4", "/tmp"),
        ("/var/log", "t2", "/var"),
        ("/var/tmp", "t4", "/var/tmp"),
        ("/my disk/a", "tmpfs", "/my disk"),
        ("/up", "tmpfs", "/"),
        ("/up/m/x", "ov", "/up/m"),
        ("/homes", "tmpfs", "/"),
    ],
)
def test_what_lies_on_top_counts(path: str, source: str, place: str) -> None:
    """Of two mounts on one place the later one, and none that a later mount of a folder above covers."""
    mount = now(TANGLED).over(path)

    assert mount is not None
    assert (source, place) == (mount.source, mount.place)


def test_covered_mounts_are_not_seen() -> None:
    """The first /tmp lies below the second, and the first /var/tmp below /var."""
    seen = now(TANGLED).seen()

    assert not {64, 66} & {mount.number for mount in seen}
    assert len(seen) == 8


def test_flags_of_the_mount_are_not_those_of_the_file_system() -> None:
    """A bind mount has options of its own, and `hidepid` is none of them."""
    read = now(TANGLED)
    disk, proc = read.over("/my disk"), read.over("/proc")

    assert disk is not None
    assert proc is not None
    assert ({"rw", "nosuid", "nodev", "relatime"}, {"rw", "relatime"}) == (disk.options, proc.options)


def test_a_changed_root_that_is_no_mount_is_not_known() -> None:
    """Only what is mounted below it is shown; what it lies in itself is not."""
    read = now("90 63 0:39 / /tmp rw,nodev - tmpfs t rw\n91 63 0:40 / /proc rw - proc proc rw\n")
    tmp = read.over("/tmp")

    assert tmp is not None
    assert ("t", None) == (tmp.source, read.over("/var"))


def test_a_line_that_goes_in_circles_ends() -> None:
    """A host may lie about its mounts."""
    assert now("1 2 0:1 / / rw - tmpfs a rw\n2 1 0:2 / / rw - tmpfs b rw\n3 3 0:3 / /x rw - tmpfs c rw\n").seen() != ()


def test_links_lead_to_where_folders_really_lie() -> None:
    """/var/tmp may be a link to /tmp, and a folder that cannot be entered is where its name says."""
    read = now(where="[place /var/tmp]\n|/tmp\n[place /var/log/audit]\n[hidden /home]\n")

    assert ({"/var/tmp": "/tmp", "/var/log/audit": "/var/log/audit"}, ("/home",)) == (read.real, read.hidden)
    assert {"/tmp", "/dev/shm", "/var", "/var/log"} == read.missing()


BROKEN = ["", "<html>", "[mounts]\n[end]\n", text()[:-6], "[mounts]\n|/dev/vda1 / ext4 rw 0 0\n[end]\n", "[end]\n"]


@pytest.mark.parametrize("broken", BROKEN)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, another file's lines, no mount at all."""
    assert isinstance(refused(mounts, broken), Unreadable)


@pytest.mark.parametrize(
    ("options", "works"),
    [
        ("nodev,defaults", {"nodev", "defaults"}),
        ("noexec,exec", set()),
        ("exec,noexec", {"noexec"}),
        ("users", {"users", "noexec", "nosuid", "nodev"}),
        ("user,exec", {"user", "nosuid", "nodev"}),
        ("nodev,group,dev", {"group", "nosuid"}),
        ("NODEV,nodev=1", {"NODEV", "nodev=1"}),
        ('context="a:b:c0,nodev",nosuid', {'context="a:b:c0,nodev"', "nosuid"}),
        ("noauto,auto", set()),
    ],
)
def test_options_work_as_mount_takes_them(options: str, works: set[str]) -> None:
    """Each was tried with mount(8)."""
    assert works == effective(options)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tmpfs /tmp/ tmpfs nodev 0 0", {"nodev"}),
        ("tmpfs\t/tmp\ttmpfs\tnodev # no programs", {"nodev"}),
        ("tmpfs /tmp tmpfs nodev, nosuid 0 0", {"nodev", ""}),
        ("tmpfs /tmp tmpfs", {"defaults"}),
        ("#tmpfs /tmp tmpfs nodev", None),
        ("  # tmpfs /tmp tmpfs nodev", None),
        ("/dev/sda5 none swap sw 0 0", None),
        ("tmpfs /tmp", None),
    ],
)
def test_a_line_of_fstab(line: str, expected: set[str] | None) -> None:
    """A slash at the end, a comment, an option after a blank, no options, no mount."""
    found = fstab(line).at("/tmp")

    assert expected == (found.options if found else None)


def test_of_two_lines_systemd_takes_the_first_and_mount_the_last() -> None:
    """Each was tried."""
    lines = ("tmpfs /tmp tmpfs nodev", "tmpfs /tmp tmpfs nosuid")

    assert {"nodev"} == at(fstab(*lines), "/tmp").options
    assert {"nosuid"} == at(fstab(*lines, systemd=""), "/tmp").options


def test_blanks_in_names_and_what_is_not_mounted_by_itself() -> None:
    """A blank is written as its octal number."""
    found = at(fstab(r"/dev/sdb1 /media/my\040disk ext4 noauto,user,exec"), "/media/my disk")

    assert (False, "/dev/sdb1") == (found.automatic, found.source)


def test_a_folder_that_is_no_mount_has_the_options_of_what_it_lies_in() -> None:
    """/var/log lies in /var where nothing else is said, and /variable does not."""
    read = fstab("/dev/sda1 / ext4 defaults", "/dev/sda2 /var ext4 nodev", "/dev/sda3 /var/log ext4 noauto")
    log, other = read.over("/var/log"), read.over("/variable")

    assert log is not None
    assert other is not None
    assert ("/var", "/") == (log.place, other.place)


def test_a_line_for_a_link_counts_for_where_it_leads() -> None:
    """As systemd resolves it."""
    assert at(fstab("tmpfs /var/tmp tmpfs nodev", where="[place /var/tmp]\n|/tmp\n"), "/tmp").options == {"nodev"}


@pytest.mark.parametrize(
    ("files", "wanted", "expected"),
    [
        ({f"{USR}/tmp.mount": UNIT.format("nodev")}, (), ({"nodev"}, False)),
        ({f"{USR}/tmp.mount": UNIT.format("nodev")}, ("tmp.mount",), ({"nodev"}, True)),
        ({f"{USR}/tmp.mount": UNIT.format("nodev")}, ("var-tmp.mount",), ({"nodev"}, False)),
        (
            {f"{ETC}/tmp.mount": UNIT.format("nosuid"), f"{USR}/tmp.mount": UNIT.format("")},
            ("tmp.mount",),
            ({"nosuid"}, True),
        ),
        ({f"{ETC}/tmp.mount": "", f"{USR}/tmp.mount": UNIT.format("nodev")}, ("tmp.mount",), None),
        (
            {f"{USR}/tmp.mount": UNIT.format("nodev"), f"{ETC}/tmp.mount.d/a.conf": "[Mount]\nOptions=noexec\n"},
            ("tmp.mount",),
            ({"noexec"}, True),
        ),
        ({f"{USR}/tmp.mount": UNIT.format("nodev"), "/etc/fstab": "tmpfs /tmp tmpfs nosuid"}, (), ({"nosuid"}, True)),
        ({f"{ETC}/tmp.mount": UNIT.format("nodev"), "/etc/fstab": "tmpfs /tmp tmpfs nosuid"}, (), ({"nodev"}, True)),
        ({f"{ETC}/tmp.mount": "", "/etc/fstab": "tmpfs /tmp tmpfs nosuid"}, (), ({"nosuid"}, False)),
        (
            {"/etc/fstab": "tmpfs /tmp tmpfs nosuid", f"{ETC}/tmp.mount.d/a.conf": "[Mount]\nOptions=nodev,noexec\n"},
            (),
            ({"nodev", "noexec"}, True),
        ),
        ({f"{RUN}/tmp.mount": UNIT.format("nodev")}, ("tmp.mount",), ({"nodev"}, True)),
    ],
)
def test_which_unit_counts(
    files: dict[str, str], wanted: tuple[str, ...], expected: tuple[set[str], bool] | None
) -> None:
    """/etc before fstab before the vendor's; a masked one mounts nothing; drop-ins change whichever it is."""
    found = boot(files, wanted=wanted).at("/tmp")

    assert expected == ((found.options, found.automatic) if found else None)


def test_systemd_mounts_shared_memory_by_itself() -> None:
    """Where it runs, and where fstab says nothing else."""
    assert {"nosuid", "nodev"} == at(boot({}), "/dev/shm").options
    assert {"noexec"} == at(fstab("tmpfs /dev/shm tmpfs noexec"), "/dev/shm").options
    assert boot({}, systemd="[systemd installed]\n").at("/dev/shm") is None


def test_without_systemd_units_are_only_files() -> None:
    """Another init reads fstab alone."""
    assert boot({f"{USR}/tmp.mount": UNIT.format("nodev")}, systemd="", wanted=("tmp.mount",)).at("/tmp") is None


def test_a_file_that_cannot_be_read_is_named() -> None:
    """It may mount anything."""
    read = fact(mounts_at_boot, text(systemd="[unread /etc/fstab]\n"))

    assert isinstance(read, MountsAtBoot)
    assert read.unread == ("/etc/fstab",)


@pytest.mark.parametrize("broken", ["", "<html>", text()[:-6], "[file /etc/fstab]\n[end]\n"])
def test_half_an_answer_tells_nothing_about_boot(broken: str) -> None:
    """The part with the mounts has to be there too."""
    assert isinstance(refused(mounts_at_boot, broken), Unreadable)
