import { openImageSearch } from './nearest-images.js';
import { tensorsOf, type SearchDocument } from './search-document.js';

/** What of a browser's document is used here. */
export interface Page {
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
  readonly location: { readonly hash: string };
}
export interface PageElement {
  value: string;
  textContent: string | null;
  className: string;
  src: string;
  alt: string;
  hidden: boolean;
  readonly children: Iterable<PageElement>;
  append(...children: readonly PageElement[]): void;
  replaceChildren(...children: readonly PageElement[]): void;
  addEventListener(kind: 'input' | 'click', act: () => void): void;
}

const shown = 12;

/** Bring a page's search to life. It begins with the text after `#search=` in its address, or the first example. */
export function startSearch(page: Page): void {
  const [query, examples] = [part(page, 'search-query'), [...part(page, 'search-examples').children]];
  const find = openImageSearch(
    JSON.parse(part(page, 'search-document').textContent ?? '') as SearchDocument,
    tensorsOf(part(page, 'search-tensors').textContent ?? ''),
  );
  const show = (): void => {
    const text = query.value.trim();
    const { images, cut } = text === '' ? { images: [], cut: false } : find(text, shown);
    part(page, 'search-found').replaceChildren(
      ...images.map(({ label, source, similarity }) => {
        const [item, mat, image] = [made(page, 'li'), made(page, 'div', 'mat'), made(page, 'img')];
        image.src = source;
        image.alt = ''; // Its name stands below it.
        mat.append(image);
        item.append(mat, made(page, 'span', 'name', label), made(page, 'span', 'share', similarity.toFixed(2)));
        return item;
      }),
    );
    part(page, 'search-cut').hidden = !cut;
  };
  query.addEventListener('input', show);
  for (const example of examples) {
    example.addEventListener('click', () => {
      query.value = example.textContent ?? '';
      show();
    });
  }
  const asked = new URLSearchParams(page.location.hash.slice(1)).get('search');
  query.value = asked ?? examples[0]?.textContent ?? '';
  show();
  part(page, 'search').hidden = false;
}

function part(page: Page, id: string): PageElement {
  const element = page.getElementById(id);
  if (!element) throw new Error(`search: expected an element #${id} in the page, found none`);
  return element;
}

function made(page: Page, name: string, className = '', text = ''): PageElement {
  const element = page.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
