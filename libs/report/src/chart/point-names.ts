/** A point of a chart in coordinates, and the name that is to stand beside it. */
export interface NamedPlace {
  readonly x: number;
  readonly y: number;
  readonly name?: string | undefined;
}

export interface PlacedName {
  readonly name: string;
  /** Where its line of letters begins or ends. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Puts each name beside its point: below or above, to the right or the left, where it covers the fewest points and
 * names that are there already, and stays between `left` and `right`.
 */
export function placeNames(
  points: readonly NamedPlace[],
  { left, right, bottom }: { readonly left: number; readonly right: number; readonly bottom: number },
  fontSize: number,
): PlacedName[] {
  const radius = 0.4 * fontSize;
  const taken: Box[] = points.map(({ x, y }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }));
  return points.flatMap(({ x, y, name }) => {
    if (name === undefined) return [];
    const width = name.length * fontSize * 0.55;
    const candidates = [1.2, -0.6, 0.35].flatMap((down) =>
      (['start', 'end'] as const).map((anchor) => {
        const at = { name, x: x + (anchor === 'start' ? 0.7 : -0.7) * fontSize, y: y + down * fontSize, anchor };
        const from = anchor === 'start' ? at.x : at.x - width;
        const box = { left: from, right: from + width, top: at.y - 0.8 * fontSize, bottom: at.y + 0.2 * fontSize };
        const isOutside = box.left < left || box.right > right || box.bottom > bottom;
        return { at, box, cost: taken.filter((other) => overlap(box, other)).length + (isOutside ? points.length : 0) };
      }),
    );
    const best = candidates.reduce((one, other) => (other.cost < one.cost ? other : one));
    taken.push(best.box);
    return [best.at];
  });
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
