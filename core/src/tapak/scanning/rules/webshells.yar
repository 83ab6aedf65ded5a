/* 2026-11-21: Back doors in uploaded applications. meta: severity, text (Indonesian, for an officer); where `place` names one of the
   strings, only its matches are told as places. */

rule php_evaluates_request : code {
    meta:
        severity = "critical"
        text = "Menjalankan kode yang dikirim pengunjung (web shell). Minta berkas ini dibersihkan dan sumbernya ditelusuri."
    strings:
        $a = /\b(eval|assert|create_function|call_user_func|call_user_func_array)\s*\(\s*@?\s*(stripslashes\s*\(\s*|base64_decode\s*\(\s*|urldecode\s*\(\s*)?\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/ nocase
        $b = /\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]{1,40}\]\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
        $c = /preg_replace\s*\(\s*["'][^"'\n]{1,60}\/[imsxu]{0,5}e[imsxu]{0,5}["']\s*,\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        any of them
}

rule php_runs_command_of_request : code {
    meta:
        severity = "critical"
        text = "Menjalankan perintah sistem yang dikirim pengunjung (web shell). Minta berkas ini dihapus dan sumbernya ditelusuri."
    strings:
        $a = /\b(system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)\s*\(\s*@?\s*(base64_decode\s*\(\s*)?\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/ nocase
        $b = /`[^`\n]{0,40}\$_(GET|POST|REQUEST|COOKIE)\b[^`\n]{0,60}`/
    condition:
        any of them
}

rule php_evaluates_hidden_code : code {
    meta:
        severity = "critical"
        text = "Menjalankan kode yang disembunyikan (disandikan). Aplikasi yang wajar tidak memerlukannya; minta penjelasan dan kode aslinya."
    strings:
        $a = /\b(eval|assert)\s*\(\s*(@?(gzinflate|gzuncompress|gzdecode|str_rot13|strrev|rawurldecode|urldecode|hex2bin|convert_uudecode)\s*\(\s*){0,5}@?(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|hex2bin|convert_uudecode)\s*\(/ nocase
        $b = /\beval\s*\(\s*["']\?>["']\s*\.\s*@?(base64_decode|gzinflate|gzuncompress|file_get_contents)\s*\(/ nocase
        $c = /\$\w{1,30}\s*=\s*["']base["']\s*\.\s*["'][0-9_]{1,4}["']/ nocase
    condition:
        any of them
}

rule php_fetches_and_runs : code {
    meta:
        severity = "critical"
        text = "Mengambil kode dari situs lain lalu menjalankannya. Minta dihapus."
    strings:
        $a = /\b(eval|assert)\s*\(\s*["']?(\?>)?["']?\s*\.?\s*@?(file_get_contents|curl_exec)\s*\(\s*(["']https?:|\$)/ nocase
        $b = /\b(include|require)(_once)?\s*\(?\s*["']https?:\/\// nocase
    condition:
        any of them
}

rule known_shell_by_name : code {
    meta:
        severity = "critical"
        text = "Memuat tanda web shell yang dikenal. Anggap aplikasi ini sudah diretas; minta salinan bersih dari pengembang."
    strings:
        $ = "FilesMan" fullword
        $ = "WSO_VERSION"
        $ = "b374k" nocase
        $ = "c99shell" nocase
        $ = "r57shell" nocase
        $ = "IndoXploit" nocase
        $ = "AnonymousFox" nocase
        $ = "ALFA TEaM Shell" nocase
        $ = "Mini Shell By" nocase
        $ = "Gecko Shell" nocase
        $ = "weevely" nocase fullword
        $ = "P.A.S. v."
        $ = "antichat.ru" nocase
    condition:
        any of them
}

rule php_in_picture : code {
    meta:
        severity = "high"
        text = "Berkas bertanda gambar tetapi memuat kode PHP. Minta dihapus."
    strings:
        $php = /<\?php\s|<\?=\s/ nocase
    condition:
        (uint32(0) == 0x38464947 or uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8) and $php
}

rule script_named_as_upload : name {
    meta:
        severity = "high"
        text = "Kode program di folder unggahan: folder ini seharusnya hanya berisi dokumen dan gambar."
    strings:
        $php = /<\?php\s|<\?=\s/ nocase
    condition:
        filename matches /(^|\/)(uploads?|unggahan|media|images?|img|foto|files)\/([^\/]+\/)*[^\/]+\.(php[0-9]?|phtml|phar|inc)$/i and $php
}

rule htaccess_runs_other_files : config {
    meta:
        severity = "high"
        text = "Aturan server membuat berkas bukan PHP dijalankan sebagai PHP, atau menyisipkan kode di setiap halaman."
    strings:
        $a = /^[ \t]*(AddHandler|AddType|SetHandler)[ \t]+[^\n]{0,80}(php)[^\n]{0,80}\.(jpe?g|png|gif|txt|ico|css|html?)\b/i
        $b = /^[ \t]*php_value[ \t]+auto_(prepend|append)_file[ \t]+\S/i
        $c = /\n[ \t]*(AddHandler|AddType|SetHandler)[ \t]+[^\n]{0,80}(php)[^\n]{0,80}\.(jpe?g|png|gif|txt|ico|css|html?)\b/i
        $d = /\n[ \t]*php_value[ \t]+auto_(prepend|append)_file[ \t]+\S/i
        $e = /\n?auto_(prepend|append)_file[ \t]*=[ \t]*["']?[^\s"';]/i
    condition:
        (filename matches /(^|\/)\.htaccess$/ and any of ($a, $b, $c, $d)) or (filename matches /(^|\/)\.user\.ini$/ and $e)
}

rule jsp_or_asp_shell : code {
    meta:
        severity = "critical"
        text = "Menjalankan perintah yang dikirim pengunjung (web shell JSP/ASP). Minta berkas ini dihapus."
    strings:
        $a = /Runtime\s*\.\s*getRuntime\s*\(\s*\)\s*\.\s*exec\s*\(\s*request\s*\.\s*getParameter/
        $b = /<%\s*(eval|execute|executeglobal)\s*\(?\s*request\b/ nocase
        $c = /Process\.Start\s*\([^)\n]{0,80}Request(\.(QueryString|Form))?\s*\[/ nocase
    condition:
        any of them
}

rule file_manager_left_behind : code {
    meta:
        severity = "medium"
        text = "Alat pengelola berkas atau basis data di dalam aplikasi. Hapus sebelum dipasang."
    strings:
        $a = "Tiny File Manager" nocase
        $b = "Adminer - Compact database management" nocase
        $c = "PHP File Manager" nocase
    condition:
        filename matches /\.(php[0-9]?|phtml)$/i and any of them
}

rule php_information_page : code {
    meta:
        severity = "low"
        text = "Menampilkan seluruh keterangan server (phpinfo). Hapus sebelum dipasang."
    strings:
        $a = /\bphpinfo\s*\(\s*\)/ nocase
    condition:
        filename matches /\.(php[0-9]?|phtml|inc)$/i and filesize < 20KB and $a
}
