import { expect, it } from 'vitest';
import { placeNames } from './point-names.js';

const room = { left: 0, right: 200, bottom: 100 };

it('placeNames: beside the point, on the other side at an edge, and not over another point or name', () => {
  expect(
    placeNames(
      [
        { x: 50, y: 50, name: 'cat' },
        { x: 190, y: 50, name: 'a dog' },
        { x: 9, y: 9 },
      ],
      room,
      10,
    ),
  ).toEqual([
    { name: 'cat', x: 57, y: 62, anchor: 'start' },
    { name: 'a dog', x: 183, y: 62, anchor: 'end' },
  ]);
  const [first, second] = placeNames(
    [
      { x: 50, y: 50, name: 'one' },
      { x: 52, y: 50, name: 'two' },
    ],
    room,
    10,
  );
  expect([first!.anchor, second!.anchor]).toEqual(['start', 'end']);
  const [above] = placeNames([{ x: 50, y: 95, name: 'low' }], room, 10);
  expect(above!.y).toBeLessThan(95);
});
