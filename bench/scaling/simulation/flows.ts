import type { World } from '../../../test/simulation/world/world.js';

/** Something that has only so much to give: a link so many bytes a second, a processor so many cores. */
export interface Resource {
  readonly name: string;
  /** Units that it gives in a second. */
  readonly capacity: number;
}

/** What a unit of some work takes of a resource. */
export interface Use {
  readonly of: Resource;
  readonly each: number;
}

/**
 * Work in simulated time that shares resources. Each piece of work goes as fast as its slowest resource lets it; what
 * waits for the same resource slows down alike, as packets on a link and threads on a core do.
 */
export interface Flows {
  /** Does so many units of work. Resolves when it is done. Throws RangeError unless all rates are above 0. */
  run(units: number, uses: readonly Use[]): Promise<void>;
  /** How many units a resource has given so far. */
  given(resource: Resource): number;
}

interface Flow {
  readonly uses: readonly Use[];
  /** Units per second if nothing else were there. */
  readonly alone: number;
  left: number;
  rate: number;
  readonly done: () => void;
}

/** Work that would be done within this time is done: clocks of floating-point numbers have no finer ticks. */
const finestSeconds = 1e-6;

export function openFlows(world: World): Flows {
  const flows = new Set<Flow>();
  const given = new Map<Resource, number>();
  let settledMs = 0;
  let plan = 0;
  let isPlanning = false;

  /** Books what was done since the last time. */
  const settle = (): void => {
    const seconds = (world.nowMs() - settledMs) / 1000;
    settledMs = world.nowMs();
    for (const flow of flows) {
      flow.left -= seconds * flow.rate;
      for (const { of, each } of flow.uses) given.set(of, (given.get(of) ?? 0) + seconds * flow.rate * each);
    }
  };
  /** Gives each flow its rate, and comes back when the next one is done. */
  const share = (): void => {
    isPlanning = false;
    settle();
    for (const flow of flows) {
      if (flow.left > flow.alone * finestSeconds) continue;
      flows.delete(flow);
      flow.done();
    }
    shareOut([...flows]);
    const next = Math.min(...[...flows].map(({ left, rate }) => left / rate));
    const own = ++plan;
    if (next !== Infinity) world.after(1000 * next, () => own === plan && share());
  };
  return {
    run: (units, uses) =>
      new Promise((resolve, reject) => {
        const needed = uses.filter(({ each }) => each !== 0);
        const alone = Math.min(...needed.map(({ of, each }) => of.capacity / each));
        if (units === 0 || alone === Infinity) return resolve();
        if (!(units > 0 && alone > 0)) return reject(noRate(units, needed));
        settle();
        flows.add({ uses: needed, alone, left: units, rate: 0, done: resolve });
        // Once for all that begin at this moment.
        if (!isPlanning) world.after(0, share);
        isPlanning = true;
      }),
    given: (resource) => given.get(resource) ?? 0,
  };
}

/**
 * Sets the rates of all flows: a fraction of what each would have alone, the same for all that are held up by the same
 * resource, and as large as the resources allow.
 */
function shareOut(flows: readonly Flow[]): void {
  const left = new Map<Resource, number>();
  for (const { uses } of flows) for (const { of } of uses) left.set(of, of.capacity);
  let open = flows;
  while (open.length > 0) {
    const wanted = new Map<Resource, number>();
    for (const { uses, alone } of open)
      for (const { of, each } of uses) wanted.set(of, (wanted.get(of) ?? 0) + alone * each);
    const fractionOf = ({ uses }: Flow): number => Math.min(...uses.map(({ of }) => left.get(of)! / wanted.get(of)!));
    const fractions = new Map(open.map((flow) => [flow, fractionOf(flow)]));
    const fraction = Math.min(1, ...fractions.values());
    const full = (1 + 1e-9) * fraction;
    const held = new Set(fraction === 1 ? open : open.filter((flow) => fractions.get(flow)! <= full));
    for (const flow of held) {
      flow.rate = fraction * flow.alone;
      for (const { of, each } of flow.uses) left.set(of, Math.max(0, left.get(of)! - flow.rate * each));
    }
    open = open.filter((flow) => !held.has(flow));
  }
}

function noRate(units: number, uses: readonly Use[]): RangeError {
  const rates = uses.map(({ of, each }) => `${of.name} ${of.capacity} at ${each} each`).join(', ');
  return new RangeError(`flows: expected units of work and rates above 0, got ${units} units over ${rates}`);
}
