import { expect, it } from 'vitest';
import { textOfWikitext } from './wikitext.js';

const text = (markup: string): string =>
  textOfWikitext(markup, new Set(['file', 'datei', 'category']))
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim();

it.each([
  ["'''Berlin''' is the [[Capital of Germany|capital]] of [[Germany]].", 'Berlin is the capital of Germany.'],
  ['a {{cite|x={{b|[[c]]}}}} d {{e', 'a d e'],
  ['a<ref name="x">{{cite web}} y</ref> b<ref name="x"/> c<!-- d\n --> e', 'a b c e'],
  ['{| class="x"\n! a\n|-\n| b {{c|}}\n|}\nafter', 'after'],
  ['[[File:a.jpg|thumb|a [[b]] at [http://c.d night]]] e [[Datei:x.png]] [[de:Berlin]] [[Category:C]]', 'e'],
  ['[http://x.y/z the label] and https://plain.org/page here', 'the label and here'],
  ['== History ==\n* one\n# two\n; term: text\n----\n__TOC__', 'History\none\ntwo\nterm: text'],
  ['3.7&nbsp;million &amp; <b>bold</b> <math>x^2</math> 1 < 2', '3.7\u00a0million & bold 1 < 2'],
  ['[[:Category:Cats|cats]] [[Ratio 1:2]]', 'cats Ratio 1:2'],
  ['}} ]] |} a', '}} ]] |} a'.replace(/[}\]|]+ /g, '').trim()],
])('%j reads %j', (markup, expected) => expect(text(markup)).toBe(expected));

it('takes time linear in the length of what is nested or never closed', () => {
  for (const piece of ['{{', '[[', '{|', '[[a|', '{{a}}', '<ref>', '<!--', "''", '==', '[http://'])
    expect(text(piece.repeat(50_000)).length).toBeLessThan(400_000);
});
