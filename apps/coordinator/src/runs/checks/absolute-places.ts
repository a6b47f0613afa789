import { shownJson } from '#protocol/input/shown.js';
import { isRelativeLocation, placesIn } from '#protocol/run/document-places.js';
import { configError } from '#protocol/run/config-problems.js';

/**
 * The document, or the change of one, if every place it names is an absolute path or a URL. A document that comes by
 * the API comes without the folder that a relative path is seen from. Throws CONFIG_INVALID that lists every other.
 */
export function withAbsolutePlaces<Document>(document: Document): Document {
  const relative = placesIn(document).filter(({ location }) => isRelativeLocation(location));
  if (relative.length === 0) return document;
  const problems = relative.map(({ path, location }) => ({
    path,
    message: `expected an absolute path or a URL, got ${shownJson(location)}`,
  }));
  const help =
    'The coordinator does not know the folder of a document. `tandem submit` resolves the paths of a document in a ' +
    'file; docs/run-document.md has every key.';
  throw configError('run document', problems, help);
}
