// Goal: the search in a report's page finds what the model itself would find, without a server. Method: its tokenizer
// and its text tower are compared with those of the libraries for models of every kind; then a page is opened in a
// browser from its file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipTokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { openClipModel } from '#inference/clip-model.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { TextConfig } from '#protocol/run/text-config.js';
import { openCaptionTokenizer } from '#report/search/browser/caption-tokens.js';
import { embedTokens } from '#report/search/browser/text-tower.js';
import { joinedScript } from '#report/search/page-script.js';
import { searchScripts, searchView } from '#report/search/search-view.js';
import { textSearch, type TextSearchModel } from '#report/search/text-search.js';
import { findChromium } from '../support/servers/chromium.js';
import { tinyClipConfig, tinyTokenizer } from '../support/models/tiny-clip.js';

const chromium = await findChromium();
const tokenizer = tinyTokenizer();
const texts = ['a red square', '', 'Blue', 'a drawing of a green square', 'zebra!', 'red '.repeat(30)];

let device: Device;
beforeAll(() => {
  device = openOrtDevice({ kind: 'cpu', threads: 1 });
});
afterAll(() => device.close());

describe("the page's tokenizer", () => {
  const clip = clipTokenizer();
  const inPage = openCaptionTokenizer({ ...clip.document, contextLength: 16 });

  it.each([
    ...texts,
    '‘It’s’ ｗｉｄｅ, ﬁne; 猫 20 naïve Ångström cafe\u0301',
    '\ttabs\nand  spaces ',
    '😀 #1 &',
    "WE'LL",
  ])('gives the tokens of libs/data for %j', (text) => {
    expect(inPage.tokens(text).tokens).toEqual(clip.tokens(text, 16, 'truncate'));
  });

  it('does so for whatever is typed, but for HTML entities and mojibake', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const typed = text.replaceAll('&', ' ');
        expect(inPage.tokens(typed).tokens).toEqual(clip.tokens(typed, 16, 'truncate'));
      }),
    );
  });

  it('says when it has cut a text', () => {
    expect(inPage.tokens('red '.repeat(14)).cut).toBe(false);
    expect(inPage.tokens('red '.repeat(15)).cut).toBe(true);
  });
});

describe("the page's text tower", () => {
  const kinds: [string, Partial<ClipConfig>, Partial<TextConfig>][] = [
    ['a causal tower with GELU', {}, {}],
    ['QuickGELU', { quick_gelu: true }, {}],
    ['one that sees all tokens', {}, { no_causal_mask: true }],
    ['one that reads the first token', {}, { no_causal_mask: true, pool_type: 'first' }],
    ['one that reads the last token', {}, { pool_type: 'last' }],
    ['a projection with a bias', {}, { proj_bias: true }],
    ['another epsilon', {}, { norm_kwargs: { eps: 0.05 } }],
  ];
  it.each(kinds)('gives the embeddings of the engine: %s', async (_, config, text) => {
    const model = lively({
      ...tinyClipConfig,
      ...config,
      text_cfg: { ...tinyClipConfig.text_cfg, layers: 3, ...text },
    });
    const { document, tensors } = searchOf(model);
    const opened = await openClipModel({ ...model, tokenizer, device, batch: 4 });
    const expected = await opened.embedTexts(texts);
    await opened.close();
    const { tokens } = openCaptionTokenizer(document.tokenizer);
    const tower = { ...document.tower, tensors: valuesOf(tensors) };
    const got = texts.flatMap((one) => [...embedTokens(tower, tokens(one).tokens)]);
    expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
    expect(Math.max(...expected)).toBeGreaterThan(0.3);
  });
});

describe('the script', () => {
  it('is one that needs nothing else', () => {
    const script = joinedScript(new URL('../../libs/report/src/search/browser/search-section.js', import.meta.url), '');
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/^(import|export)\b/m);
  });

  it('refuses a module that is not joined so easily, and a name that comes twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-script-'));
    const module = async (name: string, text: string): Promise<URL> => {
      await writeFile(join(folder, name), text);
      return pathToFileURL(join(folder, name));
    };
    await module('add.js', 'function add() {}\nexport const one = 1;\n');
    const twice = await module('a.js', "import { one } from './add.js';\nfunction add() { return one; }\n");
    expect(() => joinedScript(twice, '')).toThrow('add in two modules');
    const whole = await module('b.js', "import * as add from './add.js';\nadd.one;\n");
    expect(() => joinedScript(whole, '')).toThrow('imports and exports by name only');
    const ending = await module('c.js', "export const tag = '</script>';\n");
    expect(() => joinedScript(ending, '')).toThrow('no script tag');
    await rm(folder, { recursive: true });
  });
});

