"""Fixtures: everything that a test starts is ended after it, also when it fails."""
import pytest

from support import Daemon, Nginx, Receiver


@pytest.fixture
def web(tmp_path):
    nginx = Nginx(tmp_path / "nginx")
    yield nginx
    nginx.stop()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def daemon(tmp_path):
    """daemon(config, *arguments) starts one; several in a test share the state directory."""
    made = []

    def start(config, *arguments, **options):
        made.append(Daemon(config, tmp_path / "state", *arguments, **options).start())
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.kill()
