# SPDX-License-Identifier: Apache-2.0
"""Where a page's commands run: a folder in which the tree and its build appear under their names, so
that commands read as at the tree's root, and what they write stays there."""
import os
import subprocess

LEFT_OUT = {"build", "bundles", ".git"}


def make(root, build, folder):
    folder.mkdir(parents=True, exist_ok=True)
    links = {p.name: p for p in root.iterdir() if p.name not in LEFT_OUT and not p.name.startswith("build-")}
    links["build"] = build
    for name, target in links.items():
        link = folder / name
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)


def run(command, folder, **how):
    """The command, in the tree as it is built: ./rw neither installs nor builds here."""
    return subprocess.run(["bash", "-c", command], cwd=folder, env=dict(os.environ, RW_AS_BUILT="1"),
                          stdin=how.pop("stdin", subprocess.DEVNULL), check=False, **how)
