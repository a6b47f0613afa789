import { expect, it } from 'vitest';
import { captionLanguages, languageName } from './caption-language.js';

it.each([
  ['a red bicycle leaning on a wall', 'en'],
  ['ein rotes Fahrrad an einer Mauer', 'de'],
  ['un vélo rouge contre un mur', 'fr'],
  ['una bicicleta roja junto a la pared', 'es'],
  ['赤い自転車が壁に立てかけてある', 'ja'],
  ['красный велосипед у стены', 'ru'],
  ['IMG_2034', undefined],
  ['DSC01234.JPG 2009', undefined],
  ['20.7.2010', undefined],
  ['https://example.org/the-red-bicycle', undefined],
  ['', undefined],
])('the language of %j is %s', async (text, language) => {
  expect((await captionLanguages())(text)).toBe(language);
});

it('names languages', () => {
  expect(['en', 'zh', 'pt'].map(languageName)).toEqual(['English', 'Chinese', 'Portuguese']);
});
