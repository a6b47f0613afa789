import { z } from 'zod';
import { shownName } from './shown.js';

const issuesMax = 10;
const messageLengthMax = 300;

/**
 * Why a document was refused: of a schema's refusal the first ten problems and how many more there are, of another
 * error its message. Quotes no value of the document.
 */
export function problemText(thrown: unknown): string {
  if (!(thrown instanceof z.ZodError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const issues = thrown.issues.slice(0, issuesMax).map((issue) => ({
    ...issue,
    path: issue.path.slice(0, issuesMax).map(shownKey),
    message: shortened(issue.message),
  }));
  const more = thrown.issues.length - issues.length;
  return `${z.prettifyError(new z.ZodError(issues))}${more > 0 ? `\nand ${more.toLocaleString('en')} more` : ''}`;
}

function shownKey(key: PropertyKey): PropertyKey {
  return typeof key === 'string' ? shownName(key) : key;
}

/** A message may list keys that nobody knows. */
function shortened(message: string): string {
  return message.length > messageLengthMax ? `${message.slice(0, messageLengthMax)}…` : message;
}
