"""cmake --install puts all in place, and the unit is one that systemd takes and finds well locked."""
import os
import re
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ["BLOCWATCH_BIN"]).parent


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], check=True,
                   env={**os.environ, "DESTDIR": str(root)}, capture_output=True)
    return root


@pytest.fixture(scope="module")
def unit(root, tmp_path_factory):
    """The installed unit, with its paths as they are below root, so that they exist."""
    text = (root / "usr/lib/systemd/system/blocwatchd.service").read_text()
    text = re.sub(r"(?<![\w])(/usr/sbin|/etc/blocwatch)", rf"{root}\1", text)
    file = tmp_path_factory.mktemp("unit") / "blocwatchd.service"
    file.write_text(text)
    return file


def test_everything_is_in_place(root):
    for name in ["usr/sbin/blocwatchd", "usr/bin/blocwatchctl", "etc/blocwatch/blocwatchd.yaml",
                 "usr/lib/systemd/system/blocwatchd.service"]:
        assert (root / name).is_file(), name
    for folder in ["sources.d", "lexicon.d", "rules.d", "alerts.d"]:
        assert list((root / "etc/blocwatch" / folder).glob("*.yaml")), folder
    assert (root / "etc/blocwatch/credentials").stat().st_mode & 0o777 == 0o700


PAGES = ["man1/blocwatchctl.1", "man5/blocwatch-rules.5", "man5/blocwatchd.yaml.5",
         "man8/blocwatchd.8"]


@pytest.mark.parametrize("page", PAGES)
def test_manual_pages_are_clean(root, page):
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", root / "usr/share/man" / page],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_manual_names_every_command(root):
    page = subprocess.run(["mandoc", "-T", "ascii", root / "usr/share/man/man1/blocwatchctl.1"],
                          capture_output=True, text=True).stdout
    page = " ".join(re.sub(".\b", "", page).split())
    told = subprocess.run([root / "usr/bin/blocwatchctl", "--help"], capture_output=True,
                          text=True).stdout
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)*)", told, re.MULTILINE)
    assert len(commands) > 20
    for command in commands:
        assert command in page, command


@pytest.mark.parametrize("shell, file", [
    ("bash", "bash-completion/completions/blocwatchctl"),
    ("zsh", "zsh/vendor-completions/_blocwatchctl"),
    ("fish", "fish/vendor_completions.d/blocwatchctl.fish")])
def test_completions_are_installed(root, shell, file):
    assert "backtest" in (root / "usr/share" / file).read_text()


def test_the_installed_configuration_is_fine(root):
    result = subprocess.run([root / "usr/sbin/blocwatchd", "--check", "--config",
                             root / "etc/blocwatch/blocwatchd.yaml"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_unit_verifies(unit):
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                            capture_output=True, text=True)
    complaints = [line for line in result.stderr.splitlines() if "blocwatchd" in line]
    assert result.returncode == 0 and not complaints, result.stderr


def test_unit_is_locked_down(unit):
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                             "--no-pager", unit], capture_output=True, text=True)
    level = re.search(r"exposure level.*?: ([0-9.]+)", result.stdout)
    assert level and float(level.group(1)) <= 2.0, result.stdout
    assert result.returncode == 0
