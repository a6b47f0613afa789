/** The edges of a trie: the child of a node by a token. */
export interface ChildTable {
  /** The child, or 0, the root, if there is none. */
  child(node: number, token: number): number;
  add(node: number, token: number, child: number): void;
}

const edgeNumbers = 3;

/** Room for so many edges. An edge takes 24 to 48 bytes. */
export function childTable(edges: number): ChildTable {
  const places = 2 ** Math.ceil(Math.log2(edges * 2 + 2));
  /** [node, token, child] of each edge; a child of 0 marks a free place. */
  const table = new Int32Array(places * edgeNumbers);
  const placeOf = (node: number, token: number): number => {
    const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(token, 0x85ebca6b);
    return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  };
  const find = (node: number, token: number): number => {
    for (let place = placeOf(node, token) & (places - 1); ; place = (place + 1) & (places - 1)) {
      const at = place * edgeNumbers;
      if (table[at + 2] === 0 || (table[at] === node && table[at + 1] === token)) return at;
    }
  };
  return {
    child: (node, token) => table[find(node, token) + 2]!,
    add(node, token, child) {
      table.set([node, token, child], find(node, token));
    },
  };
}
