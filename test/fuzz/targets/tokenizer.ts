import { huggingFaceTokenizer, tokenizerFromHuggingFace } from '#data/text/hugging-face-tokenizer.js';
import { tokenizerFromDocument, type Tokenizer } from '#data/text/tokenizer.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { readTokenizerBeside } from '#weights/documents-beside.js';
import { tinyTokenizer } from '../../support/models/tiny-clip.js';
import { mutateJson, mutateText } from '../mutate-document.js';
import { readByEach, type Target } from '../target.js';

/** tokenizer.json of our own and of Hugging Face's form, and captions of any characters. */
export const tokenizer: Target = {
  cases: 400,
  async open(folder) {
    const good = tinyTokenizer();
    const seeds: readonly unknown[] = [good.document, huggingFaceTokenizer(good)];
    const store = openStore(folder);
    const use = ({ tokens }: Tokenizer, caption: string): void => void tokens(caption, 12, 'truncate');
    return {
      async run(chance) {
        const caption = mutateText(
          'a photo of a “red” square &amp; 3 caf\u00c3\u00a9s <|endoftext|> 100%\n',
          chance,
        ).slice(0, 20_000);
        if (chance.oneIn(4)) return void good.tokens(caption, chance.pick([12, 77]), 'error');
        const text = mutateJson(chance.pick(seeds), chance);
        await store.put('tokenizer.json', Buffer.from(text));
        await readByEach([
          async () => use(await readTokenizerBeside(store, 'tokenizer.json'), caption),
          () => parsed(text, (document) => use(tokenizerFromDocument(document), caption)),
          () => parsed(text, (document) => use(tokenizerFromHuggingFace(document), caption)),
        ]);
      },
      close: () => store.close(),
    };
  },
};

function parsed(text: string, use: (document: unknown) => void): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new TandemError({ code: ErrorCode.DataInvalid, message: 'What is no JSON is refused before.' });
  }
  use(document);
}
