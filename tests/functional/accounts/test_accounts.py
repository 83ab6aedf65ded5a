"""Accounts, passwords and bearer tokens below the pages."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from click.testing import CliRunner

from tapak.accounts import sessions
from tapak.accounts.models import Account
from tapak.accounts.passwords import hash_password, verify_password
from tapak.accounts.service import SignInFailed, TooManySignIns, create_account, sign_in, sweep
from tapak.cli.main import tapak
from tapak.db.session import Database
from tapak.sdk.errors import Conflict, Invalid, TapakError
from tapak.tenants.models import Tenant

TODAY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "bukan alamat"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "x" * 400 + "@contoh.go.id"}, "email"),
        ({"email": "a\n@contoh.go.id"}, "email"),
        ({"password": "pendek"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"name": " "}, "name"),
    ],
)
def test_refuses_what_is_no_account(database: Database, tenant: Tenant, change: dict[str, str], field: str) -> None:
    given = {"email": "a@contoh.go.id", "password": "kata sandi yang panjang", "name": "A", **change}
    with database.begin(tenant.id) as session, pytest.raises(Invalid) as refused:
        create_account(session, **given)
    assert list(refused.value.fields) == [field]


def test_one_account_an_email_and_tenant(
    database: Database, tenant: Tenant, other_tenant: Tenant, account: Account, password: str
) -> None:
    with database.begin(tenant.id) as session, pytest.raises(Conflict):
        create_account(session, email=" STAF@Contoh.go.id ", password=password, name="Lain")
    with database.begin(other_tenant.id) as session:
        create_account(session, email="staf@contoh.go.id", password=password, name="Lain")


def test_passwords_are_argon2id_and_compared_in_one_form() -> None:
    stored = hash_password("sandi panjang caf\u00e9")
    assert stored.startswith("$argon2id$")
    assert verify_password("sandi panjang cafe\u0301", stored)
    assert not verify_password("sandi panjang cafe", stored)
    assert not verify_password("", stored)
    assert not verify_password("nobody has this password", None)
    assert not verify_password("x", "no hash at all")


def test_a_password_costs_as_much_as_rfc_9106_asks() -> None:
    code = "from tapak.accounts.passwords import hash_password; print(hash_password('sandi panjang'))"
    # Not in this process, where tests hash cheaply.
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_failures_count_although_the_caller_rolls_back(
    database: Database, tenant: Tenant, account: Account, password: str
) -> None:
    for _ in range(10):
        with pytest.raises(SignInFailed), database.begin(tenant.id) as session:
            sign_in(session, account.email, "salah sama sekali", "192.0.2.1")
    with pytest.raises(TooManySignIns), database.begin(tenant.id) as session:
        sign_in(session, account.email, password, "192.0.2.1")


def test_a_success_forgets_the_failures(database: Database, tenant: Tenant, account: Account, password: str) -> None:
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(SignInFailed), database.begin(tenant.id) as session:
                sign_in(session, account.email, "salah sama sekali", "192.0.2.1")
        with database.begin(tenant.id) as session:
            assert sign_in(session, account.email, password, "192.0.2.1").id == account.id


def test_guesses_at_once_pass_no_more_than_ten(database: Database, tenant: Tenant, account: Account) -> None:
    def guess(number: int) -> type[TapakError]:
        try:
            with database.begin(tenant.id) as session:
                sign_in(session, account.email, f"tebakan ke-{number}", "192.0.2.1")
        except TapakError as refused:
            return type(refused)
        raise AssertionError

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count(SignInFailed) == 10
    assert answers.count(TooManySignIns) == 14


def attempt(database: Database, tenant: Tenant, email: str, password: str, address: str) -> type[TapakError] | None:
    try:
        with database.begin(tenant.id) as session:
            sign_in(session, email, password, address)
    except TapakError as refused:
        return type(refused)
    return None


def test_nobody_keeps_an_official_out_from_elsewhere(
    database: Database, tenant: Tenant, account: Account, password: str
) -> None:
    guesses = [attempt(database, tenant, account.email, "tebakan asing", "198.51.100.7") for _ in range(30)]
    assert guesses == [SignInFailed] * 10 + [TooManySignIns] * 20
    assert attempt(database, tenant, account.email, password, "198.51.100.7") is TooManySignIns
    assert attempt(database, tenant, account.email, password, "192.0.2.1") is None


def test_many_networks_guess_more_slowly_and_still_lock_nobody_out(
    database: Database, tenant: Tenant, account: Account, password: str
) -> None:
    for number in range(5):
        for _ in range(10):
            assert attempt(database, tenant, account.email, "tebakan asing", f"198.51.100.{number}") is SignInFailed
    fresh = [attempt(database, tenant, account.email, "tebakan asing", "203.0.113.9") for _ in range(6)]
    assert fresh == [SignInFailed] * 3 + [TooManySignIns] * 3
    typed = [attempt(database, tenant, account.email, each, "192.0.2.1") for each in ("salah ketik", "lagi", password)]
    assert typed == [SignInFailed, SignInFailed, None]


def test_an_address_is_throttled_over_all_accounts(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapak.accounts.service.FAILURES_OF_ADDRESS", 3)
    for number in range(4):
        with pytest.raises((SignInFailed, TooManySignIns)) as refused, database.begin(tenant.id) as session:
            sign_in(session, f"a{number}@contoh.go.id", "salah sama sekali", f"2001:db8:0:1::{number}")
        assert isinstance(refused.value, TooManySignIns) == (number == 3)
    with pytest.raises(SignInFailed), database.begin(tenant.id) as session:
        sign_in(session, "b@contoh.go.id", "salah sama sekali", "2001:db8:0:2::1")


def test_a_bearer_token_is_no_browser_session(database: Database, tenant: Tenant, account: Account) -> None:
    with database.begin(tenant.id) as session:
        opened = sessions.open_session(session, session.merge(account), "token")
    assert opened.token not in repr(opened)
    with database.begin(tenant.id) as session:
        assert sessions.find(session, opened.token, TODAY) is None
        found = sessions.find(session, opened.token, TODAY, "token")
        assert found is not None
        assert found.account.id == account.id
        assert opened.token not in found.row.token_hash
        sweep(session)
    with database.begin(tenant.id) as session:
        sessions.end(session, opened.token)
        assert sessions.find(session, opened.token, TODAY, "token") is None


def test_an_operator_gives_a_new_password(database: Database, tenant: Tenant, account: Account, password: str) -> None:
    env = {"TAPAK_DATABASE_URL": database.engine.url.render_as_string(hide_password=False)}

    def run(email: str, given: str) -> tuple[int, str]:
        words = ["account", "password", email, "--tenant", tenant.slug]
        done = CliRunner().invoke(tapak, words, env=env, input=f"{given}\n{given}\n")
        assert given not in done.output
        return done.exit_code, done.output

    assert run("siapa@contoh.go.id", "sandi baru yang panjang")[0] == 1
    assert run(account.email, "pendek")[0] == 1
    assert run("STAF@contoh.go.id", "sandi baru yang panjang")[0] == 0
    with database.begin(tenant.id) as session, pytest.raises(SignInFailed):
        sign_in(session, account.email, password, "192.0.2.1")
    with database.begin(tenant.id) as session:
        sign_in(session, account.email, "sandi baru yang panjang", "192.0.2.1")
