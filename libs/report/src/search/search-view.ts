import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { markup, type Markup } from '../page/markup.js';
import type { ReportSearch } from '../report.js';
import { joinedScript } from './page-script.js';

/** A section in which one types a text and sees the nearest images. It needs no server: all it takes is in the page. */
export function searchView({ heading, note, examples, search }: ReportSearch): Markup {
  const buttons = examples.map((example) => markup`<button type="button">${example}</button>\n`);
  const room = search.document.tokenizer.contextLength - 2;
  return markup`<section id="search" class="search" hidden>
<h2><label for="search-query">${heading}</label></h2>
<p class="note">${note}</p>
<input id="search-query" type="search" aria-controls="search-found" maxlength="1000" autocomplete="off"
spellcheck="false">
<div id="search-examples" class="examples" role="group" aria-label="Examples">
${buttons}</div>
<p id="search-cut" class="note" role="status" hidden>
The text is longer than the model reads: only its first ${room} tokens count.</p>
<ol id="search-found" class="found" aria-label="Nearest images"></ol>
</section>`;
}

/** The data of the search and its script. They are megabytes, so they come last, when all else can be seen. */
export function searchScripts({ search: { document, tensors } }: ReportSearch): Markup {
  const module = new URL('./browser/search-section.js', import.meta.url);
  const json = JSON.stringify(document).replaceAll('<', '\\u003c'); // No text in it can end the script.
  const text = `<script id="search-document" type="application/json">${json}</script>
<script id="search-tensors" type="text/plain">${base64Of(encodeFloat32(tensors))}</script>
<script>
${joinedScript(module, 'startSearch(document);')}</script>
`;
  return { kind: 'markup', text };
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
