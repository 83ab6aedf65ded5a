/* 2026-11-21: Secrets left in the code. meta: masked = true keeps the value out of the evidence; a match on which the regular
   expression `unless` is found is a placeholder (written without escapes, which would make it bytes). */

rule private_key : secret {
    meta:
        severity = "critical"
        text = "Kunci privat di dalam aplikasi. Ganti kuncinya dan hapus dari arsip."
        masked = true
    strings:
        $a = /-----BEGIN ((RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY( BLOCK)?-----\s+[A-Za-z0-9+\/=:\-, \r\n]{40,80}/
        $b = /-----BEGIN ((RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY( BLOCK)?-----(\\n|\\r)[A-Za-z0-9+\/=]{40,80}/
        $c = /AGE-SECRET-KEY-1[0-9A-Z]{58}/
        $d = /PuTTY-User-Key-File-[23]:/
    condition:
        any of them
}

rule password_in_env : secret {
    meta:
        severity = "high"
        text = "Sandi di berkas .env ikut dikirim. Ganti sandinya; berkas .env diisi di server, tidak di dalam arsip."
        masked = true
        unless = "(?i)[=,:>][^a-z0-9*]*(null|true|false|secret|password|passwd|changeme|change_me|your[-_a-z]*|x{3,}|example|isi[-_a-z]*|[*]+)[^a-z0-9]*$"
    strings:
        $v = /(^|\n)[ \t]*(export[ \t]+)?[A-Z0-9_]{0,40}(PASSWORD|PASSWD|PASS|SECRET|API_?KEY|APP_KEY|TOKEN|PRIVATE_KEY|ACCESS_KEY)[A-Z0-9_]{0,20}[ \t]*=[ \t]*["']?[^\s"'#$<{]{4,200}/
    condition:
        filename matches /(^|\/)\.env(\.[A-Za-z0-9_]+)?$/ and not filename matches /\.(example|sample|dist|template)$/ and $v
}

rule database_password_in_code : secret {
    meta:
        severity = "high"
        text = "Sandi basis data tertulis di kode. Ganti sandinya dan pindahkan ke pengaturan server."
        masked = true
        unless = "(?i)[=,:>][^a-z0-9*]*(null|true|false|secret|password|passwd|changeme|change_me|your[-_a-z]*|x{3,}|example|isi[-_a-z]*|[*]+)[^a-z0-9]*$"
    strings:
        $a = /define\s*\(\s*["']DB_PASSWORD["']\s*,\s*["'][^"'\n]{4,120}["']/
        $b = /["'](password|passwd|db_pass(word)?)["']\s*(=>|:|\]\s*=)\s*["'][^"'\n $]{6,120}["']/ nocase
        $c = /\b(mysqli_connect|mysql_connect|new\s+mysqli)\s*\(\s*["'][^"'\n]{0,80}["']\s*,\s*["'][^"'\n]{1,80}["']\s*,\s*["'][^"'\n]{4,120}["']/
        $d = /\bnew\s+PDO\s*\(\s*["'][^"'\n]{1,160}["']\s*,\s*["'][^"'\n]{1,80}["']\s*,\s*["'][^"'\n]{4,120}["']/
    condition:
        $a or $c or $d or ($b and filename matches /(^|\/)(config|database|db|koneksi|settings|connection|wp-config|application)[^\/]{0,40}\.(php[0-9]?|inc|py|js|json|ya?ml)$/i)
}

rule password_in_address : secret {
    meta:
        severity = "high"
        text = "Alamat server dengan sandi di dalamnya. Ganti sandinya dan pindahkan ke pengaturan server."
        masked = true
    strings:
        $a = /\b(mysql|mariadb|postgres|postgresql|pgsql|mongodb(\+srv)?|redis|rediss|amqps?|ftps?|sftp|smtps?):\/\/[A-Za-z0-9_.\-]{1,60}:[^\s"'@\/<>{}$*]{4,120}@[A-Za-z0-9.\-]{1,120}/
        $b = /\bhttps?:\/\/[A-Za-z0-9_.\-]{1,60}:[^\s"'@\/<>{}$*:]{6,120}@[A-Za-z0-9\-]+\.[A-Za-z0-9.\-]{1,120}/
    condition:
        any of them
}

rule service_token : secret {
    meta:
        severity = "critical"
        text = "Kunci layanan (token) yang masih dapat dipakai orang lain. Cabut di layanannya, buat yang baru, dan hapus dari arsip."
        masked = true
    strings:
        $aws = /\b(AKIA|ASIA)[0-9A-Z]{16}\b/
        $github = /\b(ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{36,251}\b/
        $github_fine = /\bgithub_pat_[A-Za-z0-9_]{60,255}\b/
        $gitlab = /\bglpat-[A-Za-z0-9_\-]{20,60}\b/
        $google = /\bAIza[0-9A-Za-z_\-]{35}/
        $slack = /\bxox[abposr]-[0-9A-Za-z\-]{10,120}/
        $stripe = /\b(sk|rk)_live_[0-9A-Za-z]{20,120}\b/
        $telegram = /\b[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}\b/
        $sendgrid = /\bSG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}\b/
        $npm = /\bnpm_[A-Za-z0-9]{36}\b/
        $midtrans = /\b(Mid-server|SB-Mid-server)-[A-Za-z0-9_\-]{20,60}/
        $xendit = /\bxnd_(production|development)_[A-Za-z0-9]{30,120}\b/
        $openai = /\bsk-(proj-|ant-)[A-Za-z0-9_\-]{20,200}/
        $service_account = /"type"\s*:\s*"service_account"/
    condition:
        any of them
}

rule application_key_in_code : secret {
    meta:
        severity = "high"
        text = "Kunci aplikasi tertulis di kode. Buat kunci baru di server."
        masked = true
    strings:
        $laravel = /base64:[A-Za-z0-9+\/]{43}=/
        $django = /(^|\n)SECRET_KEY\s*=\s*["'][^"'\n]{20,120}["']/
    condition:
        filename matches /\.(php|py|ini|ya?ml|json)$/i and any of them
}

rule history_left_behind : name {
    meta:
        severity = "medium"
        text = "Riwayat pengembangan (.git/.svn) ikut dikirim; sandi lama dapat terbaca dari sana. Hapus foldernya."
    strings:
        $a = /\[core\]/
        $b = /ref: refs\//
        $c = "SQLite format 3"
    condition:
        (filename matches /(^|\/)\.git\/config$/ and $a) or (filename matches /(^|\/)\.svn\/wc\.db$/ and $c at 0) or (filename matches /(^|\/)\.git\/HEAD$/ and $b and not $a)
}

rule database_dump : name {
    meta:
        severity = "medium"
        text = "Salinan basis data (dump) ikut dikirim; dapat memuat data pribadi. Hapus dari arsip."
    strings:
        $a = /-- (MySQL|MariaDB) dump [0-9]/
        $b = "-- PostgreSQL database dump"
        $c = "-- phpMyAdmin SQL Dump"
        $i = /INSERT INTO [`"]?\w{1,60}[`"]?/ nocase
        $copy = /\nCOPY [\w."]{1,80} \(/
    condition:
        filename matches /\.(sql|txt|bak|dump)$/i and any of ($a, $b, $c) and ($i or $copy)
}
