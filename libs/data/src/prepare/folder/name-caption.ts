/**
 * The caption that a name without its ending makes: `red_bicycle-02` is "red bicycle". Numbers at the end count copies,
 * and what cameras write says nothing. Undefined if no word is left.
 */
export function nameCaption(name: string): string | undefined {
  const words = name
    .replace(/[_\-+.]+/g, ' ')
    .replace(/(?:\s*(?:\(\s*\d+\s*\)|\b\d+))+\s*$/, '')
    .replace(/(?<=\p{L}{2})\d+$/u, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /\p{L}/u.test(words) && !cameraName.test(words) ? words : undefined;
}

const cameraName = /^(?:img|imag|dscf?|dscn|pxl|mvi|vid|image|photo|picture|pic|screenshot|untitled|scan)$/i;
