"""Where content lives: the user's workspace first, then what ships with auditor."""

import filecmp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.errors import UsageError

SETTINGS_FILE: Final = "auditor.toml"
FOLDERS: Final = ("checks", "policies", "inventory", "reports")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with `auditor.toml` and the four content folders; without one, the current folder and what ships."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Workspace":
        """Return the nearest workspace at or above a folder, or that folder itself when there is none."""
        start = start.resolve()
        return cls(next((here for here in (start, *start.parents) if (here / SETTINGS_FILE).is_file()), start))

    @property
    def settings_file(self) -> Path:
        """Return where the settings stand, whether or not the file is there."""
        return self.root / SETTINGS_FILE

    @property
    def exists(self) -> bool:
        """Whether somebody made this folder a workspace."""
        return self.settings_file.is_file()

    @property
    def state(self) -> Path:
        """Return the folder of the database and its key."""
        return self.root / ".auditor"

    @property
    def intel(self) -> Path:
        """Return the folder of dated knowledge that this workspace was given; it need not exist."""
        return self.root / "intel"

    def folders(self, name: str) -> tuple[Path, ...]:
        """Return the content folders of this name that exist: the workspace's own, then the shipped one."""
        own = self.root / name
        both = [own, shipped() / name] if self.exists else [shipped() / name]
        return tuple(dict.fromkeys(folder.resolve() for folder in both if folder.is_dir()))

    def files(self, name: str, pattern: str) -> Iterator[Path]:
        """Yield the files of a content folder, sorted, the workspace's own first; hidden files are left out.

        A shipped file that the workspace holds unchanged counts once: a checkout of auditor is such a workspace.
        """
        yielded: dict[str, Path] = {}
        for folder in self.folders(name):
            for path in sorted(folder.glob(pattern)):
                twin = yielded.setdefault(path.name, path)
                if path.name.startswith((".", "_")) or (twin != path and filecmp.cmp(twin, path, shallow=False)):
                    continue
                yield path

    def find_file(self, name: str, wanted: str, *, suffix: str = "") -> Path:
        """Return the file a person means by a path or by a bare name. Raises UsageError that lists what there is."""
        given = Path(wanted).expanduser()
        if given.is_absolute():
            candidates = [given]
        else:
            folders = self.folders(name)
            candidates = [Path.cwd() / given, self.root / given, *(f / given for f in folders)]
            candidates += [folder / f"{wanted}{suffix}" for folder in folders]
        for candidate in candidates:
            if candidate.is_file():
                return candidate.resolve()
        there = sorted({path.stem for path in self.files(name, f"*{suffix}")})
        raise UsageError(f"{wanted}: there is no such file in {name}/. There are: {', '.join(there) or 'none'}")


def shipped() -> Path:
    """Return the folder that holds the shipped content: inside an installed package, or the checkout."""
    inside = Path(__file__).parent / "content"
    return inside if inside.is_dir() else Path(__file__).parent.parent
