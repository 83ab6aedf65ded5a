/* 2026-11-21: Online gambling that was planted into pages of the government: words, hiding, cloaking. */

private rule gambling_words {
    strings:
        $ = /\bslot[ \-_]?(gacor|online|gratis|dana|pulsa|deposit|88|777|thailand|server|terpercaya|maxwin)\b/ nocase
        $ = /\b(situs|agen|bandar|link|daftar|main)[ \-_]+(alternatif[ \-_]+)?(judi|slot|togel|casino|kasino|bola[ \-_]online|poker)\b/ nocase
        $ = /\bjudi[ \-_]?(online|bola|slot|poker)\b/ nocase
        $ = /\b(togel[ \-_]?(online|sgp|hk|sdy|singapore|hongkong)|toto[ \-_]?(macau|togel|slot))\b/ nocase
        $ = /\b(rtp[ \-_]?(slot|live)|bocoran[ \-_]?(slot|rtp)|anti[ \-_]?rungkad|scatter[ \-_]?hitam|gampang[ \-_]?menang)\b/ nocase
        $ = /\b(pragmatic[ \-_]?play|gates[ \-_]of[ \-_]olympus|mahjong[ \-_]?ways|sweet[ \-_]bonanza)\b/ nocase
        $ = /\b(maxwin|sbobet|pkv[ \-_]?games|dominoqq|bandarqq|poker[ \-_]?online|joker123)\b/ nocase
    condition:
        any of them
}

rule gambling_links_hidden : links {
    meta:
        severity = "critical"
        text = "Tautan atau kata judi online yang disembunyikan dari pengunjung. Anggap aplikasi ini sudah diretas; minta salinan bersih."
        place = "$word"
    strings:
        $hidden = /<[a-z][a-z0-9]{0,9}\b[^>]{0,300}(display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0\s*[;"']|text-indent\s*:\s*-\d{3,}|(left|top|right)\s*:\s*-\d{3,}(px|em)|height\s*:\s*[01]px|width\s*:\s*[01]px|z-index\s*:\s*-\d{2,})[^>]{0,300}>/ nocase
        $word = /\b(slot[ \-_]?(gacor|online|gratis|dana|88|777|thailand|maxwin)|judi[ \-_]?(online|bola|slot)|togel|maxwin|rtp[ \-_]?slot|sbobet|bandarqq|poker[ \-_]?online|(situs|agen|bandar|link)[ \-_]+(judi|slot|togel))\b/ nocase
    condition:
        for any n in (1..#hidden) : ($word in (@hidden[n] + !hidden[n]..@hidden[n] + !hidden[n] + 300))
}

rule gambling_shown_to_search_engines : links {
    meta:
        severity = "critical"
        text = "Halaman judi yang hanya ditampilkan kepada mesin pencari. Anggap aplikasi ini sudah diretas; minta salinan bersih."
        place = "$bot"
    strings:
        $agent = /HTTP_USER_AGENT|navigator\.userAgent|User-Agent/
        $bot = /googlebot|bingbot|google-site-verification|yandexbot|slurp|crawler/ nocase
    condition:
        gambling_words and $agent and $bot
}

rule cloaking : links {
    meta:
        severity = "high"
        text = "Menampilkan isi lain kepada mesin pencari dengan mengambilnya dari berkas atau situs lain. Minta penjelasan."
    strings:
        $a = /(googlebot|bingbot|yandexbot)[^\x00]{0,400}(file_get_contents|curl_init|curl_exec|readfile|include|require)(_once)?\s*[\( ]\s*["']?(https?:|[^"'\n]{0,80}\.(txt|html?)\b)/ nocase
    condition:
        filename matches /\.(php[0-9]?|phtml|inc|jsp|aspx?)$/i and $a
}

rule gambling_links : links {
    meta:
        severity = "high"
        text = "Tautan ke situs judi online. Minta dihapus, lalu telusuri bagaimana tautan ini masuk."
    strings:
        $ = /<a\b[^>]{0,300}href\s*=\s*["']?https?:\/\/[^>]{0,300}>[^<]{0,120}\b(slot[ \-_]?(gacor|online|88|777|thailand|maxwin|gratis|dana)|judi[ \-_]?(online|bola|slot)|togel|maxwin|rtp[ \-_]?slot|sbobet|bandarqq|poker[ \-_]?online)\b/ nocase
        $ = /href\s*=\s*["']?https?:\/\/[^"'\s>]{0,120}(slot-?(gacor|online|88|777|maxwin)|judi-?(online|bola|slot)|togel|maxwin|sbobet|bandarqq)/ nocase
    condition:
        any of them
}

rule gambling_mentioned : links {
    meta:
        severity = "medium"
        text = "Kata-kata judi online di beberapa tempat. Pastikan ini memang tulisan instansi (misalnya imbauan)."
    strings:
        $w = /\b(slot[ \-_]?(gacor|online|88|777|maxwin)|judi[ \-_]?(online|bola|slot)|togel|maxwin|rtp[ \-_]?slot|sbobet|bandarqq)\b/ nocase
    condition:
        #w >= 3
}
