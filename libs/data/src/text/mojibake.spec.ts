// Goal: UTF-8 that was decoded as windows-1252 or latin-1 is repaired, and nothing else changes. Method: ftfy's
// published examples, including its collection of text that only looks like mojibake; texts in many scripts, wrongly
// decoded up to three times. test/interop/captions.spec.ts holds it against ftfy itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairMojibake } from './mojibake.js';

describe('mojibake is repaired', () => {
  it.each([
    ['âœ” No problems', '✔ No problems'],
    ['schÃ¶n, Ã³, aoÃ»t, HÃ´tel, NicolÃ¡s', 'schön, ó, août, Hôtel, Nicolás'],
    ['HÃ”TEL CÃ™IS, DOS AÃ‘OS, RUF MICH ZURÃœCK, OÃ™ ET QUAND?', 'HÔTEL CÙIS, DOS AÑOS, RUF MICH ZURÜCK, OÙ ET QUAND?'],
    ['ã\x83\x84', 'ツ'],
    ["He's Justinâ\x9d¤", "He's Justin❤"],
    ['Beta Haber: HÄ±rsÄ±zÄ± BÃ¼yÃ¼ Korkuttu, Ä°stanbul, RÄ«ga', 'Beta Haber: Hırsızı Büyü Korkuttu, İstanbul, Rīga'],
    ['Iggy Pop (nÃƒÂ© Jim Osterberg)', 'Iggy Pop (né Jim Osterberg)'],
    ['The Mona Lisa doesnÃƒÂ¢Ã¢â€šÂ¬Ã¢â€žÂ¢t have eyebrows.', 'The Mona Lisa doesn’t have eyebrows.'],
    ['Ã¢â€\x9dâ€™(Ã¢Å’Â£Ã‹â€ºÃ¢Å’Â£)Ã¢â€\x9dÅ½', '┒(⌣˛⌣)┎'],
    ['Táº¡i sao giÃ¡ háº¡t sáº§u riÃªng láº¡i lÃªn giÃ¡?', 'Tại sao giá hạt sầu riêng lại lên giá?'],
    ['Humanized HLA-DR4.RagKO.IL2RÎ³cKO.NOD', 'Humanized HLA-DR4.RagKO.IL2RγcKO.NOD'],
    ['hotel $49 $Ì¶6Ì¶3Ì¶ updated 2018', 'hotel $49 $̶6̶3̶ updated 2018'],
    [
      'dans la syriennetÃ© comme dans l’humanitÃ©, fÃªte Ø¹ÙŠØ¯ Ø³Ø¹ÙŠØ¯.',
      'dans la syrienneté comme dans l’humanité, fête عيد سعيد.',
    ],
    ['III DivisÃ£o - SÃ©rie F > Jornadas Classificação', 'III Divisão - Série F > Jornadas Classificação'],
    ['×\x90×\x91×\x91×\x90 Ø±Ø³Ø§Ù„Ø©', 'אבבא رسالة'],
    ['â€œmismatched quotesâ€¦”', '“mismatched quotes…”'],
    ['comments ï¿½ addresses', 'comments � addresses'],
    ['Ã–sterreich siÄ™ 1920Ã—1080 Â£5 20Â°', 'Österreich się 1920×1080 £5 20°'],
  ])('%j', (mojibake, meant) => {
    expect(repairMojibake(mojibake)).toBe(meant);
  });

  const scripts = [
    'привет',
    'Καλημέρα',
    '你好世界',
    'こんにちは',
    '안녕하세요',
    'שלום',
    'مرحبا',
    'नमस्ते',
    'สวัสดี',
    'գիրք',
    '😀🎉',
    'žluťoučký',
    'tiếng',
  ];
  it('in many scripts, wrongly decoded one to three times, as either encoding', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...scripts), { minLength: 1 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
        (words, readings) => {
          const text = words.join(' ');
          expect(repairMojibake(readings.reduce(misread, text))).toBe(text);
        },
      ),
    );
  });
});

