import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteSymbols, wordEnd } from './byte-symbols.js';
import { tokenizerFromDocument, type Tokenizer } from './tokenizer.js';
import { trainBpe } from './train-bpe.js';

const captions = ['the cat sat', 'the cat ran', 'the hat', 'a cat in a hat', 'ΩΩ 生活 🐈🐈'];

describe('trainBpe', () => {
  it('joins the most frequent pair first, and among equals the one with the lower ids', () => {
    // at</w> comes first: it ends cat (3 times), sat (1) and hat (2), 6 in all. Then th and he</w> occur 3 times each,
    // and (h, e) has the lower ids.
    const { merges } = trainBpe(captions, 514 + 4).document;
    expect(merges.slice(0, 2)).toEqual(['a t</w>', 'c at</w>']);
    expect(merges.slice(2)).toEqual(['h e</w>', 't he</w>']);
  });

  it('does not depend on the order of the captions', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 20 }), fc.nat(), (texts, turn) => {
        const all = [...texts, ...captions];
        const turned = all.map((_, i) => all[(i + turn) % all.length]!);
        expect(trainBpe(turned, 600).hash).toBe(trainBpe(all, 600).hash);
      }),
      { numRuns: 50 },
    );
  });

  it('gives the same as counting all pairs again for every merge', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ab c]{1,12}$/), { minLength: 1, maxLength: 12 }), (texts) => {
        fc.pre(texts.some((text) => text.trim() !== ''));
        expect(trainBpe(texts, 560).document.merges).toEqual(plainMerges(texts, 560 - 514));
      }),
      { numRuns: 100 },
    );
  });

  it('decodes every caption from its tokens, before and after being stored', () => {
    const tokenizer = trainBpe(captions, 560);
    const stored = tokenizerFromDocument(JSON.parse(JSON.stringify(tokenizer.document)));
    for (const caption of [...captions, 'words never seen: zyx']) {
      expect(textOf(tokenizer, tokenizer.encode(caption)).replaceAll(' ', '')).toBe(
        caption.toLowerCase().replaceAll(' ', ''),
      );
      expect(stored.encode(caption)).toEqual(tokenizer.encode(caption));
    }
    expect(stored.hash).toBe(tokenizer.hash);
  });

  it('leaves ids unused when no pair occurs twice, with start and end still last', () => {
    const tokenizer = trainBpe(['ab'], 1000);
    expect(tokenizer.document.merges).toEqual([]);
    expect(tokenizer).toMatchObject({ vocabulary: 1000, start: 998, end: 999 });
  });

  it('makes the smallest vocabulary, only bytes, start and end, and refuses a smaller one', () => {
    expect(trainBpe(captions, 514)).toMatchObject({ vocabulary: 514, start: 512, end: 513, document: { merges: [] } });
    expect(() => trainBpe(captions, 513)).toThrow(/vocabulary/);
  });

  it('refuses captions without a word', () => {
    expect(() => trainBpe(['  ', ''], 600)).toThrow(/got none with a word/);
  });
});

function textOf(tokenizer: Tokenizer, ids: readonly number[]): string {
  const symbols = [...byteSymbols, ...byteSymbols.map((symbol) => symbol + wordEnd)];
  for (const merge of tokenizer.document.merges) symbols.push(merge.replace(' ', ''));
  const text = ids
    .map((id) => symbols[id])
    .join('')
    .replaceAll(wordEnd, ' ');
  const bytes = Array.from(text, (symbol) => (symbol === ' ' ? 0x20 : unplaced(symbol)));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function unplaced(symbol: string): number {
  const place = byteSymbols.indexOf(symbol);
  const printable = symbol.charCodeAt(0);
  if (printable < 0x100) return printable;
  const rest = Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => !byteSymbols.includes(String.fromCharCode(byte)),
  );
  return rest[place - (256 - rest.length)]!;
}

/** Algorithm 1 of Sennrich et al., implemented literally and slowly. */
function plainMerges(texts: readonly string[], most: number): string[] {
  const ids = new Map<string, number>();
  for (const symbol of byteSymbols) ids.set(symbol, ids.size);
  for (const symbol of byteSymbols) ids.set(symbol + wordEnd, ids.size);
  let words = texts
    .flatMap((text) => text.match(/[abc]+/g) ?? [])
    .map((word) => [...word.slice(0, -1), word.at(-1) + wordEnd]);
  const merges: string[] = [];
  const refused = new Set<string>();
  while (merges.length < most) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const rank = (pair: string): number[] => pair.split(' ').map((symbol) => ids.get(symbol) as number);
    const [best] = [...counts]
      .filter(([pair, count]) => count > 1 && !refused.has(pair))
      .sort(([a, m], [b, n]) => {
        const [al = 0, ar = 0] = rank(a),
          [bl = 0, br = 0] = rank(b);
        return n - m || al - bl || ar - br;
      });
    if (!best) break;
    const [left, right] = best[0].split(' ') as [string, string];
    if (ids.has(left + right)) {
      refused.add(best[0]);
      continue;
    }
    ids.set(left + right, ids.size);
    merges.push(best[0]);
    words = words.map((word) => {
      const joined: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) {
          joined.push(left + right);
          i++;
        } else joined.push(word[i]!);
      }
      return joined;
    });
  }
  return merges;
}
