"""What of the machine is not as the installation left it: rights, file systems, packages, units."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from config.settings import PREFIX, Settings
from triage.cli.finding import Finding
from triage.store.engine import Store

_SECRETS = ("TOKEN", "SECRET", "HEARTBEAT_URL")
_MAY_HOLD_A_PASSWORD = ("SMTP_URL", "DATABASE_URL", "DATABASE_DIRECT_URL")
_BY_NETWORK = re.compile(r"nfs4?|cifs|smb\w*|9p|ceph|glusterfs|afs|fuse\.(sshfs|s3fs|rclone|gcsfuse)")
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", re.MULTILINE)
_MOST_NAMED = 4
_FOLDER = Path(sys.prefix).parent
"""Where the virtual environment lies: the checkout of an installation."""
_UNITS = Path("/etc/systemd/system")


def examine_files(settings: Settings, store: Store, mounts: str) -> Iterator[Finding]:
    """Who else can read what is secret, and where the database lies. `mounts` is what /proc/mounts says."""
    path = Path(".env")
    if path.exists() and _others_may(path) and _secrets_in(path):
        told = f".env can be read by others, and holds {', '.join(_secrets_in(path))}"
        yield Finding("files", told, "run `chmod 600 .env`")
    if not store.is_sqlite:
        return
    file = Path(store.url.database or "").absolute()
    if settings.has_real_account and file.exists() and _others_may(file):
        told = f"{file} can be read by others: it holds what callers said, and their numbers"
        yield Finding("files", told, f"run `chmod 600 {file}`")
    system = _file_system(file, mounts)
    if _BY_NETWORK.fullmatch(system):
        told = f"{file} lies on a file system of the network ({system}), where SQLite can be damaged"
        yield Finding("files", told, "put it on a disk of this machine, or take PostgreSQL")


def _secrets_in(path: Path) -> list[str]:
    named = [(name, value) for name, value in dotenv_values(path).items() if value and name.upper().startswith(PREFIX)]
    return [name for name, value in named if name.upper().endswith(_SECRETS) or _has_password(name, value)]


def _has_password(name: str, address: str) -> bool:
    return name.upper().endswith(_MAY_HOLD_A_PASSWORD) and urlsplit(address).password is not None


def _others_may(path: Path) -> bool:
    """Whether anybody but the owner, root and us may do anything with a file. A group of ours alone is nobody else."""
    about = path.stat()
    if about.st_mode & stat.S_IRWXO:
        return True
    return bool(about.st_mode & stat.S_IRWXG) and bool(_members(about.st_gid) - {0, about.st_uid, os.geteuid()})


def _members(group: int) -> set[int]:
    """The accounts of a group, by number; those of a group that nobody knows are nobody."""
    every = pwd.getpwall()
    try:
        named = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        named = set()
    return {account.pw_uid for account in every if account.pw_gid == group or account.pw_name in named}


def _file_system(file: Path, mounts: str) -> str:
    """The kind of file system that a path is on: that of the longest mount above it."""
    fields = [line.split() for line in mounts.splitlines()]
    above = [(len(parts[1]), parts[2]) for parts in fields if len(parts) > 2 and file.is_relative_to(parts[1])]
    return max(above, default=(0, ""))[1]


def examine_packages(folder: Path = _FOLDER) -> Iterator[Finding]:
    """Whether what is installed is what was locked; nothing where the lock file is not there."""
    lock = folder / "requirements.lock"
    if not lock.is_file():
        return
    other = [
        f"{name} {found or 'missing'} instead of {wanted}"
        for name, wanted in _LOCKED.findall(lock.read_text())
        if (found := _installed(name)) != wanted
    ]
    if other:
        more = f" and {len(other) - _MOST_NAMED} more" if len(other) > _MOST_NAMED else ""
        mend = f"run `{sys.prefix}/bin/pip install --require-hashes -r {lock}`"
        yield Finding("packages", f"not as locked: {', '.join(other[:_MOST_NAMED])}{more}", mend)
    else:
        yield Finding("packages", "as locked")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def examine_units(shipped: Path = _FOLDER / "systemd", units: Path = _UNITS) -> Iterator[Finding]:
    """Whether systemd has the units of this version, and starts them; nothing where it has none of them."""
    files = [file for file in sorted(shipped.rglob("afterhours-*")) if file.is_file()]
    files += sorted(shipped.glob("afterhours-*.d/*.conf"))
    if not (units / "afterhours-web.service").exists() or not files:
        return
    other = [
        str(file.relative_to(shipped))
        for file in files
        if not (there := units / file.relative_to(shipped)).exists() or there.read_bytes() != file.read_bytes()
    ]
    if other:
        mend = f"run `cp -r {shipped}/afterhours-* {units}/ && systemctl daemon-reload`; your own lines go to a drop-in"
        yield Finding("units", f"not those of this version: {', '.join(other)}", mend)
    wanted = [file.name for file in files if "[Install]" in file.read_text()]
    idle = [name for name in wanted if not any(units.glob(f"*.wants/{name}"))]
    if idle:
        yield Finding(
            "units", f"not started at boot: {', '.join(idle)}", f"run `systemctl enable --now {' '.join(idle)}`"
        )
    if not other and not idle:
        yield Finding("units", "those of this version, all enabled")