const title = 'reason' in chromium ? `the page in a browser: ${chromium.reason}` : 'the page in a browser';
describe.skipIf('reason' in chromium)(title, () => {
  const labels = ['a red square', 'a green square', 'a blue square', '<b>zebra</b></script>', 'blue', 'red'];
  let folder: string;
  let address: string;
  let page: string;
  let model: TextSearchModel;

  beforeAll(async () => {
    model = lively(tinyClipConfig);
    const opened = await openClipModel({ ...model, tokenizer, device, batch: 4 });
    const embeddings = await opened.embedTexts(labels); // An image of each label that is exactly what the label says.
    await opened.close();
    const search = textSearch(
      model,
      labels.map((label) => ({ label, source: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' })),
      embeddings,
    );
    const shown = { heading: 'Ask', note: 'Type.', examples: ['red', 'a blue square'], search };
    folder = await mkdtemp(join(tmpdir(), 'tandem-search-'));
    page = `<!doctype html><meta charset="utf-8">${searchView(shown).text}${searchScripts(shown).text}`;
    await writeFile(join(folder, 'page.html'), page);
    address = pathToFileURL(join(folder, 'page.html')).href;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['', 'red'],
    ['#search=a%20green%20square', 'a green square'],
    ['#search=%3Cb%3Ezebra%3C%2Fb%3E%3C%2Fscript%3E', '<b>zebra</b></script>'],
    ['#search=100%', undefined],
  ])('from its file, with %j in its address: the image of that text comes first', async (hash, label) => {
    const found = foundIn(await html(`${address}${hash}`));
    expect(found).toHaveLength(labels.length);
    if (label !== undefined) expect(found[0]).toEqual({ label, similarity: '1.00' });
    const similarities = found.map(({ similarity }) => Number(similarity));
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
  });

  it('shows nothing for nothing, and says when it has cut a text', async () => {
    expect(foundIn(await html(`${address}#search=`))).toEqual([]);
    expect(await html(`${address}#search=red`)).toMatch(/<p id="search-cut"[^>]* hidden=""/);
    expect(await html(`${address}#search=${'red+'.repeat(12)}`)).toMatch(
      /<p id="search-cut" class="note" role="status">\nThe text/,
    );
  });

  it.each([
    ['a click on an example', `document.querySelector('#search-examples').children[1].click()`],
    [
      'each letter that is typed',
      `const query = document.querySelector('#search-query');
       query.value = 'a blue square';
       query.dispatchEvent(new Event('input'))`,
    ],
  ])('answers %s', async (name, action) => {
    const file = join(folder, `${name}.html`);
    await writeFile(file, `${page}<script>${action}</script>`);
    expect(foundIn(await html(pathToFileURL(file).href))[0]).toEqual({ label: 'a blue square', similarity: '1.00' });
  });

  function html(url: string): Promise<string> {
    if ('reason' in chromium) throw new Error(chromium.reason);
    return chromium.html(url);
  }
});

/** The labels and similarities that a page shows, in its order. */
function foundIn(html: string): { readonly label: string; readonly similarity: string }[] {
  const rows = html.matchAll(/<span class="name">(.*?)<\/span><span class="share">(.*?)<\/span>/gs);
  return [...rows].map(([, label = '', similarity = '']) => ({
    label: label.replaceAll('&lt;', '<').replaceAll('&gt;', '>'),
    similarity,
  }));
}

/** A model whose parameters are so large that nothing in it has little effect. */
function lively(config: ClipConfig): TextSearchModel {
  const parameters = Object.fromEntries(
    Object.entries(initialParameters(config, 1)).map(([name, values]) => {
      const random = seededRandom(2, name);
      return [name, values.map((value) => value + 0.3 * random.normal())];
    }),
  );
  return { config, parameters, tokenizer };
}

function searchOf(model: TextSearchModel): ReturnType<typeof textSearch> {
  return textSearch(model, [], new Float32Array());
}

function valuesOf(tensors: ReturnType<typeof textSearch>['tensors']): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}
