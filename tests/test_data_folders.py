"""Folders of classes: what is read, what is left out, and what is no folder of classes."""

import os
import socket

import pytest

from tuner.data.folders import class_folders
from tuner.errors import InputError


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def walk(root, **options):
    return class_folders(root, lambda path: path.endswith(".png"), "PNG files", "images", **options)


def named(tree):
    return [member.name for member in tree.files]


def told(tree):
    return [problem.message for problem in tree.problems]


def test_what_systems_leave_in_folders_is_hidden_and_counted(tmp_path):
    make(tmp_path, "a/1.png", "b/2.png")
    hidden = [
        ".git/1.png",
        "__MACOSX/a/._1.png",
        "lost+found/1.png",
        "$RECYCLE.BIN/1.png",
        "a/._1.png",
        "a/.DS_Store",
        "b/@eaDir/2.png/thumb.png",
        "b/.ipynb_checkpoints/2-checkpoint.png",
    ]
    make(tmp_path, *hidden, "b/Thumbs.db")
    tree = walk(tmp_path)
    assert (named(tree), told(tree)) == (["a/1.png", "b/2.png"], [])
    assert tree.skipped == {"hidden": len(hidden), ".db": 1}
    [finding] = tree.left_out("PNG files")
    assert finding.message.startswith(
        f"{len(hidden) + 1} files in {tmp_path.name} left out (.db: 1"
    )


def test_a_folder_whose_name_ends_like_a_file_is_a_folder(tmp_path):
    make(tmp_path, "a/1.png", "a/x.png/2.png", "b/3.png")
    (tmp_path / "b" / "empty.png").mkdir()
    assert named(walk(tmp_path)) == ["a/1.png", "a/x.png/2.png", "b/3.png"]


@pytest.mark.parametrize(
    ("place", "target"),
    [("loop", "."), ("a/loop", "."), ("a/deep/loop", "."), ("a/loop", "a"), ("a/deep/loop", "a")],
)
def test_a_link_to_a_folder_around_it_is_not_followed(tmp_path, place, target):
    make(tmp_path, "a/1.png", "a/deep/2.png", "b/3.png")
    os.symlink(tmp_path / target, tmp_path / place)
    tree = walk(tmp_path)
    assert (named(tree), told(tree)) == (["a/1.png", "a/deep/2.png", "b/3.png"], [])
    assert tree.skipped == {"link in a circle": 1}


@pytest.mark.parametrize("place", ["c", "b/more"])
def test_a_link_to_a_folder_that_is_read_as_well_is_told(tmp_path, place):
    make(tmp_path, "a/1.png", "b/2.png")
    os.symlink(tmp_path / "a", tmp_path / place)
    [message] = told(walk(tmp_path))
    assert message == f"'{place}' is a link to a folder that is read as well; remove it"


def test_parts_of_an_official_split_that_are_one_folder_are_told(tmp_path):
    make(tmp_path, "train/a/1.png", "train/b/2.png", "test/a/3.png", "test/b/4.png")
    os.symlink("test", tmp_path / "val")
    [message] = told(walk(tmp_path, official_split=True))
    assert message.startswith("'val' is a link to a folder that is read as well")


def test_links_to_other_places_are_followed(tmp_path):
    make(tmp_path / "store", "x/1.png", "y/2.png")
    (tmp_path / "classes").mkdir()
    for name in ("x", "y"):
        os.symlink(tmp_path / "store" / name, tmp_path / "classes" / name)
    os.symlink(tmp_path / "store" / "x", tmp_path / "store" / "x" / "again")
    tree = walk(tmp_path / "classes")
    assert (named(tree), told(tree)) == (["x/1.png", "y/2.png"], [])


def test_pipes_and_sockets_are_never_opened(tmp_path):
    make(tmp_path, "a/1.png", "b/2.png")
    os.mkfifo(tmp_path / "a" / "pipe.png")
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(tmp_path / "b")  # the path of a socket must be short
        one.bind("s.png")
        os.chdir(here)
        tree = walk(tmp_path)
    assert (named(tree), told(tree)) == (["a/1.png", "b/2.png"], [])
    assert tree.skipped == {"no regular file": 3}


@pytest.mark.parametrize(
    ("name", "shown"), [(b"a/\xff.png", r"'a/\udcff.png'"), (b"a/x\ny.png", r"'a/x\ny.png'")]
)
def test_a_name_that_cannot_be_shown_is_told(tmp_path, name, shown):
    make(tmp_path, "a/1.png", "b/2.png")
    with open(os.fsencode(tmp_path) + b"/" + name, "wb"):
        pass
    tree = walk(tmp_path)
    assert named(tree) == ["a/1.png", "b/2.png"]
    assert told(tree) == [f"{shown} is no name that can be shown; rename the file or its folder"]


def test_a_class_whose_name_cannot_be_shown_is_told_once(tmp_path):
    make(tmp_path, "a/1.png")
    os.mkdir(os.fsencode(tmp_path) + b"/\xfe")
    with open(os.fsencode(tmp_path) + b"/\xfe/1.png", "wb"):
        pass
    [message] = told(walk(tmp_path))
    assert message.startswith(r"'\udcfe/1.png' is no name that can be shown")


def test_a_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    make(tmp_path, "a/1.png", "b/2.png")
    scan = os.scandir

    def refused(path):
        if os.path.basename(os.path.normpath(path)) == "b":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match="b cannot be read: Permission denied"):
        walk(tmp_path)


def test_links_in_hidden_folders_are_nobodys_concern(tmp_path):
    make(tmp_path, "a/1.png", ".venv/lib/2.png", "a/.cache/x/3.png")
    (tmp_path / ".venv" / "lib64").symlink_to("lib")
    (tmp_path / "a" / ".cache" / "again").symlink_to("x")
    tree = walk(tmp_path)
    assert (named(tree), told(tree)) == (["a/1.png"], [])
    assert tree.skipped == {"hidden": 2}


def test_pictures_may_lie_in_a_hidden_store_that_links_lead_to(tmp_path):
    make(tmp_path, ".store/x/1.png", "b/2.png")
    (tmp_path / "a").symlink_to(".store/x")
    tree = walk(tmp_path)
    assert (named(tree), told(tree)) == (["a/1.png", "b/2.png"], [])


def test_folders_elsewhere_are_read_once(tmp_path):
    make(tmp_path, "disk/A/1.png", "disk/A/more/2.png", "disk/B/3.png")
    root = tmp_path / "data"
    root.mkdir()
    for name, target in (("a", "A"), ("b", "B"), ("c", "B")):
        (root / name).symlink_to(tmp_path / "disk" / target)
    (tmp_path / "disk" / "A" / "sub").symlink_to(tmp_path / "disk" / "A" / "more")
    tree = walk(root)
    assert named(tree) == ["a/1.png", "a/more/2.png", "b/3.png"]
    assert told(tree) == [
        "'c' is a link to a folder that is read as well; remove it",
        "'a/sub' is a link to a folder that is read as well; remove it",
    ]
