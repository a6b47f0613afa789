"""Writes captions, right ones and ones with mojibake, and what CLIP's tokenizer makes of them by ftfy.

    python3 -m venv VENV && VENV/bin/pip install ftfy
    VENV/bin/python test/interop/make_captions.py test/interop/captions.json

"signs" has every accented letter before every sign that may follow it in mojibake, each pair in one of "contexts";
"repaired" has the lines that ftfy makes of those which it changes, and "steps" from the number of one to the number of
the next. "captions" has sentences with what CLIP
makes of them.
"""

import html
import json
import random
import re
import sys

import ftfy
import ftfy.bad_codecs

contexts = ["caf{}", "CAF{} X", "a {}b", "{} 5", "sa{}, no"]
letters = [chr(code) for code in range(0xC0, 0x180)]
pages = ["latin-1"] + [f"sloppy-windows-{number}" for number in (1252, 1250, 1251, 1253, 1254, 1257)]
signs = sorted({sign for page in pages for sign in bytes(range(0x80, 0xC0)).decode(page)} | {" "})


def clip(text):
    """openai/CLIP, simple_tokenizer.py: basic_clean, whitespace_clean and lower."""
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip().lower()


repaired = {}
for i, letter in enumerate(letters):
    for j, sign in enumerate(signs):
        text = contexts[(i + j) % len(contexts)].format(letter + sign)
        fixed = ftfy.fix_encoding(text)
        if fixed != text:
            repaired[i * len(signs) + j] = fixed

sentences = """Un café à la carte, très bon – 5 €
Der große Bär läuft über die Straße
El niño soñó “mañana” en España
À côté de l’hôtel, une forêt… déjà vue
Žluťoučký kůň úpěl ďábelské ódy
Zażółć gęślą jaźń nad rzeką
İstanbul’da ışıklı bir gece, çok güzel
Rīgas šaurās ielas un jūra
Съешь ещё этих мягких булок
Η γάτα κοιμάται στον ήλιο
ארנב לבן על הדשא
قطة نائمة على الأريكة
नीले आकाश में पक्षी
猫が庭で寝ている
고양이가 자고 있다
A cat 😺 on a “red” sofa – £35, 20°, 1920×1080, ½ price™
L’élève répète «bonjour» © 2020 ® Müller & Söhne
São João: IRMÃS, MAÇÃ, VOCÊ…, NÃO!""".split("\n")
right = """(“+” and “×” curves)
5×£35 pin ups
HÅØYA ER BLÅØYD
NESTLÉ® requiere
SELKÄ\xa0EDELLÄ\xa0MAAHAN
`¬´ ( o¬ô )
NICIODATĂ™ √π
the letter “Ã”
ΟΔΥΣΣΕΥΣ ΚΑΙ ΟΔΟΣ. Σ
Ǆ ŉ ﬁne ｆｕｌｌ　ｗｉｄｔｈ
P&eacute;rez &EACUTE; &lt;b&gt; &amp;amp; &#150; &nbsp;x
<b> &amp; caf&eacute;
priceÂ £5, Ã la carte
CAFÉ«X» CAFÇ” bar
ᾳ ᾼ ᾼ
\x1b[31mred\x1b[0m \x07bell \x85 \u2028line
two\nlines cafÃ©\nof text""".split("\n\n")
right = [line for text in right for line in text.split("\n")][:-1] + ["lines\nof cafÃ©", "<i>\n&eacute;"]

draw = random.Random(19)
captions = list(right)
for sentence in sentences:
    captions.append(sentence)
    for page in pages + ["macroman", "cp437", "iso-8859-2"]:
        broken = sentence.encode("utf-8").decode(page, "replace")
        captions.append(broken)
        kind = draw.randrange(4)
        if kind == 0:  # Twice.
            captions.append(broken.encode("utf-8").decode(page, "replace"))
        elif kind == 1:  # No-break spaces were lost.
            captions.append(broken.replace("\xa0", " "))
        elif kind == 2:  # Beside text that is right, in a caption of its own words.
            captions.append(f"{draw.choice(sentences)} {broken[: draw.randrange(8, 20)]}")
        else:  # A byte was lost.
            captions.append(re.sub("[\x80-\x9f]", "\ufffd", broken))

with open(sys.argv[1], "w", encoding="utf-8") as file:
    table = {
        "versions": {"python": sys.version.split()[0], "ftfy": ftfy.__version__},
        "contexts": contexts,
        "letters": "".join(letters),
        "signs": "".join(signs),
        "steps": [number - before for before, number in zip([0, *repaired], repaired)],
        "repaired": "\n".join(repaired.values()),
        "captions": [[caption, clip(caption)] for caption in dict.fromkeys(captions)],
    }
    json.dump(table, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
print(len(letters) * len(signs), "signs,", len(repaired), "repaired,", len(table["captions"]), "captions")
