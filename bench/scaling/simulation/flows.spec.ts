// Goal: work takes as long as its slowest resource lets it, and what shares a resource slows down as much as it must.
// Method: flows in simulated time with round numbers, whose ends can be worked out by hand.
import { expect, it } from 'vitest';
import { chanceOf } from '../../../test/fuzz/chance.js';
import { openWorld, type World } from '../../../test/simulation/world/world.js';
import { openFlows, type Flows, type Resource } from './flows.js';

const link: Resource = { name: 'link', capacity: 100 };
const other: Resource = { name: 'other link', capacity: 100 };
const store: Resource = { name: 'store', capacity: 150 };

it('a flow takes its units over the rate of its slowest resource', async () => {
  const ends = await endsOf((flows, note) => {
    void flows
      .run(200, [
        { of: link, each: 1 },
        { of: store, each: 1 },
      ])
      .then(note('plain'));
    void flows.run(200, [{ of: other, each: 2 }]).then(note('twice as much each'));
  });
  expect(ends).toEqual({ plain: 2, 'twice as much each': 4 });
});

it('two flows on one link have half its rate each, until the shorter one is done', async () => {
  const ends = await endsOf((flows, note) => {
    void flows.run(100, [{ of: link, each: 1 }]).then(note('short'));
    void flows.run(200, [{ of: link, each: 1 }]).then(note('long'));
  });
  expect(ends).toEqual({ short: 2, long: 3 });
});

it('flows on links of their own share what the store gives; one that needs less keeps it', async () => {
  const third: Resource = { name: 'slow link', capacity: 10 };
  const ends = await endsOf((flows, note) => {
    for (const own of [link, other])
      void flows
        .run(150, [
          { of: own, each: 1 },
          { of: store, each: 1 },
        ])
        .then(note(own.name));
    void flows.run(10, [{ of: third, each: 1 }]).then(note(third.name));
  });
  expect(ends).toEqual({ link: 2, 'other link': 2, 'slow link': 1 });
});

it('a flow that begins later takes its share from then on, and what was given is counted', async () => {
  let given = 0;
  const ends = await endsOf((flows, note, world) => {
    void flows.run(200, [{ of: link, each: 1 }]).then(note('first'));
    world.after(1000, () => void flows.run(50, [{ of: link, each: 1 }]).then(note('second')));
    world.after(1500, () => void flows.run(0, []).then(() => (given = flows.given(link))));
  });
  expect(ends).toEqual({ first: 2.5, second: 2 });
  expect(given).toBeCloseTo(100); // It is booked when rates change: at 1 s, and not yet at 1.5 s.
});

it('work over a rate that is no number is refused, rather than never done', async () => {
  const flows = openFlows(openWorld(chanceOf(1, 'flows', 0)));
  const unknown: Resource = { name: 'store', capacity: NaN };
  await expect(flows.run(1, [{ of: unknown, each: 1 }])).rejects.toThrow('above 0, got 1 units over store NaN');
});

/** When each flow was done, in seconds. */
async function endsOf(
  begin: (flows: Flows, note: (name: string) => () => void, world: World) => void,
): Promise<Record<string, number>> {
  const world = openWorld(chanceOf(1, 'flows', 0));
  const ends: Record<string, number> = {};
  begin(openFlows(world), (name) => () => void (ends[name] = Math.round(world.nowMs()) / 1000), world);
  await world.run(() => false, 1e9);
  return ends;
}
