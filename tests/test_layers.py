"""service -> projections -> domain, and never back."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "domain": {"domain", "msgspec"},
    "projections": {"projections", "domain", "msgspec"},
}
# Whoever checks a proof needs nothing of the service: only files, the standard library and these. Receipts are made
# again by the pure packages, from facts put together as the ledger does.
VERIFIER_MAY_IMPORT = {"service", "domain", "projections", "msgspec", "cryptography", "click"}
VERIFIER_SHARES = {"service.ledger.parts"}
# Where time, chance and the outside world come in; the pure packages are given these as arguments.
IMPURE = {
    "asyncio",
    "http",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_pure_package_imports_only_what_lies_below_it(package: str) -> None:
    assert modules(package)
    for module in modules(package):
        foreign = set(imported(module)) - sys.stdlib_module_names - MAY_IMPORT[package]
        assert not foreign, f"{module.relative_to(ROOT)} imports {foreign}"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_pure_package_has_no_clock_no_chance_and_no_outside(package: str) -> None:
    for module in modules(package):
        assert not IMPURE & set(imported(module)), module
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"now", "utcnow", "today", "uuid1", "uuid4"}, f"{module}:{node.lineno}"


def test_the_service_is_imported_by_nobody_below() -> None:
    for package in MAY_IMPORT:
        assert not [module for module in modules(package) if "service" in set(imported(module))]


def test_the_verifier_needs_no_service_and_no_database() -> None:
    assert modules("service/proof")
    for module in modules("service/proof"):
        assert not set(imported(module)) - sys.stdlib_module_names - VERIFIER_MAY_IMPORT, module
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("service"):
                known = str(node.module).startswith("service.proof") or node.module in VERIFIER_SHARES
                assert known, f"{module} imports {node.module}"


def test_what_the_verifier_shares_with_the_ledger_needs_no_database_either() -> None:
    program = "import sys, service.proof.command; sys.exit(any(m in sys.modules for m in ('psycopg', 'litestar')))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False).returncode == 0