describe('correct text is not changed', () => {
  it.each([
    [
      "I'm not such a fan of Charlotte Brontë…”",
      'AHÅ™, the new sofa from IKEA',
      'a radius of 10 Å—',
      '!YO SÉ¡',
      'There are a lot of Ã’s in mojibake text',
    ],
    [
      'Η ¨ανατροφή¨ δυστυχώς',
      '(“+” and “×” curves)',
      'ammaccato,\xa0è come',
      '4288×…',
      '``toda assa aí´´',
      'HUHLL Õ…',
      'VOCÊ…',
      'MARQUÉ…',
      'SDV SÓ…',
    ],
    [
      'Join ZZAJÉ’s Official Fan List',
      'L’épisode 8',
      'Ôôô VIDA MINHA',
      '[x]\xa0©',
      '`¬´',
      '( o¬ô )',
      'QUEM É¿',
      'lá´´',
      'SELKÄ\xa0EDELLÄ\xa0MAAHAN',
      '5×£35 pin ups',
    ],
    [
      'NESTLÉ® requiere',
      'C O N C L U S Ã O',
      'frataraká§ 141',
      'MÄ£ÄM SÖÄ£ ÑÝÄ',
      'HÅØYA ER BLÅØYD',
      'NICIODATĂ™',
      '√π',
    ],
    ['« voilà\xa0»', 'Spaß’s', '«Olá»…', 'amanhã…”', 'nepíš”', 'það…', '2×½'],
  ])('%j', (...texts) => {
    for (const text of texts) expect(repairMojibake(text)).toBe(text);
  });

  it.each([
    ['“MAÇÃ”', '“MAÇÔ'],
    ['RELEVÉ° 5', 'RELEVɰ 5'],
    ['parlé\x85\xa0Tu sais', 'parl\u9160Tu sais'],
    ['IRMÃ–s', 'IRMÖs'],
    ['the letter “Ã”', 'the letter “Ô'],
    ['ÎŸA', 'ΟA'],
  ])('but for %j, which ftfy takes for mojibake too', (text, taken) => {
    expect(repairMojibake(text)).toBe(taken);
  });

  it('words of many scripts with their usual punctuation', () => {
    const latin = [
      'éèêàâçîïôûùüÿ',
      'áčďéěíňóřšťúůýž',
      'ąćęłńóśźż',
      'äöüß',
      'ãõáâàéêíóôúç',
      'ñáéíóúü',
      'æøåäö',
      'ğışçöü',
      'áðéíóúýþæö',
      'čćđšž',
      'ăâîșț',
      'őűáéíóúöü',
      'āčēģīķļņšūž',
    ];
    const ranges = [
      [0x3b1, 0x3c9],
      [0x430, 0x44f],
      [0x561, 0x586],
      [0x5d0, 0x5ea],
      [0x620, 0x64a],
      [0x905, 0x939],
      [0xe01, 0xe2e],
      [0x3041, 0x3096],
      [0x4e00, 0x9fff],
      [0xac00, 0xd7a3],
    ] as const;
    const alphabets = [
      ...latin.map((letters) => fc.constantFrom(...'aeinorst', ...letters)),
      ...ranges.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
    ];
    const letters = alphabets.map((letter) =>
      fc.array(letter, { minLength: 1, maxLength: 9 }).map((word) => word.join('')),
    );
    const word = fc
      .tuple(fc.oneof(...letters), fc.boolean())
      .map(([text, isCapital]) => {
        const first = text.charAt(0);
        return (isCapital ? first.toUpperCase() : first.toLowerCase()) + text.slice(1).toLowerCase();
      })
      .filter((text) => !/(?![A-Z])[\p{Lu}âïà]$/u.test(text)); // Accented capitals before signs are signs of mojibake.
    const opening = fc.constantFrom('', '', '“', '‘', '«', '(', '„', '¿', '¡');
    const closing = fc.constantFrom(
      '',
      '',
      '”',
      '’',
      '»',
      ')',
      '…',
      '…”',
      '™',
      '®',
      '²',
      ',',
      '.',
      '!',
      '’s',
      '\xa0»',
      ' – ',
      '—',
      ' €',
      '°',
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(opening, word, closing).map((parts) => parts.join('')),
          { minLength: 1, maxLength: 8 },
        ),
        (words) => {
          expect(repairMojibake(words.join(' '))).toBe(words.join(' '));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const windows1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

function misread(text: string, asWindows1252: boolean): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const character = asWindows1252 && byte >= 0x80 && byte < 0xa0 ? windows1252.charAt(byte - 0x80) : ' ';
    return character === ' ' ? String.fromCharCode(byte) : character;
  }).join('');
}
