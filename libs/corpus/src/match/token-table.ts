/** Numbers tokens from 0 on, as typed arrays: to look one up, no string is made. */
export interface TokenTable {
  /** The number of the token at this place of a text, or −1 if the table does not have it. */
  find(text: string, from: number, to: number): number;
}

/** Numbers of a place: hash, number of the token + 1, where its code units are, and how many. */
const placeNumbers = 4;

/** `tokens`: different from each other. */
export function tokenTable(tokens: readonly string[]): TokenTable {
  const places = 2 ** Math.ceil(Math.log2(tokens.length * 2 + 2));
  /** A token is at the place of its hash, or the next that is free. */
  const table = new Int32Array(places * placeNumbers);
  const units = new Uint16Array(tokens.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  tokens.forEach((token, number) => {
    const hash = hashOf(token, 0, token.length);
    let place = hash & (places - 1);
    while (table[place * placeNumbers + 1] !== 0) place = (place + 1) & (places - 1);
    table.set([hash, number + 1, end, token.length], place * placeNumbers);
    for (let at = 0; at < token.length; at++) units[end++] = token.charCodeAt(at);
  });

  function isAt(start: number, text: string, from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (units[start + at - from] !== text.charCodeAt(at)) return false;
    return true;
  }

  return {
    find(text, from, to) {
      const hash = hashOf(text, from, to);
      for (let place = hash & (places - 1); ; place = (place + 1) & (places - 1)) {
        const at = place * placeNumbers;
        if (table[at + 1] === 0) return -1;
        if (table[at] === hash && table[at + 3] === to - from && isAt(table[at + 2]!, text, from, to))
          return table[at + 1]! - 1;
      }
    },
  };
}

/** FNV-1a over code units, with the last mixing step of MurmurHash3. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
