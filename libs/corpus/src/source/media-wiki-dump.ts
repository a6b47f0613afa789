import { SaxesParser } from 'saxes';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { DroppedPrefixes } from './wikitext.js';

/** A page of a dump. */
export interface DumpPage {
  readonly title: string;
  /** 0 for articles. */
  readonly namespace: string;
  readonly isRedirect: boolean;
  /** Its markup. */
  readonly text: string;
  readonly dropped: DroppedPrefixes;
}

/** XML between two tags, in characters; the largest pages of Wikipedia have 2 MiB. */
const dumpTextLengthMax = 64 * 2 ** 20;

/**
 * Yields the pages of a MediaWiki XML dump, such as Wikipedia's pages-articles. Holds a page and a piece of the file in
 * memory. Throws DATA_INVALID, with the line, if the XML is cut short or not that of a dump.
 */
export async function* dumpPages(path: string, onRead?: (share: number) => void): AsyncGenerator<DumpPage> {
  let pages: DumpPage[] = [];
  let failure: TandemError | undefined;
  const reader = pageReader((page) => void pages.push(page));
  const { parser } = reader;
  parser.on('error', (error) => {
    failure ??= damaged(path, `line ${parser.line}${reader.place()}: ${error.message.replace(/^\d+:\d+: /, '')}`);
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const bytes of fileBytes(path, onRead)) {
    parser.write(decoded(decoder, bytes, path));
    yield* pages;
    pages = [];
    if (failure) throw failure;
    if (reader.rootName !== undefined && reader.rootName !== 'mediawiki')
      throw damaged(path, `expected <mediawiki> at its start, got <${reader.rootName}>`);
    if (parser.position - reader.lastTagAt() > dumpTextLengthMax)
      throw damaged(path, `line ${parser.line}: more than ${bytesText(dumpTextLengthMax)} between two tags`);
  }
  if (reader.rootName === undefined) throw damaged(path, 'it has no XML');
  if (!reader.isAtEnd()) throw damaged(path, `it ends in line ${parser.line}${reader.place()}`);
}

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw damaged(path, 'it is not UTF-8', cause);
  }
}

type PageField = 'title' | 'ns' | 'text';

function pageReader(onPage: (page: DumpPage) => void) {
  const parser = new SaxesParser();
  const dropped = new Set(['file', 'image', 'category', 'media']);
  const open: string[] = [];
  let field: PageField | undefined;
  let page = { title: '', ns: '', text: '', isRedirect: false };
  let namespaceKey = '';
  let lastTag = 0;
  let rootName: string | undefined;
  parser.on('opentag', ({ name, attributes }) => {
    lastTag = parser.position;
    rootName ??= name;
    open.push(name);
    if (name === 'page') page = { title: '', ns: '', text: '', isRedirect: false };
    else if (name === 'revision')
      page.text = ''; // Of a page's history the last one counts.
    else if (name === 'redirect') page.isRedirect = true;
    else if (name === 'namespace') namespaceKey = attributes['key'] ?? '';
    field = name === 'title' || name === 'ns' || name === 'text' ? name : undefined;
  });
  parser.on('text', (text) => {
    if (field !== undefined) page[field] += text;
    else if (open.at(-1) === 'namespace' && droppedNamespaces.has(namespaceKey)) dropped.add(text.trim().toLowerCase());
  });
  parser.on('closetag', ({ name }) => {
    lastTag = parser.position;
    open.pop();
    field = undefined;
    if (name === 'page')
      onPage({ title: page.title, namespace: page.ns, isRedirect: page.isRedirect, text: page.text, dropped });
  });
  return {
    parser,
    get rootName() {
      return rootName;
    },
    lastTagAt: () => lastTag,
    isAtEnd: () => rootName !== undefined && open.length === 0,
    place: () => (open.includes('page') ? `, in the page "${page.title}"` : ''),
  };
}

/** Media, file and category, by their numbers; their names are in the language of the wiki. */
const droppedNamespaces: ReadonlySet<string> = new Set(['-2', '6', '14']);

function damaged(path: string, detail: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole XML dump of MediaWiki at ${path}: ${detail}.`,
    help: 'Download it again: a dump that is cut short would give counts that look right.',
    cause,
  });
}
