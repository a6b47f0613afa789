import { isAbsolute, resolve } from 'node:path';
import { evaluationLists, evaluationPlaces } from './evaluation-config.js';

/** A place that a run document names: the key that names it, such as `data.train`, and what it says. */
export interface NamedPlace {
  readonly path: string;
  readonly location: string;
}

/**
 * A document with each place it names put through `change`: `store`, the data sets of `data.train`, the weights of
 * `init`, the list of a download and the data of each evaluation. The document may be of any shape, because it is read
 * before it is validated; what is no place is left as it is.
 */
export function withPlaces<Document>(document: Document, change: (location: string, path: string) => string): Document {
  const place =
    (path: string) =>
    (value: unknown): unknown =>
      typeof value === 'string' && value !== '' ? change(value, path) : value;
  const all =
    (each: (value: unknown, index: number) => unknown) =>
    (value: unknown): unknown =>
      Array.isArray(value) ? value.map(each) : value;
  const evaluations = (list: string): ((value: unknown) => unknown) =>
    all((value, index) =>
      changed(
        value,
        Object.fromEntries(evaluationPlaces.map((key) => [key, place(`evaluation.${list}.${index}.${key}`)])),
      ),
    );
  const sources = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((one, at) => changed(one, { data: place(`data.train.${at}.data`) }))
      : place('data.train')(value);
  return changed(document, {
    store: place('store'),
    data: (value) => changed(value, { train: sources }),
    queries: (value) =>
      changed(value, {
        sources: all((one, index) => place(`queries.sources.${index}`)(one)),
        pageViews: all((one, index) => place(`queries.pageViews.${index}`)(one)),
      }),
    download: (value) => changed(value, { list: place('download.list') }),
    init: (value) =>
      typeof value === 'string' ? place('init')(value) : changed(value, { weights: place('init.weights') }),
    evaluation: (value) =>
      changed(value, {
        ...Object.fromEntries(Object.keys(evaluationLists).map((list) => [list, evaluations(list)])),
        features: all((one, index) => place(`evaluation.features.${index}`)(one)),
      }),
  }) as Document;
}

/** Every place that a document names, in the order of `withPlaces`. */
export function placesIn(document: unknown): NamedPlace[] {
  const places: NamedPlace[] = [];
  withPlaces(document, (location, path) => {
    places.push({ path, location });
    return location;
  });
  return places;
}

/** True where a location says something else in another working directory: `pairs`, `./pairs`, `file:pairs`. */
export function isRelativeLocation(location: string): boolean {
  if (location.startsWith('file://')) return false;
  const path = location.replace(/^file:/, '');
  // One letter before a colon is a drive of Windows, more are a scheme.
  return !isAbsolute(path) && (path !== location || !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(path));
}

/** A location as seen from a folder: a relative one becomes an absolute path, any other stays as it is. */
export function locationFrom(folder: string, location: string): string {
  if (!isRelativeLocation(location)) return location;
  return location.startsWith('file:')
    ? `file:${resolve(folder, location.slice('file:'.length))}`
    : resolve(folder, location);
}

function changed(value: unknown, changes: Readonly<Record<string, (value: unknown) => unknown>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const map = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(changes).filter((key) => Object.hasOwn(map, key));
  return { ...map, ...Object.fromEntries(keys.map((key) => [key, changes[key]!(map[key])])) };
}
