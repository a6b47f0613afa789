import { z } from 'zod';
import { shownName } from './shown.js';

const issuesMax = 10;
const messageLengthMax = 300;

/**
 * Explains why a document was refused. For a ZodError it lists the first ten problems and says how many more there are;
 * for any other error it is the message. It quotes no value of the document.
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

/** zod lists unknown keys in a message, which may make it very long. */
function shortened(message: string): string {
  return message.length > messageLengthMax ? `${message.slice(0, messageLengthMax)}…` : message;
}
