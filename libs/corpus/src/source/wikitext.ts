import { decodeHTML } from 'entities';

/** Names of the namespaces, in lower case, whose links are no part of the text: files, categories, other languages. */
export type DroppedPrefixes = ReadonlySet<string>;

/**
 * The text that a reader sees of MediaWiki's markup, roughly: without templates, tables, references, files, categories
 * and formulas. Links are their labels. Takes time linear in the length; what is not closed is kept as text.
 *
 * wtf_wikipedia knows more of the markup, but does 0.6 MB a second, so that the English Wikipedia took half a day.
 */
export function textOfWikitext(markup: string, dropped: DroppedPrefixes): string {
  const bare = withoutElements(markup.replace(/<!--[^]*?(?:-->|$)/g, ''));
  return decodeHTML(withoutBrackets(bare, dropped))
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\[(?:https?:)?\/\/[^\s[\]]+ ([^[\]\n]*)\]/g, '$1')
    .replace(/\[?(?:https?:)?\/\/[^\s\]]+\]?/g, ' ')
    .replace(/'{2,5}/g, '')
    .replace(/__[A-Z]+__/g, ' ')
    .replace(/^[ \t]*(?:[*#:;]+|=+|-{4,})/gm, '')
    .replace(/(?<!=)=+[ \t]*$/gm, '');
}

/** Elements whose content is no text, or of another line of it. */
const elements =
  /<(ref|math|chem|gallery|timeline|score|syntaxhighlight|source|imagemap|graph|templatedata)\b[^<>]*?(\/?)>/gi;

/** Drops elements with their content. One that is not closed is only a tag. */
function withoutElements(text: string): string {
  const pieces: string[] = [];
  /** Where the next end of each kind of element is; a search for one is not repeated before it. */
  const ends = new Map<string, { readonly at: number; readonly after: number }>();
  let end = 0;
  for (const { 0: tag, 1: name = '', 2: slash, index } of text.matchAll(elements)) {
    if (index < end) continue;
    const kind = name.toLowerCase();
    const from = index + tag.length;
    if (slash !== '/' && (ends.get(kind)?.at ?? -1) < from) {
      const close = new RegExp(`</${kind}\\s*>`, 'gi');
      close.lastIndex = from;
      const found = close.exec(text);
      ends.set(kind, found ? { at: found.index, after: close.lastIndex } : { at: Infinity, after: from });
    }
    const close = ends.get(kind);
    if (slash !== '/' && close?.at === Infinity) continue;
    pieces.push(text.slice(end, index));
    end = slash === '/' ? from : close!.after;
  }
  return `${pieces.join(' ')}${pieces.length > 0 ? ' ' : ''}${text.slice(end)}`;
}

/** What opens each kind of bracket. */
const openerOf: Readonly<Record<string, string>> = { '}}': '{{', '|}': '{|', ']]': '[[' };

/** Drops templates and tables, and puts the label of a link in its place, from the innermost to the outermost. */
function withoutBrackets(text: string, dropped: DroppedPrefixes): string {
  /** Pieces of text, and where a bracket is open among them. */
  const pieces: string[] = [];
  const open: { readonly bracket: string; readonly at: number }[] = [];
  let end = 0;

  function close(bracket: string): void {
    if (open.at(-1)?.bracket !== openerOf[bracket]) return;
    const inner = pieces.splice(open.pop()!.at).join('').slice(1);
    pieces.push(bracket === ']]' ? labelOf(inner, dropped) : ' ');
  }

  for (const { 0: brackets, index } of text.matchAll(/\{\{|\}\}|\{\||\|\}(?!\})|\[\[|\]{2,}/g)) {
    pieces.push(text.slice(end, index));
    end = index + brackets.length;
    if (brackets.startsWith(']')) {
      // Of three the first ends a link to another site, within the label of the outer one.
      if (brackets.length % 2 === 1) pieces.push(']');
      for (let pair = 0; pair < brackets.length >> 1; pair++) close(']]');
    } else if (openerOf[brackets] !== undefined) close(brackets);
    else {
      open.push({ bracket: brackets, at: pieces.length });
      pieces.push(' ');
    }
  }
  pieces.push(text.slice(end));
  return pieces.join('');
}

function labelOf(link: string, dropped: DroppedPrefixes): string {
  const bar = link.indexOf('|');
  const target = (bar < 0 ? link : link.slice(0, bar)).trim();
  const colon = target.indexOf(':');
  const prefix = colon < 0 ? '' : target.slice(0, colon).trim().toLowerCase();
  if (colon > 0 && (dropped.has(prefix) || /^[a-z]{2,3}(-[a-z-]+)?$/.test(prefix))) return ' ';
  if (bar < 0) return target.replace(/^:/, '');
  return link.slice(link.lastIndexOf('|') + 1);
}
