"""Gets the programs to compare with: nginx from Debian's packages, LiteLLM from PyPI into an environment of its own.

Nothing is installed twice. What cannot be had is a reason to skip, never an error.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

LITELLM_REQUIREMENT = "litellm[proxy]==1.106.2"
LITELLM_ENVIRONMENT = Path(__file__).with_name(".venv-litellm")
NGINX_PACKAGE = "nginx-light"


class NotAvailable(Exception):
    """A program that this machine does not have and that could not be installed; the text says why."""


def nginx_program() -> str:
    """Path of nginx, installed first where we are root on a Debian system.

    Raises:
        NotAvailable: nginx is missing and may not or could not be installed.
    """
    path = _search_path()
    if shutil.which("nginx", path=path) is None:
        _install_debian(NGINX_PACKAGE)
    found = shutil.which("nginx", path=path)
    if found is None:
        raise NotAvailable("nginx is not installed")
    return found


def litellm_program() -> Path:
    """Path of LiteLLM's command, installed at first use (600 MB).

    Raises:
        NotAvailable: the package index did not give it.
    """
    program = LITELLM_ENVIRONMENT / "bin" / "litellm"
    installed = LITELLM_ENVIRONMENT / "requirement.txt"
    if program.exists() and installed.exists() and installed.read_text() == LITELLM_REQUIREMENT:
        return program
    print(f"installing {LITELLM_REQUIREMENT} into {LITELLM_ENVIRONMENT.name} (once)", flush=True)
    venv.create(LITELLM_ENVIRONMENT, clear=True, with_pip=True)
    done = subprocess.run(_pip_command(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotAvailable(f"{LITELLM_REQUIREMENT} could not be installed: {_last_line(done.stderr)}")
    installed.write_text(LITELLM_REQUIREMENT)
    return program


def gateway_program() -> Path:
    """Path of our own command, in the environment that runs the benchmark.

    Raises:
        NotAvailable: the project is not installed there.
    """
    program = Path(sys.executable).with_name("codex-proxy")
    if not program.exists():
        raise NotAvailable("codex-proxy is not installed in this environment")
    return program


def _pip_command() -> list[str]:
    python = str(LITELLM_ENVIRONMENT / "bin" / "python")
    if importlib.util.find_spec("uv"):
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        return [*uv, LITELLM_REQUIREMENT]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", LITELLM_REQUIREMENT]


def _install_debian(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NotAvailable(f"{package} is missing, and only root on a Debian system can install it here")
    print(f"installing {package}", flush=True)
    # RUNLEVEL=1 keeps the package's script from starting a web server of its own.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    complaint = ""
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if command is install and done.returncode == 0:
            return
        complaint = _last_line(done.stderr)
    raise NotAvailable(f"{package} could not be installed: {complaint}")


def _search_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
