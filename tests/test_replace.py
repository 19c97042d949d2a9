"""A file is replaced as a whole or not at all."""

import errno
import os

import pytest

from tinygrad_seq.errors import FileAccessError
from tinygrad_seq.io import load, save
from tinygrad_seq.replace import replacing


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"%d" % (1 // 0))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_end(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_content_is_synced_before_the_rename(tmp_path, monkeypatch):
    calls = []
    fsync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(os.fstat(fd).st_size), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda *a, **k: (calls.append("rename"), rename(*a, **k)))
    with replacing(tmp_path / "x") as file:
        file.write(b"12345")
    assert calls[:2] == [5, "rename"]


def test_a_full_disk_is_told_in_one_line(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    save(path, "old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileAccessError, match="No space left on device") as caught:
        save(path, "new")
    assert "\n" not in str(caught.value)
    assert load(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileAccessError, match="folder does not exist; create"), replacing(tmp_path / "no" / "x"):
        pass


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileAccessError, match="Not a directory"), replacing(tmp_path / "file" / "x"):
        pass


@pytest.mark.skipif(os.name != "posix", reason="other systems say it otherwise")
def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(FileAccessError, match="File name too long"), replacing(tmp_path / ("x" * 300)):
        pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileAccessError, match="Permission denied"), replacing(tmp_path / "x"):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_devices_are_left_alone():
    with pytest.raises(FileAccessError, match="device or a pipe"), replacing(os.devnull):
        pass


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_permissions_are_those_of_a_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with replacing(tmp_path / "x"):
        pass
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "plain").stat().st_mode
