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
  const bare = markup
    .replace(/<!--[^]*?(?:-->|$)/g, '')
    .replace(
      /<(ref|math|chem|gallery|timeline|score|syntaxhighlight|source|imagemap|graph|templatedata)\b[^>]*\/>/gi,
      '',
    )
    .replace(
      /<(ref|math|chem|gallery|timeline|score|syntaxhighlight|source|imagemap|graph|templatedata)\b[^>]*>[^]*?<\/\1\s*>/gi,
      ' ',
    );
  return decodeHTML(withoutBrackets(bare, dropped))
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\[(?:https?:)?\/\/\S+ ([^\]\n]*)\]/g, '$1')
    .replace(/\[?(?:https?:)?\/\/[^\s\]]+\]?/g, ' ')
    .replace(/'{2,5}/g, '')
    .replace(/__[A-Z]+__/g, ' ')
    .replace(/^[ \t]*(?:[*#:;]+|=+|-{4,})/gm, '')
    .replace(/=+[ \t]*$/gm, '');
}

/** What each kind of bracket opens, by what closes it. */
const openerOf: Readonly<Record<string, string>> = { '}}': '{{', '|}': '{|', ']]': '[[' };

/** Drops templates and tables, and puts the label of a link in its place, from the innermost to the outermost. */
function withoutBrackets(text: string, dropped: DroppedPrefixes): string {
  /** Pieces of text, and where a bracket is open among them. */
  const pieces: string[] = [];
  const open: { readonly bracket: string; readonly at: number }[] = [];
  let end = 0;
  for (const { 0: bracket, index } of text.matchAll(/\{\{|\}\}|\{\||\|\}(?!\})|\[\[|\]\]/g)) {
    pieces.push(text.slice(end, index));
    end = index + bracket.length;
    const opener = openerOf[bracket];
    if (opener === undefined) {
      open.push({ bracket, at: pieces.length });
      pieces.push(' ');
    } else if (open.at(-1)?.bracket === opener) {
      const inner = pieces.splice(open.pop()!.at).join('').slice(1);
      pieces.push(bracket === ']]' ? labelOf(inner, dropped) : ' ');
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
